//! Counts as they are remembered, and whether two releases together tell of few persons: one table
//! with a person and one without pass each by itself, and their difference is that person.

use std::{collections::HashMap, fmt::Display};

use crate::hold::{Hold, HoldCode};

/// Most counts that are remembered of a table, and most of a run.
pub const MAX_COUNTS: usize = 100_000;

/// What a count is known by: half of a SHA-256 over its column and its row's labels.
pub type Key = [u8; 16];

/// A table's counts in a form fit for memory; none where its rule doesn't have them compared.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cells {
    pub(crate) minimum: u64,
    /// Number and name of each column of counts.
    pub(crate) columns: Vec<(usize, String)>,
    pub(crate) counts: usize,
    pub(crate) cells: Vec<Cell>,
}

/// A count, under one of the keys that it is known by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cell {
    /// What it is known by.
    pub key: Key,
    /// None if it is suppressed.
    pub count: Option<u64>,
    pub(crate) row: u64,
    /// Which of the columns.
    pub(crate) column: usize,
}

impl Cells {
    /// All of them, row by row.
    pub fn iter(&self) -> impl Iterator<Item = &Cell> {
        self.cells.iter()
    }

    /// How many counts they are.
    pub fn counts(&self) -> usize {
        self.counts
    }

    /// What one of them is held for beside an earlier count of the same key, which `whose` has.
    ///
    /// One that is shown here and suppressed there is held as well: it may have been suppressed so
    /// that a total doesn't give another one back.
    pub fn beside(&self, cell: &Cell, earlier: Option<u64>, whose: impl Display) -> Option<Hold> {
        let what = match (cell.count, earlier) {
            (Some(one), Some(other)) if one != other && one.abs_diff(other) < self.minimum => {
                let minimum = self.minimum;
                format!("differs by less than {minimum} from what {whose} has for the same labels")
            }
            (Some(_), None) => format!("is shown, and {whose} has it suppressed"),
            (None, Some(_)) => format!("is suppressed, and {whose} shows it"),
            _ => return None,
        };
        let (number, name) = self.columns.get(cell.column)?;
        let message = format!("row {}, column {number} ({name:?}) {what}", cell.row);
        Some(Hold { code: HoldCode::Differencing, message })
    }
}

/// The counts of some tables of one rule, to compare others with.
#[derive(Clone, Debug, Default)]
pub struct Memory {
    counts: HashMap<Key, Vec<(Option<u64>, usize)>>,
    names: Vec<String>,
}

impl Memory {
    /// Compares a table, called `name`, with those before it and its rows with each other, and takes
    /// it in.
    pub fn add(&mut self, name: &str, cells: &Cells) -> Result<(), Hold> {
        let own = self.names.len();
        self.names.push(name.into());
        for cell in cells.iter() {
            let known = self.counts.entry(cell.key).or_default();
            let whose = |table: usize| match table == own {
                true => "another row",
                false => self.names[table].as_str(),
            };
            let hold = |&(count, table): &(_, usize)| cells.beside(cell, count, whose(table));
            if let Some(hold) = known.iter().find_map(hold) {
                return Err(hold);
            }
            if known.iter().all(|(count, _)| *count != cell.count) {
                known.push((cell.count, own));
            }
        }
        Ok(())
    }
}
