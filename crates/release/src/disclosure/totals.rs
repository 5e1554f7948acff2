//! Totals that give a suppressed count back: down a column, across a row, and both together. Of a
//! table this keeps its counts, and what its labels are equal to.

use std::collections::{BTreeMap, BTreeSet};

use sluice_policy::entry::Counts;

use super::{
    Column,
    judge::{Judge, too_much},
    label::{Class, Label, without_total, words},
};
use crate::{Fault, row::Row};

/// Most counts and labels that are kept.
const MAX_KEPT: usize = 1 << 22;
/// In so many rounded rows or more one is hardly the sum of the others by chance.
const ENOUGH_ROWS: usize = 4;
/// A suppressed count among the kept ones.
const SUPPRESSED: (u64, u64) = (u64::MAX, u64::MAX);

/// The least and the most that a number may stand for, where it isn't suppressed.
pub(super) type Found = Option<(u64, u64)>;

/// Columns that are no counts by name, and may be totals of those that are.
#[derive(Default)]
pub(super) struct Beside {
    /// How many persons a row is made of, if that is no count.
    pub(super) persons: Option<Column>,
    /// An amount: that of a row alone, as what it leaves of others is no count.
    pub(super) amount: Option<Column>,
    /// Columns of all persons of a row: their number, and what percentages are of.
    pub(super) all: Vec<usize>,
}

/// A table's counts and labels.
pub(super) struct Totals {
    pub(super) columns: Vec<Column>,
    pub(super) across: Vec<Across>,
    pub(super) labels: Vec<usize>,
    /// Which of the columns is an amount.
    pub(super) amount: Option<usize>,
    /// Whether a column of labels has a number with decimals: rather a mean than a key.
    decimals: Vec<bool>,
    /// The number of the first row, and how many there are.
    first: u64,
    rows: usize,
    values: Vec<(u64, u64)>,
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
    /// Of columns of counts, of percentages that stand for some, and of what is beside, in a table
    /// with this header; `others` are columns of other numbers.
    pub(super) fn new(
        counts: &[Column],
        percent: &[Column],
        beside: Beside,
        header: &[String],
        others: &[usize],
    ) -> Self {
        let number = |index: &usize| {
            others.contains(index) || counts.iter().any(|column| column.index == *index)
        };
        let labels: Vec<_> = (0..header.len()).filter(|index| !number(index)).collect();
        let mut across = across(counts, &beside);
        let mut columns: Vec<_> = counts.iter().chain(percent).cloned().collect();
        // Their columns stand behind all others.
        let last = columns.len();
        for it in across.iter_mut().filter(|it| it.total >= counts.len()) {
            it.total = it.total - counts.len() + last;
        }
        let amount =
            beside.amount.is_some().then_some(last + usize::from(beside.persons.is_some()));
        columns.extend(beside.persons.into_iter().chain(beside.amount));
        Self {
            across,
            amount,
            decimals: vec![false; labels.len()],
            labels,
            columns,
            first: 0,
            rows: 0,
            values: Vec::new(),
            marks: Vec::new(),
            suppressed: false,
            total: false,
            most: MAX_KEPT,
            full: false,
        }
    }

    /// Keeps a row, which follows that before.
    pub(super) fn row(&mut self, number: u64, cells: Row<'_>, counts: &[Found]) {
        self.suppressed |= counts.contains(&None);
        let before = self.marks.len();
        for (decimals, &index) in self.decimals.iter_mut().zip(&self.labels) {
            let text = cells.cell(index).unwrap_or_default();
            *decimals = *decimals || is_decimal(text);
            let mark = Label::of(text);
            self.total |= mark.class() != Class::Part;
            self.marks.push(mark);
        }
        self.full |= self.values.len() + counts.len() + self.marks.len() > self.most;
        if self.full {
            self.marks.truncate(before);
            return;
        }
        if self.rows == 0 {
            self.first = number;
        }
        self.rows += 1;
        self.values.extend(counts.iter().map(|count| count.unwrap_or(SUPPRESSED)));
    }

    /// Whether some total gives a count back that `counts` doesn't let out.
    pub(super) fn end(self, counts: &Counts) -> Result<(), Fault> {
        match self.full {
            _ if !self.suppressed => Ok(()),
            true if self.total || !self.across.is_empty() => Err(too_much()),
            true => Ok(()),
            false => Judge::new(&self, counts).judge(),
        }
    }

    pub(super) fn rows(&self) -> std::ops::Range<usize> {
        0..self.rows
    }

    /// A row's number in the file.
    pub(super) fn number(&self, row: usize) -> u64 {
        self.first + row as u64
    }

