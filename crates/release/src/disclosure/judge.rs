//! Which sums a table has by its labels, and whether one of them gives a suppressed count back.

mod left;
mod sum;

use std::collections::{BTreeSet, HashMap};

use sluice_policy::entry::Counts;

use super::{
    Column,
    across::Across,
    label::{Class, Label},
    solve::Sum,
    totals::{Totals, add_kinds},
};
use crate::Fault;
use left::Left;
pub(super) use sum::too_much;

/// Most sets of columns that a table has totals over.
const MAX_KINDS: usize = 64;
/// Most labels that are looked at, a row's again for each column and set of columns: less than a second.
const MAX_LOOKS: usize = 1 << 25;
/// Most labels beside each other that may all be totals; of more, each is tried with its neighbours
/// alone.
const MAX_EITHER: usize = 16;

/// The sums of one table.
pub(super) struct Judge<'a> {
    table: &'a Totals,
    counts: &'a Counts,
    sums: Vec<Sum>,
    unknowns: HashMap<(usize, usize), usize>,
    places: Vec<(usize, usize)>,
    terms: usize,
    looks: usize,
    /// Because of what something without a total's name is taken for one.
    because: Option<String>,
    left: Left,
}

impl<'a> Judge<'a> {
    pub(super) fn new(table: &'a Totals, counts: &'a Counts) -> Self {
        Self {
            table,
            counts,
            sums: Vec::new(),
            unknowns: HashMap::new(),
            places: Vec::new(),
            terms: 0,
            looks: 0,
            because: None,
            left: Left::default(),
        }
    }

    /// Looks at each sum, and then at all of them together.
    pub(super) fn judge(mut self) -> Result<(), Fault> {
        if self.table.suppressed {
            self.across(&self.table.across)?;
        }
        self.down()?;
        self.check_left()?;
        if !self.table.suppressed {
            return Ok(());
        }
        self.unnamed()?;
        self.unnamed_across()?;
        self.together()
    }

    /// Totals that have no name for it.
    fn unnamed(&mut self) -> Result<(), Fault> {
        let (totals, rows) = self.table.unnamed(self.counts.multiple_of.is_some());
        for (total, column) in totals {
            let Column { index, name } = &self.table.columns[column];
            self.because = Some(format!(
                "its row is taken for a total, as it is the sum of all others in column {} ({name:?})",
                index + 1
            ));
            let parts: Vec<_> = rows.iter().copied().filter(|&row| row != total).collect();
            self.rows(total, &parts, false)?;
        }
        self.because = None;
        Ok(())
    }

    fn unnamed_across(&mut self) -> Result<(), Fault> {
        const BECAUSE: &str = "it is taken for a total, as it is the sum of all other counts in each \
                               row where all are shown";
        self.because = Some(BECAUSE.into());
        self.across(&self.table.unnamed_across(self.counts.multiple_of.is_some()))?;
        self.because = None;
        Ok(())
    }

    fn across(&mut self, across: &[Across]) -> Result<(), Fault> {
        for row in self.table.rows() {
            for Across { total, parts, named } in across {
                let parts: Vec<_> = parts.iter().map(|&part| (row, part)).collect();
                self.sum((row, *total), &parts, *named)?;
            }
        }
        Ok(())
    }

    fn down(&mut self) -> Result<(), Fault> {
        let (keys, decimals) = self.table.keys();
        let mut kinds = BTreeSet::new();
        for row in self.table.rows() {
            let over = (0..self.table.labels.len()).filter(|&it| self.table.is_total(row, it));
            add_kinds(&over.collect::<Vec<_>>(), &mut kinds);
            if kinds.len() > MAX_KINDS {
                return Err(too_much());
            }
        }
        for kind in &kinds {
            let keys: Vec<_> = keys.iter().copied().filter(|key| !kind.contains(key)).collect();
            self.groups(kind, &keys, Class::Total, true)?;
            // What stands beside the label may be no key, but a note.
            if !keys.is_empty() {
                self.groups(kind, &[], Class::Total, false)?;
            }
            if (2..=8).contains(&keys.len()) {
                keys.iter().try_for_each(|&key| self.groups(kind, &[key], Class::Total, false))?;
            }
            let decimals = decimals.iter().filter(|key| !kind.contains(key)).take(8);
            for &key in decimals {
                self.groups(kind, &[key], Class::Total, false)?;
            }
            self.blocks(kind, Class::Total)?;
        }
        for label in 0..self.table.labels.len() {
            let keys: Vec<_> = keys.iter().copied().filter(|&key| key != label).collect();
            for class in [Class::Either, Class::Empty] {
                self.look(1)?;
                if !self.table.rows().any(|row| self.table.mark(row, label).class() == class) {
                    continue;
                }
                self.groups(&[label], &keys, class, false)?;
                if !keys.is_empty() {
                    self.groups(&[label], &[], class, false)?;
                }
                self.blocks(&[label], class)?;
            }
        }
        Ok(())
    }

