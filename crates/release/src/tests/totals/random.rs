//! Tables made by chance, against all ways to fill them in.

use std::collections::{BTreeMap, BTreeSet};

use super::{REVEALS, rule, verdict};

/// Row and column.
type Cell = (usize, usize);

/// Small tables with totals, suppressed here and there, against all ways to fill them in.
#[test]
fn what_totals_give_back_is_held() {
    const MINIMUM: u64 = 4;
    let mut random = Random(1);
    let (mut held, mut passed) = (0, 0);
    for _ in 0..800 {
        let table = Crosstab::random(&mut random);
        if table.hidden().len() > 4 {
            continue;
        }
        let names: Vec<String> =
            (0..table.values[0].len() - 1).map(|at| format!("c{at}")).collect();
        let columns: Vec<&str> = names.iter().map(String::as_str).chain(["All"]).collect();
        let zero = if table.zero { "allow" } else { "hold" };
        let verdict = verdict(&rule(&columns, MINIMUM, zero), &table.csv(&columns));
        let known = table.known(0..=20) || table.known(u64::from(table.zero)..=MINIMUM - 1);
        assert!(!known || verdict == REVEALS, "{verdict}\n{}", table.csv(&columns));
        // Whatever else is held leaves little for several.
        if verdict == REVEALS && !known {
            assert!(table.leaves_few(), "{}", table.csv(&columns));
        }
        *(if known { &mut held } else { &mut passed }) += 1;
    }
    assert!(held > 80 && passed > 80, "{held} {passed}");
}

struct Random(u64);

impl Random {
    fn below(&mut self, most: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % most
    }
}

/// Counts with totals in the last row and column; none where one is suppressed.
struct Crosstab {
    zero: bool,
    values: Vec<Vec<Option<u64>>>,
}

impl Crosstab {
    fn random(random: &mut Random) -> Self {
        let (rows, columns) = (2 + random.below(2) as usize, 2 + random.below(2) as usize);
        let zero = random.below(2) == 0;
        let mut full = vec![vec![0; columns + 1]; rows + 1];
        for row in 0..rows {
            for column in 0..columns {
                let value = random.below(8);
                full[row][column] = value;
                full[row][columns] += value;
                full[rows][column] += value;
                full[rows][columns] += value;
            }
        }
        let mut hide = |value: u64| {
            let small = if value == 0 { !zero } else { value < 4 };
            (!small && random.below(4) != 0).then_some(value)
        };
        let values = full.into_iter().map(|row| row.into_iter().map(&mut hide).collect());
        Self { zero, values: values.collect() }
    }

    fn csv(&self, columns: &[&str]) -> String {
        let mut text = format!("g,{}\n", columns.join(","));
        for (row, values) in self.values.iter().enumerate() {
            let label = if row + 1 == self.values.len() { "All".into() } else { format!("r{row}") };
            let cell = |value: &Option<u64>| value.map(|it| it.to_string()).unwrap_or_default();
            let cells: Vec<_> = values.iter().map(cell).collect();
            text += &format!("{label},{}\n", cells.join(","));
        }
        text
    }

    /// The sums: positions of parts, and of their total.
    fn sums(&self) -> Vec<(Vec<Cell>, Cell)> {
        let (rows, columns) = (self.values.len() - 1, self.values[0].len() - 1);
        let across =
            (0..=rows).map(|row| ((0..columns).map(|it| (row, it)).collect(), (row, columns)));
        let down = (0..=columns).map(|it| ((0..rows).map(|row| (row, it)).collect(), (rows, it)));
        let both = (0..rows).flat_map(|row| (0..columns).map(move |it| (row, it))).collect();
        across.chain(down).chain([(both, (rows, columns))]).collect()
    }

    /// Suppressed parts.
    fn hidden(&self) -> Vec<Cell> {
        let (rows, columns) = (self.values.len() - 1, self.values[0].len() - 1);
        let parts = (0..rows).flat_map(|row| (0..columns).map(move |column| (row, column)));
        parts.filter(|&(row, column)| self.values[row][column].is_none()).collect()
    }

    /// Whether something suppressed has one value, with parts of those in `range`, in all ways to fill
    /// them in that agree with the totals shown, and it must not show.
    fn known(&self, range: std::ops::RangeInclusive<u64>) -> bool {
        let mut seen: BTreeMap<Cell, BTreeSet<u64>> = BTreeMap::new();
        self.fill(&range, &self.hidden(), &mut self.values.clone(), &mut seen);
        let small = |value: u64| if value == 0 { !self.zero } else { value < 4 };
        seen.values().any(|values| values.len() == 1 && values.iter().all(|&value| small(value)))
    }

    fn fill(
        &self,
        range: &std::ops::RangeInclusive<u64>,
        hidden: &[Cell],
        filled: &mut Vec<Vec<Option<u64>>>,
        seen: &mut BTreeMap<Cell, BTreeSet<u64>>,
    ) {
        let sum = |parts: &[Cell], filled: &[Vec<Option<u64>>]| {
            parts.iter().filter_map(|it| filled[it.0][it.1]).sum::<u64>()
        };
        let fits = |filled: &[Vec<Option<u64>>]| {
            self.sums().iter().all(|(parts, total)| {
                let Some(whole) = self.values[total.0][total.1] else { return true };
                let open = parts.iter().any(|it| filled[it.0][it.1].is_none());
                sum(parts, filled) == whole || open && sum(parts, filled) < whole
            })
        };
        if !fits(filled) {
            return;
        }
        let Some((&(row, column), rest)) = hidden.split_first() else {
            for (parts, total) in self.sums() {
                if self.values[total.0][total.1].is_none() {
                    seen.entry(total).or_default().insert(sum(&parts, filled));
                }
            }
            for place in self.hidden() {
                let value = filled[place.0][place.1].unwrap_or_default();
                seen.entry(place).or_default().insert(value);
            }
            return;
        };
        // Two values are enough to know that there isn't one.
        if !seen.is_empty() && seen.values().all(|values| values.len() > 1) {
            return;
        }
        for value in range.clone() {
            filled[row][column] = Some(value);
            self.fill(range, rest, filled, seen);
        }
        filled[row][column] = None;
    }

    /// Whether some total leaves less than the minimum for what is suppressed of it, or each of that
    /// the least or the most that is.
    fn leaves_few(&self) -> bool {
        self.sums().iter().any(|(parts, total)| {
            let values: Vec<_> = parts.iter().map(|it| self.values[it.0][it.1]).collect();
            let hidden = values.iter().filter(|value| value.is_none()).count() as u64;
            let sum: u64 = values.iter().flatten().sum();
            let rest = self.values[total.0][total.1].map(|whole| whole - sum);
            let pinned =
                |rest| rest < 4 || rest == 3 * hidden || rest == u64::from(self.zero) * hidden;
            hidden > 0 && rest.is_some_and(pinned)
        })
    }
}
