//! Which sums a table has by its labels, and whether one of them gives a suppressed count back.

use std::collections::{BTreeSet, HashMap};

use sluice_policy::entry::{Counts, Zero};

use super::{
    label::{Class, Label},
    solve::{Bounds, Finding, Sum, UNBOUNDED, solve},
    totals::{Across, Totals, add_kinds},
};
use crate::{Fault, HoldCode};

/// Most terms of all sums together.
const MAX_TERMS: usize = 1 << 22;
/// Most sets of columns that a table has totals over.
const MAX_KINDS: usize = 64;
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
        }
    }

    /// Looks at each sum, and then at all of them together.
    pub(super) fn judge(mut self) -> Result<(), Fault> {
        self.across()?;
        self.down()?;
        self.together()
    }

    fn across(&mut self) -> Result<(), Fault> {
        let table = self.table;
        for row in table.rows() {
            for Across { total, parts, named } in &table.across {
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
            for total in totals {
                self.rows(total, &parts, named)?;
            }
        }
        Ok(())
    }

    /// Totals beside the rows right above and right below them, up to the next.
    fn blocks(&mut self, kind: &[usize], class: Class) -> Result<(), Fault> {
        let table = self.table;
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

    /// A row of totals, in each column of counts.
    fn rows(&mut self, total: usize, parts: &[usize], named: bool) -> Result<(), Fault> {
        for column in (0..self.table.columns.len()).filter(|&it| Some(it) != self.table.amount) {
            let parts: Vec<_> = parts.iter().map(|&row| (row, column)).collect();
            self.sum((total, column), &parts, named)?;
        }
        Ok(())
    }

    /// One total and its parts. A sum that its names tell is kept for [`Self::together`]; another
    /// must not reveal anything by itself.
    fn sum(
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
            return match named && fitting.len() < parts.len() {
                true => self.sum(total, &fitting, false),
                false => Ok(()),
            };
        }
        if self.reveals(rest_least, rest, hidden.len() as i128) {
            return Err(self.fault(total, &format!(
                "is a total that gives a suppressed count back, or leaves less than {} for several",
                self.counts.minimum
            )));
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

    fn together(self) -> Result<(), Fault> {
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

    fn unknown(&mut self, place: (usize, usize)) -> usize {
        *self.unknowns.entry(place).or_insert_with(|| {
            self.places.push(place);
            self.places.len() - 1
        })
    }

    fn fault(&self, (row, column): (usize, usize), what: &str) -> Fault {
        let table = self.table;
        table.columns[column].fault(HoldCode::TotalReveals, table.numbers[row], what)
    }
}

/// Whether a count would be held.
fn small(counts: &Counts, value: i128) -> bool {
    let nobody = value == 0 && counts.zero == Zero::Allow;
    !nobody && value < i128::from(counts.minimum.max(1))
}

pub(super) fn too_much() -> Fault {
    const WHAT: &str = "it has suppressed counts beside totals, and more cells than are judged; \
                        leave totals out, or write smaller tables";
    Fault(HoldCode::TotalReveals, WHAT.into())
}
