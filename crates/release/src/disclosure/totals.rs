//! Totals that give a suppressed count back: down a column, across a row, and both together. Of a
//! table this keeps its counts, and what its labels are equal to.

use std::collections::BTreeSet;

use sluice_policy::entry::Counts;

use super::{
    Column,
    cell::Cell,
    judge::{Judge, too_much},
    label::{Class, Label, without_total, words},
};
use crate::Fault;

/// Most counts and labels that are kept.
const MAX_KEPT: usize = 1 << 22;
/// A count among the kept ones that isn't certain.
pub(super) const UNCERTAIN: u64 = u64::MAX - 1;
/// A suppressed one.
pub(super) const SUPPRESSED: u64 = u64::MAX;

/// A table's counts and labels.
pub(super) struct Totals {
    pub(super) columns: Vec<Column>,
    pub(super) across: Vec<Across>,
    pub(super) labels: Vec<usize>,
    /// Whether a column of labels has a number with decimals: that is no key.
    decimals: Vec<bool>,
    pub(super) numbers: Vec<u64>,
    values: Vec<u64>,
    marks: Vec<Label>,
    suppressed: bool,
    total: bool,
    most: usize,
    full: bool,
}

/// A total and its parts, in one row.
pub(super) struct Across {
    pub(super) total: usize,
    pub(super) parts: Vec<usize>,
    /// Whether its name says so.
    pub(super) named: bool,
}

impl Totals {
    /// Of columns of counts, and of percentages that stand for some, in a table with this header;
    /// `others` are columns of other numbers, `of` is the one that percentages are of.
    pub(super) fn new(
        columns: &[Column],
        percent: &[Column],
        header: &[String],
        others: &[usize],
        of: Option<usize>,
    ) -> Self {
        let number = |index: &usize| {
            others.contains(index) || columns.iter().any(|column| column.index == *index)
        };
        let labels: Vec<_> = (0..header.len()).filter(|index| !number(index)).collect();
        Self {
            across: across(columns, of),
            decimals: vec![false; labels.len()],
            labels,
            columns: columns.iter().chain(percent).cloned().collect(),
            numbers: Vec::new(),
            values: Vec::new(),
            marks: Vec::new(),
            suppressed: false,
            total: false,
            most: MAX_KEPT,
            full: false,
        }
    }

    /// Keeps a row.
    pub(super) fn row(&mut self, number: u64, cells: &[&str], counts: &[Option<Cell<u64>>]) {
        self.suppressed |= counts.contains(&Some(Cell::Suppressed));
        let cell = |index: usize| cells.get(index).copied().unwrap_or_default();
        let before = self.marks.len();
        for (decimals, &index) in self.decimals.iter_mut().zip(&self.labels) {
            let text = cell(index);
            *decimals = *decimals || text.contains('.') && text.trim().parse::<f64>().is_ok();
            // Numbers of such a column are never compared, and name no total.
            let plain = *decimals
                && text.starts_with(|c: char| c.is_ascii_digit())
                && text.bytes().all(|it| it.is_ascii_digit() || it == b'.');
            let mark = if plain { Label::PART } else { Label::of(text) };
            self.total |= mark.class() != Class::Part;
            self.marks.push(mark);
        }
        self.full |= self.values.len() + counts.len() + self.marks.len() > self.most;
        if self.full {
            self.marks.truncate(before);
            return;
        }
        self.numbers.push(number);
        let value = |count: &Option<Cell<u64>>| match count {
            Some(Cell::Shown(value)) => *value,
            Some(Cell::Suppressed) => SUPPRESSED,
            None => UNCERTAIN,
        };
        self.values.extend(counts.iter().map(value));
    }

    /// Whether some total gives a count back that `counts` doesn't let out.
    pub(super) fn end(self, counts: &Counts) -> Result<(), Fault> {
        if !self.suppressed || !self.total && self.across.is_empty() {
            return Ok(());
        }
        if self.full {
            return Err(too_much());
        }
        Judge::new(&self, counts).judge()
    }

    pub(super) fn rows(&self) -> std::ops::Range<usize> {
        0..self.numbers.len()
    }

    pub(super) fn value(&self, row: usize, column: usize) -> u64 {
        self.values[row * self.columns.len() + column]
    }

    pub(super) fn mark(&self, row: usize, label: usize) -> Label {
        self.marks[row * self.labels.len() + label]
    }

    pub(super) fn is_total(&self, row: usize, label: usize) -> bool {
        self.mark(row, label).class() == Class::Total
    }

    /// Columns of labels that rows can have in common.
    pub(super) fn keys(&self) -> Vec<usize> {
        let common = |label: &usize| {
            let parts = self.rows().filter(|&row| !self.is_total(row, *label));
            let mut seen = BTreeSet::new();
            !self.decimals[*label]
                && !parts.map(|row| self.mark(row, *label)).all(|it| seen.insert(it))
        };
        (0..self.labels.len()).filter(common).collect()
    }
}

/// Which columns are totals of others in their row, by their names or because percentages are of
/// them.
fn across(columns: &[Column], of: Option<usize>) -> Vec<Across> {
    let names: Vec<_> = columns.iter().map(|column| words(&column.name)).collect();
    let total = |column: usize| without_total(&names[column]);
    let parts = || (0..columns.len()).filter(|&column| total(column).is_none());
    let mut found = Vec::new();
    for (column, name) in names.iter().enumerate() {
        if let Some(stem) = total(column) {
            let alike =
                |&part: &usize| names[part].starts_with(stem) || names[part].ends_with(stem);
            let some: Vec<_> = parts().filter(alike).collect();
            let parts = if some.is_empty() { parts().collect() } else { some };
            found.push(Across { total: column, parts, named: true });
            continue;
        }
        let longer =
            |&part: &usize| names[part].len() > name.len() && names[part].starts_with(name);
        let longer: Vec<_> = parts().filter(longer).collect();
        if longer.len() > 1 && !name.is_empty() {
            found.push(Across { total: column, parts: longer, named: false });
        }
        if of == Some(columns[column].index) {
            let parts = parts().filter(|&part| part != column).collect();
            found.push(Across { total: column, parts, named: false });
        }
    }
    found.retain(|it| !it.parts.is_empty());
    found
}

#[cfg(test)]
mod tests {
    use sluice_policy::entry::Zero;

    use super::*;

    #[test]
    fn more_than_is_kept_is_held_beside_totals_alone() {
        let counts =
            Counts { columns: vec!["n".into()], minimum: 10, multiple_of: None, zero: Zero::Hold };
        let column = Column { index: 1, name: "n".into() };
        for (most, last, hidden, held) in [
            (6, "Total", Cell::Suppressed, false),
            (5, "Total", Cell::Suppressed, true),
            (5, "Total", Cell::Shown(20), false),
            (5, "C", Cell::Suppressed, false),
        ] {
            let header = ["g", "n"].map(String::from);
            let mut totals = Totals::new(std::slice::from_ref(&column), &[], &header, &[], None);
            totals.most = most;
            totals.row(2, &["A", ""], &[Some(hidden)]);
            totals.row(3, &["B", ""], &[Some(Cell::Shown(20))]);
            totals.row(4, &[last, "90"], &[Some(Cell::Shown(90))]);
            assert_eq!(totals.end(&counts).is_err(), held, "{most} {last}");
        }
    }
}
