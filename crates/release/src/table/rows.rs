//! The header and the rows below it.

use std::collections::HashSet;

use sluice_policy::entry::Output;

use super::{
    Dialect,
    cell::{self, Look},
    comments::Comments,
    header::{self, Place},
    skeleton::{Forbidden, key},
};
use crate::{
    Passed,
    disclosure::Rules,
    hold::{Fault, HoldCode},
    row::Row,
};

/// What a column held so far.
#[derive(Clone, Copy, PartialEq)]
enum Column {
    /// Nothing, or values that are not shown.
    Absent,
    Numbers,
    Texts,
}

/// A table as far as its rows came.
pub(super) struct Rows<'a> {
    rule: &'a Output,
    dialect: Dialect,
    forbidden: Forbidden<'a>,
    /// Rows so far, comments and header among them, as a spreadsheet counts them.
    count: u64,
    /// How many of them are no rows of the table.
    above: u64,
    /// The comment above the first row, if that may be the header.
    candidate: Option<Vec<String>>,
    header: Option<Vec<String>>,
    /// What the names of header and rule are known by, once a row looks like a header.
    keys: Option<HashSet<String>>,
    /// One for each cell of a row; none before the first.
    columns: Vec<Column>,
    /// Whether the row before had nothing in any cell.
    gap: bool,
    /// Once the columns are known, if the rule says something of numbers.
    numbers: Option<Rules<'a>>,
}

impl<'a> Rows<'a> {
    pub(super) fn new(rule: &'a Output, dialect: Dialect) -> Self {
        Self {
            rule,
            dialect,
            forbidden: Forbidden::new(&rule.forbidden_columns),
            count: 0,
            above: 0,
            candidate: None,
            header: None,
            keys: None,
            columns: Vec::new(),
            gap: false,
            numbers: None,
        }
    }

    /// Lets comments stand above.
    pub(super) fn follow(&mut self, comments: &Comments<'_>) -> Result<(), Fault> {
        self.count = comments.count();
        let cells = comments.cells();
        self.candidate = (!cells.is_empty()).then_some(cells);
        self.check_count(0)
    }

    /// The number of the row that comes next.
    pub(super) fn next(&self) -> u64 {
        self.count + 1
    }

    pub(super) fn is_empty(&self) -> bool {
        self.header.is_none()
    }

    /// Judges a row. So many line ends stood inside cells up to it.
    pub(super) fn row(&mut self, row: Row<'_>, line_ends: u64) -> Result<(), Fault> {
        self.count += 1;
        if self.header.is_none() && self.is_header(row)? {
            return self.check_count(line_ends);
        }
        self.check_width(row)?;
        self.check_count(line_ends)?;
        self.check_cells(row)?;
        match &mut self.numbers {
            Some(numbers) => numbers.row(self.count, row),
            None => Ok(()),
        }
    }

    pub(super) fn end(mut self) -> Result<Passed, Fault> {
        if let Some(names) = self.candidate.take().filter(|names| self.names_one(names)) {
            self.set_header(names, self.count)?;
        }
        if self.header.is_none() {
            let place = Place { row: self.next(), column: 1 };
            return Err(place.fault(self.dialect.code, "is missing: there is no header"));
        }
        if self.columns.is_empty() {
            self.begin(0)?;
        }
        self.numbers.map_or(Ok(Passed::default()), Rules::end)
    }

    /// Begins the rows below the header, the first of which has so many cells.
    fn begin(&mut self, cells: usize) -> Result<(), Fault> {
        let names = self.header.get_or_insert_default();
        let unnamed = names.first().is_some_and(|name| header::bare(name).is_empty());
        if self.rule.row_names && cells == names.len() + 1 && !unnamed {
            names.insert(0, String::new());
        }
        self.columns = vec![Column::Absent; names.len()];
        let names: Vec<_> = names.iter().map(|name| header::bare(name).to_owned()).collect();
        self.numbers = Rules::new(self.rule, &names)?;
        Ok(())
    }

    /// Whether the first row is the header; if not, the comment above it was.
    fn is_header(&mut self, row: Row<'_>) -> Result<bool, Fault> {
        let names: Vec<_> = row.cells().map(str::to_owned).collect();
        if let Some(above) = self.candidate.take() {
            let fits =
                above.len() == names.len() || self.rule.row_names && above.len() + 1 == names.len();
            let likely = fits && above.len() > 1 && !self.names_one(&names);
            if self.names_one(&above[..1]) || likely {
                for (index, name) in names.iter().enumerate() {
                    let place = Place { row: self.count, column: index + 1 };
                    header::check_forbidden(name, false, &self.forbidden, place)?;
                }
                self.set_header(above, self.count - 1)?;
                return Ok(false);
            }
        }
        self.set_header(names, self.count)?;
        Ok(true)
    }

