//! Which group a row's counts are of, so that it is found again in another table of the same rule,
//! whatever the order of its rows and columns and however its labels are spelled.
//!
//! The table's author chooses what stands in it, and a further column would make every row another
//! one. So a row is known by its labels in up to three widths, by each that tells it from all other
//! rows of its table: words in columns that the rule names; these, other words and whole numbers; and
//! all cells but those of the rule's numbers, where nothing less will do.

use std::collections::HashMap;

use sluice_policy::{
    digest::{Digest, Hasher},
    entry::Output,
};

use super::{Column, cell::is_suppressed, name::normal, totals::Found};
use crate::{
    Fault, Hold, HoldCode,
    earlier::{Cell, Cells, Key, MAX_COUNTS, Memory},
};

/// Of a row: from few labels to all.
const WIDTHS: usize = 3;

/// A table's rows as far as they were read.
pub(super) struct Groups {
    minimum: u64,
    columns: Vec<Column>,
    labels: Vec<Tagged>,
    rows: Vec<(u64, [Key; WIDTHS])>,
    counts: Vec<Option<u64>>,
    most: usize,
}

/// A column of labels.
struct Tagged {
    index: usize,
    /// Its name, if that is the rule's.
    name: String,
    /// From which width on its cells count.
    width: fn(Class) -> usize,
}

/// What stands in a cell of a column that the rule has no numbers in.
#[derive(Clone, Copy, PartialEq)]
enum Class {
    Word,
    Whole,
    /// A number with decimals or with something beside it: rather a mean than a label.
    Measure,
    Nothing,
}

impl Groups {
    /// Of `counts` in a table with this header; `numbers` are the columns of numbers that the rule names.
    /// None where nothing is compared.
    pub(super) fn new(
        rule: &Output,
        counts: &[Column],
        header: &[String],
        numbers: impl Fn(usize) -> bool,
    ) -> Result<Option<Self>, Fault> {
        let Some(asked) = rule.counts.as_ref().filter(|it| it.are_compared()) else {
            return Ok(None);
        };
        for label in &asked.labels {
            super::column(label, header)?;
        }
        let tagged = |(index, name): (usize, &String)| {
            let named = rule.columns.contains(name) || asked.labels.contains(name);
            let width = match name.as_str() {
                _ if asked.labels.contains(name) => label,
                // R's row names, which are often the rows' numbers.
                "" => row_name,
                _ if named || rule.columns.is_empty() => named_column,
                _ => other_column,
            };
            Tagged { index, name: if named { name.clone() } else { String::new() }, width }
        };
        let is_label = |&(index, name): &(usize, &String)| match asked.labels.is_empty() {
            true => !numbers(index),
            false => asked.labels.contains(name),
        };
        let labels = header.iter().enumerate().filter(is_label).map(tagged).collect();
        Ok(Some(Self {
            minimum: asked.minimum,
            columns: counts.to_vec(),
            labels,
            rows: Vec::new(),
            counts: Vec::new(),
            most: MAX_COUNTS,
        }))
    }

    /// Keeps a row.
    pub(super) fn row<'c>(
        &mut self,
        number: u64,
        cell: impl Fn(usize) -> &'c str,
        found: &[Found],
    ) {
        if self.counts.len() > self.most {
            return;
        }
        let counts = found.iter().take(self.columns.len());
        self.counts.extend(counts.map(|count| count.map(|(count, _)| count)));
        let mut labels: Vec<_> = self.labels.iter().map(|it| it.read(cell(it.index))).collect();
        labels.sort_unstable();
        let widths = std::array::from_fn(|width| {
            let mut hasher = Hasher::new();
            for (name, text, from) in &labels {
                if *from <= width {
                    [*name, text].into_iter().for_each(|part| update(&mut hasher, part));
                }
            }
            key(hasher.finish())
        });
        self.rows.push((number, widths));
    }

    /// All counts, each under what its row is known by.
    pub(super) fn end(self) -> Result<Cells, Fault> {
        if self.counts.len() > self.most {
            let what = format!(
                "it has more than {} counts, which are too many to compare with earlier ones: write \
                 a smaller table, or ask for `earlier = \"ignore\"`",
                self.most
            );
            return Err(Fault(HoldCode::Differencing, what));
        }
        let mut rows_of: [HashMap<Key, usize>; WIDTHS] = Default::default();
        for (_, widths) in &self.rows {
            widths
                .iter()
                .zip(&mut rows_of)
                .for_each(|(key, rows)| *rows.entry(*key).or_default() += 1);
        }
        let names: Vec<_> = self.columns.iter().map(|column| normal(&column.name)).collect();
        let mut cells = Vec::with_capacity(self.counts.len());
        let counts = self.counts.chunks(self.columns.len().max(1));
        for ((row, widths), counts) in self.rows.iter().zip(counts) {
            let alone = |width: usize| rows_of[width].get(&widths[width]) == Some(&1);
            let mut known = vec![widths[WIDTHS - 1]];
            if alone(1) {
                known = vec![widths[1]];
            }
            if alone(0) && widths[0] != known[0] {
                known.push(widths[0]);
            }
            for (column, (&count, name)) in counts.iter().zip(&names).enumerate() {
                for group in &known {
                    let mut hasher = Hasher::new();
                    hasher.update(group);
                    hasher.update(name.as_bytes());
                    cells.push(Cell { key: key(hasher.finish()), count, row: *row, column });
                }
            }
        }
        let columns = self.columns.into_iter().map(|it| (it.index + 1, it.name)).collect();
        let counts = self.counts.len();
        let cells = Cells { minimum: self.minimum, columns, counts, cells };
        // The table may be two tables in one.
        let compared = Memory::default().add("", &cells);
        compared.map_err(|Hold { code, message }| Fault(code, message))?;
        Ok(cells)
    }
}

