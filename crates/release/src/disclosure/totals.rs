//! Totals that give a suppressed count back: down a column, across a row, and both together. Of a
//! table this keeps its counts, and what its labels are equal to.

use std::collections::{BTreeMap, BTreeSet};

use sluice_policy::entry::Counts;

use super::{
    Column,
    across::{Across, across},
    judge::{Judge, too_much},
    label::{Class, Label},
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
    /// How many of them are counts by name: the first.
    counts: usize,
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
    pub(super) suppressed: bool,
    /// Whether some row may be a total, and whether one has a word for it.
    total: bool,
    named: bool,
    most: usize,
    full: bool,
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
            counts: counts.len(),
            first: 0,
            rows: 0,
            values: Vec::new(),
            marks: Vec::new(),
            suppressed: false,
            total: false,
            named: false,
            most: MAX_KEPT,
            full: false,
        }
    }

    /// Keeps a row, which follows that before, unless a total in it leaves what isn't shown.
    pub(super) fn row(
        &mut self,
        rule: &Counts,
        number: u64,
        cells: Row<'_>,
        counts: &[Found],
    ) -> Result<(), Fault> {
        let across = self.across.iter().filter(|it| Some(it.total) != self.amount);
        across.into_iter().try_for_each(|it| it.check(rule, &self.columns, number, counts))?;
        self.suppressed |= counts.contains(&None);
        let before = self.marks.len();
        for (decimals, &index) in self.decimals.iter_mut().zip(&self.labels) {
            let text = cells.cell(index).unwrap_or_default();
            *decimals = *decimals || is_decimal(text);
            let mark = Label::of(text);
            self.total |= mark.class() != Class::Part;
            self.named |= matches!(mark.class(), Class::Total | Class::Either);
            self.marks.push(mark);
        }
        self.full |= self.values.len() + counts.len() + self.marks.len() > self.most;
        if self.full {
            self.marks.truncate(before);
            return Ok(());
        }
        if self.rows == 0 {
            self.first = number;
        }
        self.rows += 1;
        self.values.extend(counts.iter().map(|count| count.unwrap_or(SUPPRESSED)));
        Ok(())
    }

    /// Whether some total gives a count back that `counts` doesn't let out.
    pub(super) fn end(self, counts: &Counts) -> Result<(), Fault> {
        match self.full {
            _ if !self.suppressed && !self.named => Ok(()),
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

    /// Columns of counts that are the sum of all others in each row where all are shown. `rounded` ones
    /// are so by chance in a single row.
    pub(super) fn unnamed_across(&self, rounded: bool) -> Vec<Across> {
        let by_name = |column: &usize| self.across.iter().any(|it| it.total == *column && it.named);
        let counts: Vec<_> = (0..self.counts).filter(|column| !by_name(column)).collect();
        let (mut totals, mut rows) = (counts.clone(), 0);
        for row in self.rows().filter(|_| counts.len() > 2) {
            let value = |column: usize| self.value(row, column).map(|(most, _)| u128::from(most));
            let Some(sum) = counts.iter().map(|&it| value(it)).sum::<Option<u128>>() else {
                continue;
            };
            if sum > 0 {
                totals.retain(|&column| value(column).is_some_and(|it| 2 * it == sum));
                rows += 1;
            }
        }
        let enough = rows > usize::from(rounded);
        let parts = |total| counts.iter().copied().filter(|&part| part != total).collect();
        let across = |total| Across { total, parts: parts(total), named: false };
        totals.into_iter().filter(|_| enough).map(across).collect()
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
            (5, "Total", Some((20, 20)), true),
            (5, "C", Some((20, 20)), false),
            (5, "C", None, false),
        ] {
            let header = ["g", "n"].map(String::from);
            let column = std::slice::from_ref(&column);
            let mut totals = Totals::new(column, &[], Beside::default(), &header, &[]);
            totals.most = most;
            let mut row = |number, label: &str, count| {
                let ends = [label.len(); 2];
                assert!(totals.row(&counts, number, Row::new(label, &ends, 0), &[count]).is_ok());
            };
            row(2, "A", hidden);
            row(3, "B", Some((20, 20)));
            row(4, last, Some((90, 90)));
            assert_eq!(totals.end(&counts).is_err(), held, "{most} {last}");
        }
    }
}
