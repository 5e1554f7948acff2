//! Rows, one at a time: by the csv crate's own parser where a quote stands, and else by line ends and
//! delimiters alone, which gives the same rows sooner.

use csv_core::ReadRecordResult;
use memchr::memchr2;
use sluice_policy::entry::Output;

use super::Dialect;
use crate::{
    hold::{Fault, HoldCode},
    row::Row,
};

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
    delimiter: u8,
    parser: csv_core::Reader,
    /// Whether the parser is inside a row.
    inside: bool,
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
            delimiter: dialect.delimiter,
            inside: false,
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
        mut text: &str,
        each: &mut dyn FnMut(Row<'_>) -> Result<(), Fault>,
    ) -> Result<(), Stop> {
        // To the parser nothing is the end of the file.
        while !text.is_empty() {
            let read = match self.plain_line(text) {
                Some(line) => {
                    self.split(line, each)?;
                    line.len()
                }
                None => self.step(text.as_bytes(), each)?.0,
            };
            text = &text[read..];
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

    /// The next line, if it is a row without quotes.
    fn plain_line<'t>(&self, text: &'t str) -> Option<&'t str> {
        let end = memchr2(b'\n', b'"', text.as_bytes()).filter(|_| !self.inside)?;
        (text.as_bytes()[end] == b'\n').then(|| &text[..=end])
    }

    /// Gives out a row without quotes, of which a blank line is none.
    fn split(
        &mut self,
        line: &str,
        each: &mut dyn FnMut(Row<'_>) -> Result<(), Fault>,
    ) -> Result<(), Stop> {
        let line = line.strip_suffix('\n').unwrap_or(line);
        let line = line.strip_suffix('\r').unwrap_or(line);
        if line.is_empty() {
            return Ok(());
        }
        self.ends.resize(self.ends.len().max(line.len() + 1), 0);
        let mut cells = 0;
        for (at, &byte) in line.as_bytes().iter().enumerate() {
            // No branches, for speed: what is no end is written over.
            self.ends[cells] = at;
            cells += usize::from(byte == self.delimiter);
        }
        self.ends[cells] = line.len();
        self.give(Row::new(line, &self.ends[..=cells], 1), each)
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
        self.inside = result != ReadRecordResult::Record;
        match result {
            ReadRecordResult::InputEmpty => {}
            ReadRecordResult::OutputFull => self.text.resize(self.text.len() * 2, 0),
            ReadRecordResult::OutputEndsFull if self.cells > self.max_columns => {
                return Err(Stop::Columns(self.max_columns));
            }
            ReadRecordResult::OutputEndsFull => self.ends.resize(self.ends.len() * 2, 0),
            ReadRecordResult::Record => {
                // Whatever the parser leaves out of a text, characters stay whole.
                let Ok(text) = std::str::from_utf8(&self.text[..self.filled]) else {
                    return Err(Stop::Fault(Fault(HoldCode::NotText, "it is no UTF-8".into())));
                };
                self.give(Row::new(text, &self.ends[..self.cells], 0), each)?;
                (self.filled, self.cells) = (0, 0);
            }
            ReadRecordResult::End => return Ok((read, true)),
        }
        Ok((read, false))
    }

    fn give(
        &self,
        row: Row<'_>,
        each: &mut dyn FnMut(Row<'_>) -> Result<(), Fault>,
    ) -> Result<(), Stop> {
        if row.len() > self.max_columns {
            return Err(Stop::Columns(self.max_columns));
        }
        // Only a long row has a long cell.
        if row.is_longer(self.max_cell)
            && let Some(at) = row.cells().position(|cell| cell.len() > self.max_cell)
        {
            return Err(Stop::Cell(at + 1, self.max_cell));
        }
        each(row).map_err(Stop::Fault)
    }
}

#[cfg(test)]
mod tests {
    use sluice_policy::entry::ContentKind;

    use super::*;

    type Rows = Vec<Vec<String>>;

    fn read(pieces: &[&str]) -> Rows {
        let rule = Output::new("x", ContentKind::Csv, 4096);
        let mut reader = Reader::new(Dialect::of(rule.kind), &rule);
        let mut rows = Rows::new();
        let mut each = |row: Row<'_>| {
            rows.push(row.cells().map(str::to_owned).collect());
            assert!(row.cells().enumerate().all(|(at, cell)| row.cell(at) == Some(cell)));
            Ok(())
        };
        let read = pieces.iter().try_for_each(|piece| reader.read(piece, &mut each));
        assert!(read.and_then(|()| reader.end(&mut each)).is_ok(), "{pieces:?}");
        rows
    }

    fn of_csv_crate(text: &str) -> Rows {
        let mut builder = csv::ReaderBuilder::new();
        let mut reader = builder.has_headers(false).flexible(true).from_reader(text.as_bytes());
        let rows = reader.records().map(|row| row.unwrap().iter().map(str::to_owned).collect());
        rows.collect()
    }

    /// All texts of a few signs, cut in two anywhere.
    #[test]
    fn rows_are_those_of_the_csv_crate() {
        const SIGNS: [&str; 6] = ["a", "ä", ",", "\"", "\n", "\r\n"];
        for number in 0..SIGNS.len().pow(5) {
            let sign = |at: u32| SIGNS[number / SIGNS.len().pow(at) % SIGNS.len()];
            let signs: Vec<_> = (0..5).map(sign).collect();
            let wanted = of_csv_crate(&signs.concat());
            for cut in 0..signs.len() {
                let (start, end) = signs.split_at(cut);
                let pieces = [start.concat(), end.concat()];
                assert_eq!(read(&[&pieces[0], &pieces[1]]), wanted, "{pieces:?}");
            }
        }
    }
}
