//! Totals across a row, and what they leave of it.

use sluice_policy::entry::Counts;

use super::{
    Column,
    label::{without_total, words},
    totals::{Beside, Found},
};
use crate::{Fault, HoldCode};

/// A total and its parts, in one row.
pub(super) struct Across {
    pub(super) total: usize,
    pub(super) parts: Vec<usize>,
    /// Whether its name says so.
    pub(super) named: bool,
}

impl Across {
    /// Whether all parts of a row leave some of its total that is too small to be shown, or one of
    /// them by itself does.
    pub(super) fn check(
        &self,
        rule: &Counts,
        columns: &[Column],
        row: u64,
        counts: &[Found],
    ) -> Result<(), Fault> {
        let Some(whole) = counts[self.total].and_then(exact) else { return Ok(()) };
        let minimum = rule.minimum;
        let part = |part: usize| counts[part].and_then(exact);
        let total = || {
            let Column { index, name } = &columns[self.total];
            format!("column {} ({name:?})", index + 1)
        };
        for &column in &self.parts {
            if part(column).is_some_and(|it| leaves_few(rule, whole, it, 1)) {
                let what = format!(
                    "is all of {} but less than {minimum}; suppress it, or leave the total out",
                    total()
                );
                return Err(columns[column].fault(HoldCode::TotalReveals, row, &what));
            }
        }
        let sum = self.parts.iter().map(|&it| part(it)).sum::<Option<u128>>();
        if sum.is_some_and(|sum| leaves_few(rule, whole, sum, self.parts.len())) {
            let what = format!(
                "is a total that leaves less than {minimum} for what isn't among its parts; merge \
                 these into one of them, or leave the total out"
            );
            return Err(columns[self.total].fault(HoldCode::TotalReveals, row, &what));
        }
        Ok(())
    }
}

/// A number that is known to one.
pub(super) fn exact((least, most): (u64, u64)) -> Option<u128> {
    (least == most).then_some(least.into())
}

/// Whether `parts` numbers that come to `sum` leave somebody of `whole`, and fewer than the minimum.
/// Rounded ones may be some way off: each by half of what it is a multiple of.
pub(super) fn leaves_few(rule: &Counts, whole: u128, sum: u128, parts: usize) -> bool {
    let slack = u128::from(rule.multiple_of.unwrap_or(0)) * (parts as u128 + 1) / 2;
    whole > sum + slack && whole - sum < rule.minimum.into()
}

/// Which columns are totals of counts in their row, by their names or because of what they are.
pub(super) fn across(counts: &[Column], beside: &Beside) -> Vec<Across> {
    let Beside { persons, amount, all } = beside;
    let columns: Vec<_> = counts.iter().chain(persons).chain(amount).collect();
    let names: Vec<_> = columns.iter().map(|column| words(&column.name)).collect();
    let total = |column: usize| without_total(&names[column]);
    let parts = || (0..counts.len()).filter(|&column| total(column).is_none());
    let mut found = Vec::new();
    for (column, name) in names.iter().enumerate() {
        if let Some(stem) = total(column) {
            let alike =
                |&part: &usize| names[part].starts_with(stem) || names[part].ends_with(stem);
            let some: Vec<_> = parts().filter(alike).collect();
            let parts = if some.is_empty() { parts().collect() } else { some };
            found.push(Across { total: column, parts, named: column < counts.len() });
            continue;
        }
        let longer =
            |&part: &usize| names[part].len() > name.len() && names[part].starts_with(name);
        let longer: Vec<_> = parts().filter(longer).collect();
        if !name.is_empty() {
            found.push(Across { total: column, parts: longer, named: false });
        }
        if all.contains(&columns[column].index) {
            let parts = parts().filter(|&part| part != column).collect();
            found.push(Across { total: column, parts, named: false });
        }
    }
    found.retain(|it| !it.parts.is_empty());
    found
}