    /// Whether the rule names one of these columns.
    fn names_one(&self, names: &[String]) -> bool {
        names.iter().any(|name| self.rule.columns.iter().any(|wanted| wanted == header::bare(name)))
    }

    fn set_header(&mut self, names: Vec<String>, row: u64) -> Result<(), Fault> {
        header::check(&names, row, self.rule, self.dialect, &self.forbidden)?;
        self.header = Some(names);
        self.above = 1;
        Ok(())
    }

    fn check_count(&self, line_ends: u64) -> Result<(), Fault> {
        match self.rule.max_rows {
            Some(most) if self.count - self.above + line_ends > most => {
                let what = format!("it has more than {most} rows");
                Err(Fault(HoldCode::TooManyRows, what))
            }
            _ => Ok(()),
        }
    }

    fn check_width(&mut self, row: Row<'_>) -> Result<(), Fault> {
        if self.columns.is_empty() {
            self.begin(row.len())?;
        }
        let names = self.header.as_deref().unwrap_or_default();
        if row.len() == self.columns.len() {
            return Ok(());
        }
        const ROW_NAMES: &str = "without R's row names (`row.names = FALSE`) it would fit, or with \
                                 `row-names = true` in the rule";
        let hint = match names[0].starts_with('#') {
            true => format!("; {}", header::COMMENTS),
            false if row.len() == names.len() + 1 => format!("; {ROW_NAMES}"),
            false => String::new(),
        };
        let what = format!("ends the row; the header has {} columns{hint}", names.len());
        Err(Place { row: self.count, column: row.len() }.fault(self.dialect.code, &what))
    }

    fn check_cells(&mut self, row: Row<'_>) -> Result<(), Fault> {
        let (mut words, mut breaks, mut empty) = (true, false, true);
        for (index, cell) in row.cells().enumerate() {
            let column = &mut self.columns[index];
            match cell::look(cell) {
                Look::Empty => {
                    words = false;
                    continue;
                }
                Look::Digit => {
                    words = false;
                    if *column != Column::Texts {
                        *column = number_or_text(cell);
                    }
                }
                Look::Letter if *column == Column::Texts => {}
                Look::Letter if cell::is_absent(cell) => words = false,
                Look::Letter => {
                    breaks |= *column == Column::Numbers;
                    *column = Column::Texts;
                }
                Look::Suspect => {
                    words = false;
                    if cell::is_number(cell) {
                        if *column == Column::Absent {
                            *column = Column::Numbers;
                        }
                    } else if cell::is_active(cell) {
                        return Err(Place { row: self.count, column: index + 1 }.active());
                    }
                }
                Look::Mark => words = false,
            }
            empty = false;
        }
        if self.gap && !empty {
            let what = "stands below a row with nothing in any cell: write each table to a file of \
                        its own";
            return Err(Fault(HoldCode::SecondTable, format!("row {} {what}", self.count)));
        }
        self.check_second(row, words && breaks)?;
        self.gap = empty;
        self.check_shown(row, empty)
    }

    /// Whether a second table begins. A row of words under numbers may be a row all the same, such
    /// as a gene on chromosome X: it is another header if it has a name that the rule or the header
    /// knows.
    fn check_second(&mut self, row: Row<'_>, words: bool) -> Result<(), Fault> {
        let names = self.header.as_deref().unwrap_or_default();
        let repeats = row.cells().zip(names).all(|(cell, name)| cell == name);
        if !repeats && !words {
            return Ok(());
        }
        let keys = self.keys.get_or_insert_with(|| {
            names.iter().chain(&self.rule.columns).map(|name| key(name)).collect()
        });
        let known =
            |cell: &str| self.forbidden.find(cell, true).is_some() || keys.contains(&key(cell));
        match repeats || row.cells().any(known) {
            true => {
                let what =
                    "looks like the header of a second table: write each to a file of its own";
                Err(Fault(HoldCode::SecondTable, format!("row {} {what}", self.count)))
            }
            false => Ok(()),
        }
    }

    /// Whether every reader takes the row for one.
    fn check_shown(&self, row: Row<'_>, empty: bool) -> Result<(), Fault> {
        let place = Place { row: self.count, column: 1 };
        if empty && row.len() == 1 {
            let what =
                "is empty, and the table has no other column: R leaves such rows out; write NA";
            return Err(place.fault(self.dialect.code, what));
        }
        let comment = self.rule.comments.is_some()
            && row.cells().next().is_some_and(|cell| cell.starts_with('#'));
        match comment {
            true => {
                let what = "starts with #: comments stand above the header";
                Err(place.fault(self.dialect.code, what))
            }
            false => Ok(()),
        }
    }
}

fn number_or_text(cell: &str) -> Column {
    match cell::is_number(cell) {
        true => Column::Numbers,
        false => Column::Texts,
    }
}
