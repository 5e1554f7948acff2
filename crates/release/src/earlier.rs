//! Counts as they are remembered, and whether two releases together tell of few persons: one table
//! with a person and one without pass each by itself, and their difference is that person.

use std::{collections::BTreeMap, fmt::Display, iter, ops::RangeInclusive};

use crate::hold::{Hold, HoldCode};

/// Most counts that are remembered of a table, and most of a run.
pub const MAX_COUNTS: usize = 100_000;

/// What a count is known by: half of a SHA-256 over its column and its row's labels.
pub type Key = [u8; 16];

/// In the place of a suppressed count.
const SUPPRESSED: i64 = -1;

/// A table's counts in a form fit for memory, at most one for each key; none where its rule doesn't
/// have them compared.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cells {
    pub(crate) minimum: u64,
    /// Number and name of each column of counts.
    pub(crate) columns: Vec<(usize, String)>,
    pub(crate) cells: Vec<Cell>,
}

/// A count, and what it is known by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cell {
    /// What it is known by.
    pub key: Key,
    /// None if it is suppressed.
    pub(crate) count: Option<u64>,
    pub(crate) row: u64,
    /// Which of the columns.
    pub(crate) column: usize,
}

impl Cell {
    /// The count as it is remembered: -1 for a suppressed one.
    pub fn count(&self) -> i64 {
        // A count has at most 18 digits.
        self.count.map_or(SUPPRESSED, |count| i64::try_from(count).unwrap_or(i64::MAX))
    }
}

impl Cells {
    /// All of them, row by row.
    pub fn iter(&self) -> impl Iterator<Item = &Cell> {
        self.cells.iter()
    }

    /// How many counts they are.
    pub fn counts(&self) -> usize {
        self.cells.len()
    }

    /// Ranges of counts beside which one of them is held, if it has the same key and isn't the same.
    ///
    /// One that is shown here and suppressed there is held as well: it may have been suppressed so
    /// that a total doesn't give another one back.
    pub fn near(&self, cell: &Cell) -> impl Iterator<Item = RangeInclusive<i64>> {
        let (other, around) = match cell.count() {
            SUPPRESSED => (0..=i64::MAX, None),
            count => {
                let reach = i64::try_from(self.minimum).unwrap_or(i64::MAX) - 1;
                let least = count.saturating_sub(reach).max(0);
                (SUPPRESSED..=SUPPRESSED, Some(least..=count.saturating_add(reach)))
            }
        };
        iter::once(other).chain(around)
    }

    /// What one of them is held for beside the `earlier` count of the same key that is near it, which
    /// `whose` has.
    pub fn hold(&self, cell: &Cell, earlier: i64, whose: impl Display) -> Hold {
        let what = match (cell.count(), earlier) {
            (SUPPRESSED, _) => format!("is suppressed, and {whose} shows it"),
            (_, SUPPRESSED) => format!("is shown, and {whose} has it suppressed"),
            _ => {
                let minimum = self.minimum;
                format!("differs by less than {minimum} from what {whose} has for the same labels")
            }
        };
        let (number, name) = &self.columns[cell.column];
        let message = format!("row {}, column {number} ({name:?}) {what}", cell.row);
        Hold { code: HoldCode::Differencing, message }
    }
}

/// The counts of some tables of one rule, to compare others with.
#[derive(Clone, Debug, Default)]
pub struct Memory {
    /// Which of the tables had each first.
    counts: BTreeMap<(Key, i64), usize>,
    names: Vec<String>,
}

impl Memory {
    /// Compares a table, called `name`, with those before it, and takes it in.
    pub fn add(&mut self, name: &str, cells: &Cells) -> Result<(), Hold> {
        for cell in cells.iter() {
            let near = cells.near(cell).find_map(|range| {
                let known =
                    self.counts.range((cell.key, *range.start())..=(cell.key, *range.end()));
                known.map(|((_, count), table)| (*count, *table)).find(|it| it.0 != cell.count())
            });
            if let Some((count, table)) = near {
                return Err(cells.hold(cell, count, &self.names[table]));
            }
        }
        for cell in cells.iter() {
            self.counts.entry((cell.key, cell.count())).or_insert(self.names.len());
        }
        self.names.push(name.into());
        Ok(())
    }
}