    /// Totals over the columns `kind` beside the parts that have the same `keys`.
    fn groups(
        &mut self,
        kind: &[usize],
        keys: &[usize],
        class: Class,
        named: bool,
    ) -> Result<(), Fault> {
        self.look(kind.len() + keys.len())?;
        let table = self.table;
        let mut groups: HashMap<Vec<Label>, (Vec<usize>, Vec<usize>)> = HashMap::new();
        for row in table.rows() {
            let classes = || kind.iter().map(|&label| table.mark(row, label).class());
            let key = keys.iter().map(|&label| table.mark(row, label)).collect();
            if classes().all(|it| it == class) {
                groups.entry(key).or_default().0.push(row);
            } else if classes().all(|it| match class {
                Class::Empty => it == Class::Part,
                _ => it != class && it != Class::Total,
            }) {
                groups.entry(key).or_default().1.push(row);
            }
        }
        for (totals, parts) in groups.into_values() {
            let most = match class {
                Class::Either => MAX_EITHER,
                // Many empty cells are no totals.
                Class::Empty => 1,
                _ => usize::MAX,
            };
            if totals.len() > most {
                continue;
            }
            if class != Class::Empty {
                self.leave(&totals, &parts);
            }
            for total in totals {
                self.rows(total, &parts, named)?;
            }
        }
        Ok(())
    }

    /// Totals beside the rows right above and right below them, up to the next.
    fn blocks(&mut self, kind: &[usize], class: Class) -> Result<(), Fault> {
        self.look(2 * kind.len())?;
        let table = self.table;
        if !table.suppressed {
            return Ok(());
        }
        let among = |row: usize, classes: &[Class]| {
            kind.iter().all(|&label| classes.contains(&table.mark(row, label).class()))
        };
        let edges: &[Class] = match class {
            Class::Total | Class::Part => &[Class::Total],
            Class::Either => &[Class::Total, Class::Either],
            Class::Empty => &[Class::Total, Class::Either, Class::Empty],
        };
        let totals: Vec<_> = table.rows().filter(|&row| among(row, edges)).collect();
        for (at, &row) in totals.iter().enumerate() {
            if !among(row, &[class]) {
                continue;
            }
            let start = if at == 0 { 0 } else { totals[at - 1] + 1 };
            let end = totals.get(at + 1).copied().unwrap_or(table.rows().end);
            self.rows(row, &(start..row).collect::<Vec<_>>(), false)?;
            self.rows(row, &(row + 1..end).collect::<Vec<_>>(), false)?;
        }
        Ok(())
    }

    /// Looks at so many labels of each row.
    fn look(&mut self, labels: usize) -> Result<(), Fault> {
        self.looks += labels * self.table.rows().len();
        if self.looks > MAX_LOOKS { Err(too_much()) } else { Ok(()) }
    }

    /// A row of totals, in each column of counts.
    fn rows(&mut self, total: usize, parts: &[usize], named: bool) -> Result<(), Fault> {
        if !self.table.suppressed {
            return Ok(());
        }
        for column in (0..self.table.columns.len()).filter(|&it| Some(it) != self.table.amount) {
            let parts: Vec<_> = parts.iter().map(|&row| (row, column)).collect();
            self.sum((total, column), &parts, named)?;
        }
        Ok(())
    }
}
