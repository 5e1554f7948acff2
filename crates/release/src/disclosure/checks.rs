//! What one row must be.

use sluice_policy::entry::{Contributors, Counts, Dominance, Zero};

use super::{
    Column,
    cell::{Cell, ONE, is_suppressed},
    totals::Found,
};
use crate::{Fault, HoldCode, row::Row};

/// A count is none, suppressed, or large enough.
pub(super) fn count(
    counts: &Counts,
    column: &Column,
    row: u64,
    cells: Row<'_>,
) -> Result<Cell<u64>, Fault> {
    let found = column.count(row, cells, counts.minimum)?;
    let Cell::Shown(value) = found else { return Ok(found) };
    if value == 0 && counts.zero == Zero::Allow {
        return Ok(found);
    }
    if value < counts.minimum.max(1) {
        let what = match value {
            0 => "is 0, which the rule doesn't let out".to_owned(),
            _ => format!("is a count below {}", counts.minimum),
        };
        return Err(column.fault(HoldCode::CountSmall, row, &what));
    }
    match counts.multiple_of {
        Some(of) if !value.is_multiple_of(of) => {
            let what = format!("is no multiple of {of}");
            Err(column.fault(HoldCode::CountUnrounded, row, &what))
        }
        _ => Ok(found),
    }
}

/// Every count that a percentage may stand for, whichever way it was rounded, is large enough, and
/// so is what is left of the whole. `found` has the row's other counts, and gets these.
pub(super) fn percent(
    counts: &Counts,
    columns: &[Column],
    of: &Column,
    row: u64,
    cells: Row<'_>,
    found: &mut Vec<Found>,
) -> Result<(), Fault> {
    let others = found.len();
    let whole = of.count(row, cells, counts.minimum)?;
    let mut parts = Parts::default();
    for column in columns {
        let Cell::Shown(percent) = column.decimal(row, cells)? else {
            parts.hidden = Some(column);
            found.push(None);
            continue;
        };
        if percent.units > 100 * ONE {
            return Err(column.fault(HoldCode::CountInvalid, row, "is more than 100 percent"));
        }
        let reveals = |what: &str| Err(column.fault(HoldCode::PercentReveals, row, what));
        let Cell::Shown(whole) = whole else {
            return reveals("is shown while the count that it is of is suppressed; suppress it");
        };
        let step = counts.multiple_of.unwrap_or(1);
        let Some((least, most)) = stands_for(percent.units, percent.error, whole, step) else {
            return reveals(match counts.multiple_of {
                Some(_) => {
                    "is no percentage of a rounded count; make it of the rounded counts, write percent, \
                     not fractions, or take the column out of `percent` if it is of another total"
                }
                None => {
                    "is no percentage of the count that it is said to be of; write percent, not \
                     fractions, or take the column out of `percent` if it is of another total"
                }
            });
        };
        if may_be_small(counts, least, most, step)
            || may_be_small(counts, whole - most, whole - least, step)
        {
            let minimum = counts.minimum;
            return reveals(&format!(
                "may stand for a count below {minimum}, or leave one; suppress it, or write more \
                 decimals if it doesn't"
            ));
        }
        let within =
            |count: &Found| count.is_some_and(|(count, _)| (least..=most).contains(&count));
        let others = &found[..others];
        if others.contains(&None) && !others.iter().any(within) {
            return reveals(
                "is shown beside a suppressed count, and stands for none of the row's that are shown; \
                 suppress it",
            );
        }
        found.push(Some((least, most)));
        parts.shown += 1;
        parts.least += u128::from(least);
        parts.most += u128::from(most);
    }
    if let (Some(column), 2.., Cell::Shown(whole)) = (parts.hidden, parts.shown, whole) {
        let rest = |shown: u128| u128::from(whole).saturating_sub(shown) as u64;
        let together = parts.least <= whole.into();
        if together && may_be_small(counts, rest(parts.most), rest(parts.least), 1) {
            let what = "is suppressed, and what the other percentages leave may be a small count; \
                        suppress another that is large";
            return Err(column.fault(HoldCode::TotalReveals, row, what));
        }
    }
    Ok(())
}

