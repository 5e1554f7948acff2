//! What follows for suppressed numbers from sums that they are parts of: what somebody with pencil
//! and paper finds, and what elimination finds.

use std::collections::BTreeMap;

/// Numbers are reckoned modulo this prime: what is unique there is so among whole numbers, as the
/// coefficients are 1 and -1.
const PRIME: u64 = (1 << 61) - 1;
/// Most steps, all parts of the table together: about a second.
const MAX_STEPS: usize = 2_000_000;
/// Most passes over the sums to narrow the numbers' bounds.
const MAX_PASSES: usize = 200;

/// More than any count or sum of counts.
pub(super) const UNBOUNDED: i128 = 10i128.pow(27);

/// A sum: the unknowns in it with 1 or -1, and what they come to.
#[derive(Clone, Debug)]
pub(super) struct Sum {
    pub(super) terms: Vec<(usize, bool)>,
    pub(super) comes_to: i128,
}

/// What is known of each suppressed number before the sums are looked at.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bounds {
    pub(super) least: i128,
    pub(super) most: i128,
}

/// Why a table is held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Finding {
    /// This unknown has one value, which must not show.
    Known(usize),
    /// The sums can't all be true.
    Contradiction,
    /// It would take too long to know.
    TooMuch,
}

/// Looks for an unknown that the sums give back. `small` says of a value whether it must not show;
/// `primary` has the bounds of what is suppressed for being small. Sums of `rounded` numbers may
/// contradict each other.
pub(super) fn solve(
    sums: &[Sum],
    primary: &[Bounds],
    rounded: bool,
    small: impl Fn(i128) -> bool,
) -> Result<(), Finding> {
    let mut steps = 0;
    let mut bounds = vec![Bounds { least: 0, most: UNBOUNDED }; primary.len()];
    for part in connected(primary.len(), sums) {
        match one(&part, &mut bounds, primary, &small, &mut steps) {
            Err(Finding::Contradiction) if rounded => {}
            other => other?,
        }
    }
    Ok(())
}

/// Sums that have no unknown in common with others: what these say is true whatever those say.
fn one(
    sums: &[&Sum],
    bounds: &mut [Bounds],
    primary: &[Bounds],
    small: &impl Fn(i128) -> bool,
    steps: &mut usize,
) -> Result<(), Finding> {
    let mut unknowns: Vec<usize> =
        sums.iter().flat_map(|sum| &sum.terms).map(|&(unknown, _)| unknown).collect();
    unknowns.sort_unstable();
    unknowns.dedup();
    for (unknown, value) in eliminate(sums, steps)? {
        if value < 0 {
            return Err(Finding::Contradiction);
        }
        bounds[unknown] = Bounds { least: value, most: value };
    }
    narrow(sums, bounds, steps)?;
    shown(&unknowns, bounds, small)?;
    // Readers take what is suppressed for small, and are right unless the sums say otherwise.
    for &unknown in &unknowns {
        let (own, primary) = (&mut bounds[unknown], primary[unknown]);
        own.least = own.least.max(primary.least);
        own.most = own.most.min(primary.most);
    }
    match narrow(sums, bounds, steps) {
        Err(Finding::Contradiction) => Ok(()),
        other => other.and_then(|()| shown(&unknowns, bounds, small)),
    }
}

fn shown(
    unknowns: &[usize],
    bounds: &[Bounds],
    small: &impl Fn(i128) -> bool,
) -> Result<(), Finding> {
    let one = |&&it: &&usize| bounds[it].least == bounds[it].most && small(bounds[it].least);
    unknowns.iter().find(one).map_or(Ok(()), |&unknown| Err(Finding::Known(unknown)))
}

/// Narrows each number's bounds by those of the others in its sums, until nothing changes.
fn narrow(sums: &[&Sum], bounds: &mut [Bounds], steps: &mut usize) -> Result<(), Finding> {
    for _ in 0..MAX_PASSES {
        let mut changed = false;
        for Sum { terms, comes_to } in sums {
            *steps += terms.len() / 8 + 1;
            if *steps > MAX_STEPS {
                return Err(Finding::TooMuch);
            }
            let signed = |&(unknown, plus): &(usize, bool), bounds: &[Bounds]| match plus {
                true => (bounds[unknown].least, bounds[unknown].most),
                false => (-bounds[unknown].most, -bounds[unknown].least),
            };
            let (mut least, mut most) = (0i128, 0i128);
            for term in terms {
                let (low, high) = signed(term, bounds);
                (least, most) = (least + low, most + high);
            }
            if least > *comes_to || most < *comes_to {
                return Err(Finding::Contradiction);
            }
            for term in terms {
                let (low, high) = signed(term, bounds);
                let (down, up) = (comes_to - (most - high), comes_to - (least - low));
                let (down, up) = if term.1 { (down, up) } else { (-up, -down) };
                let own = &mut bounds[term.0];
                let narrower = Bounds { least: own.least.max(down), most: own.most.min(up) };
                if narrower.least > narrower.most {
                    return Err(Finding::Contradiction);
                }
                if (narrower.least, narrower.most) != (own.least, own.most) {
                    (*own, changed) = (narrower, true);
                    let (now_low, now_high) = signed(term, bounds);
                    (least, most) = (least - low + now_low, most - high + now_high);
                }
            }
        }
        if !changed {
            return Ok(());
        }
    }
    Err(Finding::TooMuch)
}

