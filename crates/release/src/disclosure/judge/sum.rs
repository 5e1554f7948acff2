//! What one sum gives back, and all of them together.

use sluice_policy::entry::{Counts, Zero};

use super::Judge;
use crate::{
    Fault, HoldCode,
    disclosure::solve::{Bounds, Finding, Sum, UNBOUNDED, solve},
};

/// Most terms of all sums together.
const MAX_TERMS: usize = 1 << 22;

impl Judge<'_> {
    /// One total and its parts. A sum that its names tell is kept for [`Self::together`]; another
    /// must not reveal anything by itself.
    pub(super) fn sum(
        &mut self,
        total: (usize, usize),
        parts: &[(usize, usize)],
        named: bool,
    ) -> Result<(), Fault> {
        self.terms += parts.len();
        if self.terms > MAX_TERMS {
            return Err(too_much());
        }
        let value = |place: &(usize, usize)| self.table.value(place.0, place.1);
        let hidden: Vec<_> = parts.iter().copied().filter(|it| value(it).is_none()).collect();
        let shown = || parts.iter().filter_map(value);
        let whole = value(&total);
        if hidden.is_empty() && (whole.is_some() || parts.is_empty()) {
            return Ok(());
        }
        let least: i128 = shown().map(|(least, _)| i128::from(least)).sum();
        let most: i128 = shown().map(|(_, most)| i128::from(most)).sum();
        let certain = least == most;
        let mut terms: Vec<_> = hidden.iter().map(|&place| (self.unknown(place), true)).collect();
        let Some(whole) = whole else {
            if named && certain {
                terms.push((self.unknown(total), false));
                self.sums.push(Sum { terms, comes_to: -least });
            }
            return Ok(());
        };
        // What the whole leaves at most, and at least.
        let rest = i128::from(whole.1) - least;
        let rest_least = i128::from(whole.0) - most;
        let step = self.counts.multiple_of.unwrap_or(0);
        // Each rounded number is away from its own by half of what it is a multiple of.
        let slack = i128::from(step) * (shown().count() as i128 + 1) / 2;
        if rest < -slack {
            // What is more than the total is none of its parts.
            let fits = |it: &&(usize, usize)| {
                value(it).is_none_or(|(least, _)| least <= whole.1.saturating_add(step))
            };
            let fitting: Vec<_> = parts.iter().filter(fits).copied().collect();
            // Nor may be those of whom nothing is known.
            let without = |(least, most)| {
                let (from, to) = (rest_least + i128::from(most), rest + i128::from(least));
                to >= 0 && self.reveals(from, to, hidden.len() as i128)
            };
            return match named {
                true if fitting.len() < parts.len() => self.sum(total, &fitting, false),
                true if shown().any(without) => Err(self.revealing(total)),
                _ => Ok(()),
            };
        }
        if self.reveals(rest_least, rest, hidden.len() as i128) {
            return Err(self.revealing(total));
        }
        if named && certain && whole.0 == whole.1 {
            self.sums.push(Sum { terms, comes_to: rest });
        }
        Ok(())
    }

    /// Whether `hidden` suppressed counts that come to something from `from` to `to` show.
    fn reveals(&self, from: i128, to: i128, hidden: i128) -> bool {
        let Bounds { least, most } = self.primary();
        small(self.counts, to) || (to == hidden * least && to != 0) || from == hidden * most
    }

    /// What is suppressed for being small.
    fn primary(&self) -> Bounds {
        let least = i128::from(self.counts.zero == Zero::Allow);
        Bounds { least, most: i128::from(self.counts.minimum.max(1)) - 1 }
    }

    pub(super) fn together(self) -> Result<(), Fault> {
        let table = self.table;
        let is_part = |&(row, column): &(usize, usize)| {
            (0..table.labels.len()).all(|label| !table.is_total(row, label))
                && !table.across.iter().any(|it| it.total == column)
        };
        let any = Bounds { least: 0, most: UNBOUNDED };
        let bounds = |place| if is_part(place) { self.primary() } else { any };
        let primary: Vec<_> = self.places.iter().map(bounds).collect();
        let rounded = self.counts.multiple_of.is_some();
        match solve(&self.sums, &primary, rounded, |value| small(self.counts, value)) {
            Ok(()) => Ok(()),
            Err(Finding::Contradiction) => {
                const WHAT: &str = "its totals contradict each other, so that nobody knows what they \
                                    give back; make them of the very counts beside, or leave them out";
                Err(Fault(HoldCode::TotalReveals, WHAT.into()))
            }
            Err(Finding::TooMuch) => Err(too_much()),
            Err(Finding::Known(unknown)) => Err(self.fault(
                self.places[unknown],
                "is suppressed, and several totals together give it back",
            )),
        }
    }

    pub(super) fn unknown(&mut self, place: (usize, usize)) -> usize {
        *self.unknowns.entry(place).or_insert_with(|| {
            self.places.push(place);
            self.places.len() - 1
        })
    }

    fn revealing(&self, total: (usize, usize)) -> Fault {
        let minimum = self.counts.minimum;
        let mut what = format!(
            "is a total that gives a suppressed count back, or leaves less than {minimum} for several"
        );
        if let Some(because) = &self.because {
            what += &format!("; {because}");
        }
        self.fault(total, &what)
    }

    fn fault(&self, (row, column): (usize, usize), what: &str) -> Fault {
        let table = self.table;
        table.columns[column].fault(HoldCode::TotalReveals, table.number(row), what)
    }
}

/// Whether a count would be held.
fn small(counts: &Counts, value: i128) -> bool {
    let nobody = value == 0 && counts.zero == Zero::Allow;
    !nobody && value < i128::from(counts.minimum.max(1))
}

pub(in crate::disclosure) fn too_much() -> Fault {
    const WHAT: &str = "it has totals, and more cells than are judged beside them; leave totals out, \
                        or write smaller tables";
    Fault(HoldCode::TotalReveals, WHAT.into())
}
