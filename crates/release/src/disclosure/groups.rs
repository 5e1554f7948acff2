//! Which group a row's counts are of, so that it is found again in another table of the same rule,
//! whatever the order of its rows and columns and however its labels are spelled.

use std::collections::HashMap;

use sluice_policy::{
    digest::{Digest, Hasher},
    entry::Counts,
};

use super::{Column, name::Normal, totals::Found};
use crate::{
    Fault, HoldCode,
    earlier::{Cell, Cells, Key, MAX_COUNTS},
};

/// A table's counts as far as they were read. No two rows have the same labels, and no two columns the
/// same name, so a key has one count.
pub(super) struct Groups {
    /// The columns of labels, in the order of their names.
    labels: Vec<usize>,
    /// Has those names.
    start: Hasher,
    /// What the columns of counts are known by.
    names: Vec<String>,
    /// In which row labels stood.
    rows: HashMap<Key, u64>,
    cells: Cells,
    normal: Normal,
    most: usize,
}

impl Groups {
    /// Of `columns`, the rule's counts in a table with this header. None where nothing is compared.
    pub(super) fn new(
        rule: &Counts,
        columns: &[Column],
        header: &[String],
    ) -> Result<Option<Self>, Fault> {
        if !rule.are_compared() {
            return Ok(None);
        }
        // An entry without `labels` is refused; here it is one whose tables have a single row.
        let labels = rule.labels.iter().flatten().map(|name| super::column(name, header));
        let mut labels = labels.collect::<Result<Vec<_>, _>>()?;
        labels.sort_by(|one, other| one.name.cmp(&other.name));
        let mut start = Hasher::new();
        labels.iter().for_each(|label| update(&mut start, &label.name));
        let mut normal = Normal::default();
        // A job chooses the end of a name that the rule gives the beginning of.
        let mut name = |column: &Column| match rule.columns.contains(&column.name) {
            true => column.name.clone(),
            false => normal.of(&column.name).to_owned(),
        };
        let names: Vec<_> = columns.iter().map(&mut name).collect();
        if let Some(second) = (1..names.len()).find(|&it| names[..it].contains(&names[it])) {
            let what = "has the name of another column of counts but for its spelling: give each a \
                        name of its own";
            return Err(columns[second].fault(HoldCode::ColumnExtra, 1, what));
        }
        Ok(Some(Self {
            labels: labels.into_iter().map(|label| label.index).collect(),
            start,
            names,
            rows: HashMap::new(),
            cells: Cells {
                minimum: rule.minimum,
                columns: columns.iter().map(|it| (it.index + 1, it.name.clone())).collect(),
                cells: Vec::new(),
            },
            normal,
            most: MAX_COUNTS,
        }))
    }

    /// Keeps a row.
    pub(super) fn row<'c>(
        &mut self,
        number: u64,
        cell: impl Fn(usize) -> &'c str,
        found: &[Found],
    ) -> Result<(), Fault> {
        let mut hasher = self.start.clone();
        self.labels.iter().for_each(|&index| update(&mut hasher, self.normal.of(cell(index))));
        let labels = hasher.finish();
        if let Some(first) = self.rows.insert(key(labels), number) {
            let what = format!(
                "row {number} has the labels of row {first}: repeat the group's name in each row, or \
                 name the column that tells them apart in `labels`"
            );
            return Err(Fault(HoldCode::LabelsRepeat, what));
        }
        let cells = &mut self.cells.cells;
        if cells.len() + self.names.len() > self.most {
            let what = format!(
                "it has more than {} counts, which are too many to compare with earlier ones: write \
                 a smaller table, or ask for `earlier = \"ignore\"`",
                self.most
            );
            return Err(Fault(HoldCode::Differencing, what));
        }
        for (column, (name, found)) in self.names.iter().zip(found).enumerate() {
            let mut hasher = Hasher::new();
            hasher.update(labels.as_bytes());
            hasher.update(name.as_bytes());
            let count = found.map(|(count, _)| count);
            cells.push(Cell { key: key(hasher.finish()), count, row: number, column });
        }
        Ok(())
    }

    /// All counts.
    pub(super) fn end(self) -> Cells {
        self.cells
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
    fn a_table_of_more_than_is_remembered_is_held() {
        let rule = serde_json::json!({ "columns": ["n"], "minimum": 10, "labels": ["g"] });
        let rule: Counts = serde_json::from_value(rule).unwrap();
        let header = ["g", "n"].map(String::from);
        let column = Column { index: 1, name: "n".into() };
        for (rows, held) in [(3, false), (4, true), (9, true)] {
            let groups = Groups::new(&rule, std::slice::from_ref(&column), &header);
            let mut groups = groups.ok().flatten().unwrap();
            groups.most = 3;
            let labels: Vec<_> = (0..rows).map(|row| format!("g{row}")).collect();
            let mut row = |label| groups.row(2, |_| label, &[Some((20, 20))]);
            let kept = labels.iter().try_for_each(|label| row(label));
            assert_eq!(kept.is_err(), held, "{rows}");
        }
    }
}
