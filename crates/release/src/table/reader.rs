//! Rows by the csv crate's own parser, one at a time.

use csv_core::ReadRecordResult;
use sluice_policy::entry::Output;

use super::Dialect;
use crate::hold::{Fault, HoldCode};

/// A row's cells.
#[derive(Clone, Copy)]
pub(super) struct Row<'a> {
    text: &'a [u8],
    ends: &'a [usize],
}

impl<'a> Row<'a> {
    pub(super) fn len(&self) -> usize {
        self.ends.len()
    }

    pub(super) fn cells(self) -> impl Iterator<Item = &'a [u8]> {
        let mut start = 0;
        self.ends.iter().map(move |&end| &self.text[std::mem::replace(&mut start, end)..end])
    }
}

/// Why reading ended.
pub(super) enum Stop {
    Fault(Fault),
    /// A row has more cells than the rule allows.
    Columns(usize),
    /// The row's cell of this number, from 1, is longer than the rule allows.
    Cell(usize, usize),
}

impl Stop {
    pub(super) fn into_fault(self, row: u64) -> Fault {
        match self {
            Self::Fault(fault) => fault,
            Self::Columns(most) => {
                let what = format!("row {row} has more than {most} columns");
                Fault(HoldCode::TooManyColumns, what)
            }
            Self::Cell(column, most) => {
                let what = format!("row {row}, column {column} has more than {most} bytes");
                Fault(HoldCode::CellTooLong, what)
            }
        }
    }
}

/// The parser and the row that it is in.
pub(super) struct Reader {
    parser: csv_core::Reader,
    text: Vec<u8>,
    ends: Vec<usize>,
    /// How much of `text` and of `ends` the row fills so far.
    filled: usize,
    cells: usize,
    max_columns: usize,
    max_cell: usize,
}

impl Reader {
    pub(super) fn new(dialect: Dialect, rule: &Output) -> Self {
        Self {
            parser: csv_core::ReaderBuilder::new().delimiter(dialect.delimiter).build(),
            text: vec![0; 1 << 10],
            ends: vec![0; 16],
            filled: 0,
            cells: 0,
            // R's row names are no column.
            max_columns: rule.max_columns() as usize + usize::from(rule.row_names),
            max_cell: rule.max_cell_bytes() as usize,
        }
    }

    /// The column that is being read, from 1.
    pub(super) fn column(&self) -> usize {
        self.cells + 1
    }

    /// Whether the row that is being read starts with `byte`.
    pub(super) fn starts_with(&self, byte: u8) -> bool {
        self.text[..self.filled].first() == Some(&byte)
    }

    /// Reads on, and gives out each row that ends.
    pub(super) fn read(
        &mut self,
        mut input: &[u8],
        each: &mut dyn FnMut(Row<'_>) -> Result<(), Fault>,
    ) -> Result<(), Stop> {
        // To the parser nothing is the end of the file.
        while !input.is_empty() {
            input = &input[self.step(input, each)?.0..];
        }
        let start = self.cells.checked_sub(1).map_or(0, |last| self.ends[last]);
        match self.filled - start > self.max_cell {
            true => Err(Stop::Cell(self.column(), self.max_cell)),
            false => Ok(()),
        }
    }

    /// Gives out the last row, if no line end stood behind it.
    pub(super) fn end(
        &mut self,
        each: &mut dyn FnMut(Row<'_>) -> Result<(), Fault>,
    ) -> Result<(), Stop> {
        while !self.step(&[], each)?.1 {}
        Ok(())
    }

    /// How much of the input was read, and whether the file has ended.
    fn step(
        &mut self,
        input: &[u8],
        each: &mut dyn FnMut(Row<'_>) -> Result<(), Fault>,
    ) -> Result<(usize, bool), Stop> {
        let (text, ends) = (&mut self.text[self.filled..], &mut self.ends[self.cells..]);
        let (result, read, wrote, ended) = self.parser.read_record(input, text, ends);
        self.filled += wrote;
        self.cells += ended;
        match result {
            ReadRecordResult::InputEmpty => {}
            ReadRecordResult::OutputFull => self.text.resize(self.text.len() * 2, 0),
            ReadRecordResult::OutputEndsFull if self.cells > self.max_columns => {
                return Err(Stop::Columns(self.max_columns));
            }
            ReadRecordResult::OutputEndsFull => self.ends.resize(self.ends.len() * 2, 0),
            ReadRecordResult::Record => {
                self.give(each)?;
                (self.filled, self.cells) = (0, 0);
            }
            ReadRecordResult::End => return Ok((read, true)),
        }
        Ok((read, false))
    }

    fn give(&self, each: &mut dyn FnMut(Row<'_>) -> Result<(), Fault>) -> Result<(), Stop> {
        if self.cells > self.max_columns {
            return Err(Stop::Columns(self.max_columns));
        }
        let row = Row { text: &self.text[..self.filled], ends: &self.ends[..self.cells] };
        if let Some(at) = row.cells().position(|cell| cell.len() > self.max_cell) {
            return Err(Stop::Cell(at + 1, self.max_cell));
        }
        each(row).map_err(Stop::Fault)
    }
}
