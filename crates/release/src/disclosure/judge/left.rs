//! What rows that are totals leave for rows that aren't there.

use std::collections::BTreeSet;

use super::Judge;
use crate::{
    Fault, HoldCode,
    disclosure::across::{exact, leaves_few},
};

/// Totals, by row and column, that come to more than their parts.
#[derive(Default)]
pub(super) struct Left {
    /// By less than the minimum.
    few: BTreeSet<(usize, usize)>,
    /// By nothing: with other parts.
    none: BTreeSet<(usize, usize)>,
}

impl Judge<'_> {
    /// Looks at what `totals` leave, each of all `parts`.
    pub(super) fn leave(&mut self, totals: &[usize], parts: &[usize]) {
        let table = self.table;
        for column in (0..table.columns.len()).filter(|&it| Some(it) != table.amount) {
            let value = |row: usize| table.value(row, column).and_then(exact);
            let Some(sum) = parts.iter().map(|&row| value(row)).sum::<Option<u128>>() else {
                continue;
            };
            for (&row, whole) in totals.iter().filter_map(|row| Some((row, value(*row)?))) {
                if whole == sum {
                    self.left.none.insert((row, column));
                } else if sum > 0 && leaves_few(self.counts, whole, sum, parts.len()) {
                    self.left.few.insert((row, column));
                }
            }
        }
    }

    /// Whether a total leaves a small count, whichever of the rows are its parts.
    pub(super) fn check_left(&self) -> Result<(), Fault> {
        let Some(&(row, column)) = self.left.few.difference(&self.left.none).next() else {
            return Ok(());
        };
        let minimum = self.counts.minimum;
        let what = format!(
            "is a total that leaves less than {minimum} for a row that isn't there; merge that into \
             another, or leave the total out"
        );
        let column = &self.table.columns[column];
        Err(column.fault(HoldCode::TotalReveals, self.table.number(row), &what))
    }
}