/// What the percentages of a row that are shown stand for together.
#[derive(Default)]
struct Parts<'a> {
    hidden: Option<&'a Column>,
    shown: usize,
    least: u128,
    most: u128,
}

/// The least and the most multiple of `step` that is a percentage of `whole`, less than `error`
/// away from it.
fn stands_for(percent: u128, error: u128, whole: u64, step: u64) -> Option<(u64, u64)> {
    if whole == 0 {
        return (percent == 0).then_some((0, 0));
    }
    let (all, each) = (100 * ONE, u128::from(whole));
    let least = match percent.checked_sub(error) {
        Some(beyond) => beyond * each / all + 1,
        None => 0,
    };
    let most = match percent + error {
        beyond if beyond > all => each,
        beyond => (beyond * each).div_ceil(all) - 1,
    };
    let step = u128::from(step);
    let (least, most) = (least.next_multiple_of(step), most / step * step);
    let within = |count: u128| u64::try_from(count).ok();
    if least <= most { within(least).zip(within(most)) } else { None }
}

/// Whether a count from `least` to `most` would be held as a count.
fn may_be_small(counts: &Counts, least: u64, most: u64, step: u64) -> bool {
    let first = match counts.zero {
        Zero::Allow if least == 0 => step,
        _ => least,
    };
    first <= most && first < counts.minimum.max(1)
}

/// A row is of enough persons, or has no numbers; `labels` are so many columns at its beginning.
pub(super) fn contributors(
    contributors: &Contributors,
    column: &Column,
    labels: usize,
    row: u64,
    cells: Row<'_>,
) -> Result<(), Fault> {
    let minimum = contributors.minimum;
    let has_number = |(index, cell): (usize, &str)| {
        !is_suppressed(cell, minimum)
            && if index < labels { is_measure(cell) } else { cell.contains(char::is_numeric) }
    };
    let few = |what: &str| Err(column.fault(HoldCode::ContributorsFew, row, what));
    match column.count(row, cells, minimum)? {
        Cell::Shown(value) if value < minimum => few(&format!("is below {minimum}")),
        Cell::Suppressed if cells.cells().enumerate().any(has_number) => few(
            "is suppressed while the row has numbers; suppress them, too, and write labels left of \
                 all numbers",
        ),
        _ => Ok(()),
    }
}

/// Whether a label has more than whole numbers, as `10` and `18-39` are: `7.5 (2.1)`, `1,234`, `35%`.
fn is_measure(label: &str) -> bool {
    let marks = |it: char| matches!(it, '.' | ',' | '%' | '\u{66a}' | '\u{66b}' | '\u{66c}');
    label.contains(char::is_numeric) && label.contains(marks)
}

/// The largest are known, and no more than so much of the total.
pub(super) fn dominance(
    dominance: &Dominance,
    largest: &[Column],
    total: &Column,
    row: u64,
    cells: Row<'_>,
) -> Result<(), Fault> {
    let whole = total.decimal(row, cells)?.shown();
    let mut sum = 0u128;
    for column in largest {
        let found = column.decimal(row, cells)?.shown();
        match (found, whole) {
            (Some(value), Some(_)) => sum += value.units,
            (None, None) => {}
            (Some(_), None) => {
                let what = "is shown while its total is suppressed; suppress it";
                return Err(column.fault(HoldCode::Dominated, row, what));
            }
            (None, Some(_)) => {
                let what = "is suppressed while its total is shown; suppress that";
                return Err(column.fault(HoldCode::Dominated, row, what));
            }
        }
    }
    match whole {
        Some(whole) if sum * 100 > whole.units * u128::from(dominance.percent) => {
            let (n, k) = (largest.len(), dominance.percent);
            let what = format!("is made up by its {n} largest to more than {k} %");
            Err(total.fault(HoldCode::Dominated, row, &what))
        }
        _ => Ok(()),
    }
}
