//! Lines of comment above the header, which a rule may allow.

use sluice_policy::entry::Output;

use super::{Dialect, cell, header, skeleton::Forbidden};
use crate::hold::{Fault, HoldCode};

/// Most lines of comment.
const LINES: u64 = 1000;
/// How many times as long as a cell a line of comment may be.
const LENGTH: usize = 4;
const MARK: u8 = b'#';

/// Comments as far as they were read.
pub(super) struct Comments<'a> {
    rule: &'a Output,
    dialect: Dialect,
    forbidden: Forbidden<'a>,
    /// The line that is being read or was read last.
    line: String,
    ended: bool,
    count: u64,
}

impl<'a> Comments<'a> {
    pub(super) fn new(rule: &'a Output, dialect: Dialect) -> Self {
        let forbidden = Forbidden::new(&rule.forbidden_columns);
        Self { rule, dialect, forbidden, line: String::new(), ended: true, count: 0 }
    }

    /// Takes comments off the text; gives back what stands behind them.
    pub(super) fn take<'t>(&mut self, mut text: &'t str) -> Result<&'t str, Fault> {
        while let Some(&first) = text.as_bytes().first() {
            if self.ended {
                // Some programs write a blank line between their comments and the header.
                let blank = self.count > 0 && matches!(first, b'\r' | b'\n');
                if first != MARK && !blank {
                    return Ok(text);
                }
                self.begin()?;
            }
            let end = text.find('\n').map_or(text.len(), |at| at + 1);
            let (part, rest) = text.split_at(end);
            self.line.push_str(part);
            let most = LENGTH.saturating_mul(self.rule.max_cell_bytes() as usize);
            if self.line.len() > most {
                let what = format!("row {}, a comment, has more than {most} bytes", self.count);
                return Err(Fault(HoldCode::CellTooLong, what));
            }
            if part.ends_with('\n') {
                self.end()?;
            }
            text = rest;
        }
        Ok(text)
    }

    fn begin(&mut self) -> Result<(), Fault> {
        if self.count == LINES {
            let what = format!("it has more than {LINES} lines of comment");
            return Err(Fault(HoldCode::TooManyRows, what));
        }
        self.count += 1;
        self.ended = false;
        self.line.clear();
        Ok(())
    }

    /// Ends a line, with its line end or without. It may be a header, or one that programs skip.
    pub(super) fn end(&mut self) -> Result<(), Fault> {
        self.ended = true;
        for (index, name) in self.cells().iter().enumerate() {
            let place = header::Place { row: self.count, column: index + 1 };
            header::check_forbidden(name, false, &self.forbidden, place)?;
            if cell::is_active(name) && !self.rule.columns.contains(name) {
                return Err(place.active());
            }
        }
        Ok(())
    }

    pub(super) fn count(&self) -> u64 {
        self.count
    }

    /// The cells of the last line; a header is written without line ends and delimiters in quotes.
    pub(super) fn cells(&self) -> Vec<String> {
        if self.count == 0 {
            return Vec::new();
        }
        let delimiter = char::from(self.dialect.delimiter);
        let cells = self.line.trim_end_matches(['\r', '\n']).split(delimiter);
        cells.map(|cell| header::bare(cell).to_owned()).collect()
    }
}