/// The sums in groups that have no unknown in common.
fn connected(unknowns: usize, sums: &[Sum]) -> Vec<Vec<&Sum>> {
    let mut parent: Vec<usize> = (0..unknowns).collect();
    fn root(parent: &mut [usize], mut at: usize) -> usize {
        while parent[at] != at {
            parent[at] = parent[parent[at]];
            at = parent[at];
        }
        at
    }
    for sum in sums {
        for pair in sum.terms.windows(2) {
            let (one, other) = (root(&mut parent, pair[0].0), root(&mut parent, pair[1].0));
            parent[one] = other;
        }
    }
    let mut groups: BTreeMap<usize, Vec<&Sum>> = BTreeMap::new();
    for sum in sums {
        if let Some(&(first, _)) = sum.terms.first() {
            groups.entry(root(&mut parent, first)).or_default().push(sum);
        }
    }
    groups.into_values().collect()
}

/// The unknowns that have one value, by Gauss and Jordan.
fn eliminate(sums: &[&Sum], steps: &mut usize) -> Result<Vec<(usize, i128)>, Finding> {
    struct Row {
        terms: BTreeMap<usize, u64>,
        comes_to: u64,
    }
    impl Row {
        /// Takes so many times another row away.
        fn subtract(&mut self, other: &Self, times: u64) -> usize {
            let negative = PRIME - times;
            for (&unknown, &value) in &other.terms {
                let own = self.terms.entry(unknown).or_default();
                *own = add(*own, multiply(value, negative));
                if *own == 0 {
                    self.terms.remove(&unknown);
                }
            }
            self.comes_to = add(self.comes_to, multiply(other.comes_to, negative));
            other.terms.len() + 1
        }
    }
    let mut rows: BTreeMap<usize, Row> = BTreeMap::new();
    for sum in sums {
        let mut row = Row { terms: BTreeMap::new(), comes_to: reduced(sum.comes_to) };
        *steps += sum.terms.len() / 8;
        for &(unknown, plus) in &sum.terms {
            let own = row.terms.entry(unknown).or_default();
            *own = add(*own, if plus { 1 } else { PRIME - 1 });
        }
        row.terms.retain(|_, value| *value != 0);
        let pivots: Vec<usize> =
            row.terms.keys().copied().filter(|it| rows.contains_key(it)).collect();
        for pivot in pivots {
            let times = row.terms.get(&pivot).copied().unwrap_or_default();
            *steps += row.subtract(&rows[&pivot], times);
            if *steps > MAX_STEPS {
                return Err(Finding::TooMuch);
            }
        }
        let Some((&pivot, &value)) = row.terms.first_key_value() else {
            if row.comes_to != 0 {
                return Err(Finding::Contradiction);
            }
            continue;
        };
        let inverse = power(value, PRIME - 2);
        row.terms.values_mut().for_each(|value| *value = multiply(*value, inverse));
        row.comes_to = multiply(row.comes_to, inverse);
        for other in rows.values_mut() {
            *steps += 1;
            if let Some(&times) = other.terms.get(&pivot) {
                *steps += other.subtract(&row, times);
            }
            if *steps > MAX_STEPS {
                return Err(Finding::TooMuch);
            }
        }
        rows.insert(pivot, row);
    }
    let alone = rows.into_iter().filter(|(_, row)| row.terms.len() == 1);
    Ok(alone.map(|(unknown, row)| (unknown, signed(row.comes_to))).collect())
}

fn reduced(value: i128) -> u64 {
    value.rem_euclid(i128::from(PRIME)) as u64
}

/// What is beyond half of the prime is below zero, or no whole number.
fn signed(value: u64) -> i128 {
    let value = i128::from(value);
    if value > i128::from(PRIME / 2) { value - i128::from(PRIME) } else { value }
}

fn add(one: u64, other: u64) -> u64 {
    (one + other) % PRIME
}

fn multiply(one: u64, other: u64) -> u64 {
    (u128::from(one) * u128::from(other) % u128::from(PRIME)) as u64
}

fn power(mut base: u64, mut exponent: u64) -> u64 {
    let mut result = 1;
    while exponent > 0 {
        if exponent & 1 == 1 {
            result = multiply(result, base);
        }
        (base, exponent) = (multiply(base, base), exponent >> 1);
    }
    result
}