    pub(super) fn value(&self, row: usize, column: usize) -> Found {
        let value = self.values[row * self.columns.len() + column];
        (value != SUPPRESSED).then_some(value)
    }

    pub(super) fn mark(&self, row: usize, label: usize) -> Label {
        self.marks[row * self.labels.len() + label]
    }

    pub(super) fn is_total(&self, row: usize, label: usize) -> bool {
        self.mark(row, label).class() == Class::Total
    }

    /// Rows that are the sum of all others in columns, and so may be in the rest, with the last of
    /// those; and all rows that aren't totals by their names. `rounded` numbers add up by chance
    /// where they are few.
    pub(super) fn unnamed(&self, rounded: bool) -> (BTreeMap<usize, usize>, Vec<usize>) {
        let named = |row: usize| (0..self.labels.len()).any(|label| self.is_total(row, label));
        let rows: Vec<_> = self.rows().filter(|&row| !named(row)).collect();
        let mut found: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for column in (0..self.columns.len()).filter(|&it| Some(it) != self.amount) {
            let exact = |&row: &usize| match self.value(row, column) {
                Some((least, most)) if least == most => Some(u128::from(least)),
                _ => None,
            };
            let values: Option<Vec<_>> = rows.iter().map(exact).collect();
            let Some(values) = values.filter(|_| rows.len() > 2) else { continue };
            let sum: u128 = values.iter().sum();
            for (&row, value) in rows.iter().zip(values) {
                if value > 0 && 2 * value == sum {
                    found.entry(row).or_default().push(column);
                }
            }
        }
        let enough = if rounded && rows.len() < ENOUGH_ROWS { 2 } else { 1 };
        let found = found.into_iter().filter(|(_, columns)| columns.len() >= enough);
        (found.filter_map(|(row, columns)| Some((row, *columns.last()?))).collect(), rows)
    }

    /// Columns of labels that rows can have in common, and such of numbers with decimals.
    pub(super) fn keys(&self) -> (Vec<usize>, Vec<usize>) {
        let common = |label: &usize| {
            let parts = self.rows().filter(|&row| !self.is_total(row, *label));
            let mut seen = BTreeSet::new();
            !parts.map(|row| self.mark(row, *label)).all(|it| seen.insert(it))
        };
        (0..self.labels.len()).filter(common).partition(|&label| !self.decimals[label])
    }
}

/// Whether a label is a number with decimals.
fn is_decimal(text: &str) -> bool {
    // Most begin as a word.
    !text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.contains('.')
        && text.trim().parse::<f64>().is_ok()
}

/// The sets of columns that a row may be a total over.
pub(super) fn add_kinds(over: &[usize], kinds: &mut BTreeSet<Vec<usize>>) {
    if over.is_empty() || kinds.contains(over) {
        return;
    }
    if over.len() > 4 {
        kinds.extend(over.iter().map(|&one| vec![one]));
        kinds.insert(over.to_vec());
        return;
    }
    for subset in 1..1usize << over.len() {
        let chosen = over.iter().enumerate().filter(|(bit, _)| subset >> bit & 1 == 1);
        kinds.insert(chosen.map(|(_, &one)| one).collect());
    }
}

/// Which columns are totals of counts in their row, by their names or because of what they are.
fn across(counts: &[Column], beside: &Beside) -> Vec<Across> {
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
        if longer.len() > 1 && !name.is_empty() {
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

#[cfg(test)]
mod tests {
    use sluice_policy::entry::{Earlier, Zero};

    use super::*;

    #[test]
    fn more_than_is_kept_is_held_beside_totals_alone() {
        let counts = Counts {
            columns: vec!["n".into()],
            minimum: 10,
            multiple_of: None,
            zero: Zero::Hold,
            labels: None,
            earlier: Earlier::Compare,
        };
        let column = Column { index: 1, name: "n".into() };
        for (most, last, hidden, held) in [
            (6, "Total", None, false),
            (5, "Total", None, true),
            (5, "Total", Some((20, 20)), false),
            (5, "C", None, false),
        ] {
            let header = ["g", "n"].map(String::from);
            let column = std::slice::from_ref(&column);
            let mut totals = Totals::new(column, &[], Beside::default(), &header, &[]);
            totals.most = most;
            totals.row(2, Row::new("A", &[1, 1], 0), &[hidden]);
            totals.row(3, Row::new("B", &[1, 1], 0), &[Some((20, 20))]);
            totals.row(4, Row::new(last, &[last.len(); 2], 0), &[Some((90, 90))]);
            assert_eq!(totals.end(&counts).is_err(), held, "{most} {last}");
        }
    }
}