impl Tagged {
    /// The column's name, what the cell says, and from which width on that counts.
    fn read(&self, cell: &str) -> (&str, String, usize) {
        let class = class(cell);
        let text = match class {
            Class::Whole => {
                let whole = cell.trim();
                let whole = whole.strip_suffix(".0").unwrap_or(whole).trim_start_matches('+');
                whole.trim_start_matches('0').to_owned()
            }
            _ => normal(cell),
        };
        (&self.name, text, (self.width)(class))
    }
}

fn label(_: Class) -> usize {
    0
}

fn named_column(class: Class) -> usize {
    match class {
        Class::Word => 0,
        other => other_column(other),
    }
}

fn other_column(class: Class) -> usize {
    match class {
        Class::Word | Class::Whole => 1,
        Class::Measure | Class::Nothing => 2,
    }
}

fn row_name(class: Class) -> usize {
    match class {
        Class::Word => 0,
        _ => 2,
    }
}

fn class(cell: &str) -> Class {
    let text = cell.trim();
    if is_suppressed(text, 0) {
        return Class::Nothing;
    }
    let unsigned = text.trim_start_matches(['+', '-']);
    let rest = unsigned.trim_start_matches(|c: char| c.is_ascii_digit() || matches!(c, '.' | ','));
    let number = &unsigned[..unsigned.len() - rest.len()];
    let whole = number.strip_suffix(".0").unwrap_or(number);
    if !number.contains(|c: char| c.is_ascii_digit()) {
        return Class::Word;
    }
    match rest.trim_start().chars().next() {
        None if whole.bytes().all(|it| it.is_ascii_digit()) => Class::Whole,
        None | Some('(' | '[' | '±' | '%' | '*' | ';') => Class::Measure,
        Some('e' | 'E') if rest[1..].trim_start_matches(['+', '-']).parse::<u32>().is_ok() => {
            Class::Measure
        }
        Some(_) => Class::Word,
    }
}

/// Lengths, so that no two lists of labels have the same bytes.
fn update(hasher: &mut Hasher, text: &str) {
    hasher.update(&(text.len() as u64).to_le_bytes());
    hasher.update(text.as_bytes());
}

fn key(digest: Digest) -> Key {
    let mut key = Key::default();
    let length = key.len();
    key.copy_from_slice(&digest.as_bytes()[..length]);
    key
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_labels_or_measures() {
        for (wanted, cells) in [
            (Class::Word, ["North", "18-30", "18.5–24.9", "65+", "<65", "2020-01", "12 mg"]),
            (Class::Whole, ["0", "2020", "2020.0", " 7 ", "-3", "+3", "007"]),
            (Class::Measure, ["12.5", "7.5 (2.1)", "7 [1-9]", "7±2", "35 %", "1e-5", "1,234"]),
            (Class::Nothing, ["", " ", "NA", "nan", "c", "*", "[REDACTED]"]),
        ] {
            for cell in cells {
                assert!(class(cell) == wanted, "{cell:?}");
            }
        }
    }

    #[test]
    fn a_table_of_more_than_is_remembered_is_held() {
        let counts = serde_json::json!({ "columns": ["n"], "minimum": 10 });
        let rule = serde_json::json!({
            "glob": "x", "kind": "csv", "max-bytes": 1, "extra-columns": true, "counts": counts,
        });
        let rule: Output = serde_json::from_value(rule).unwrap();
        let header = ["g", "n"].map(String::from);
        let column = Column { index: 1, name: "n".into() };
        for (rows, held) in [(3, false), (4, true), (9, true)] {
            let groups = Groups::new(&rule, std::slice::from_ref(&column), &header, |it| it == 1);
            let mut groups = groups.ok().flatten().unwrap();
            groups.most = 3;
            let labels: Vec<_> = (0..rows).map(|row| format!("g{row}")).collect();
            for label in &labels {
                groups.row(2, |index| if index == 0 { label } else { "20" }, &[Some((20, 20))]);
            }
            assert_eq!(groups.end().is_err(), held, "{rows}");
        }
    }
}
