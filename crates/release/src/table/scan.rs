//! The strict scan: what readers forgive, each in its own way, doesn't get past it.

use memchr::{memchr, memchr_iter, memchr2};

use super::Dialect;
use crate::hold::HoldCode;

/// What is wrong with a text, and at which byte of it.
pub(super) struct Flaw {
    pub(super) at: usize,
    pub(super) code: HoldCode,
    pub(super) what: &'static str,
}

/// Where the scan is.
#[derive(Clone, Copy, PartialEq)]
enum State {
    RowStart,
    CellStart,
    /// In a cell without quotes.
    Plain,
    Quoted,
    /// Behind a quote inside a quoted cell: its end, or the first of two.
    Quote,
    /// Behind a blank line.
    Blank,
}

/// A scan as far as it came.
pub(super) struct Scan {
    dialect: Dialect,
    state: State,
    line_ends: u64,
}

impl Scan {
    pub(super) fn new(dialect: Dialect) -> Self {
        Self { dialect, state: State::RowStart, line_ends: 0 }
    }

    /// How many line ends stood inside cells.
    pub(super) fn line_ends(&self) -> u64 {
        self.line_ends
    }

    /// Scans on.
    pub(super) fn scan(&mut self, text: &[u8]) -> Result<(), Flaw> {
        let mut at = 0;
        while at < text.len() {
            at = match self.state {
                State::Quoted => self.quoted(text, at)?,
                State::Quote => self.behind_quote(text, at)?,
                State::Blank => {
                    let what = "is blank, and more rows follow: write one table to a file, \
                                without blank lines";
                    return Err(Flaw { at, code: HoldCode::SecondTable, what });
                }
                State::RowStart | State::CellStart | State::Plain => self.plain(text, at)?,
            };
        }
        Ok(())
    }

    pub(super) fn end(&self) -> Result<(), Flaw> {
        match self.state {
            State::Quoted => Err(self.flaw(0, "has a quote that does not end")),
            _ => Ok(()),
        }
    }

    fn flaw(&self, at: usize, what: &'static str) -> Flaw {
        Flaw { at, code: self.dialect.code, what }
    }

    /// Up to the next quote.
    fn plain(&mut self, text: &[u8], start: usize) -> Result<usize, Flaw> {
        let quote = memchr(b'"', &text[start..]).map(|at| start + at);
        let end = quote.unwrap_or(text.len());
        if let Some(after) = self.blank_line(text, start, end) {
            self.state = State::Blank;
            return Ok(after);
        }
        if end > start {
            self.state = match text[end - 1] {
                b'\n' => State::RowStart,
                byte if byte == self.dialect.delimiter => State::CellStart,
                _ => State::Plain,
            };
        }
        match quote {
            None => Ok(end),
            Some(_) if self.state == State::Plain => Err(self.flaw(
                end,
                "has a quote inside an unquoted cell: leave it out, or quote the whole cell",
            )),
            Some(at) => {
                self.state = State::Quoted;
                Ok(at + 1)
            }
        }
    }

    /// What stands behind the first blank line.
    fn blank_line(&self, text: &[u8], start: usize, end: usize) -> Option<usize> {
        let region = &text[start..end];
        let first = (self.state == State::RowStart).then_some(0);
        let rows = memchr_iter(b'\n', region).map(|at| at + 1);
        let blank = |&at: &usize| matches!(region[at..], [b'\n', ..] | [b'\r', b'\n', ..]);
        let at = first.into_iter().chain(rows).find(blank)?;
        let line_end = if region[at] == b'\r' { 2 } else { 1 };
        Some(start + at + line_end)
    }

    /// Up to the next quote inside quotes.
    fn quoted(&mut self, text: &[u8], start: usize) -> Result<usize, Flaw> {
        let quote = memchr(b'"', &text[start..]).map(|at| start + at);
        let inside = &text[start..quote.unwrap_or(text.len())];
        if !self.dialect.quotes
            && let Some(at) = memchr2(self.dialect.delimiter, b'\n', inside)
        {
            let what = "has quotes around a tab or a line end, which not every reader knows: \
                        leave these out of cells, or ask for csv";
            return Err(self.flaw(start + at, what));
        }
        self.line_ends += memchr_iter(b'\n', inside).count() as u64;
        match quote {
            None => Ok(text.len()),
            Some(at) => {
                self.state = State::Quote;
                Ok(at + 1)
            }
        }
    }

    fn behind_quote(&mut self, text: &[u8], at: usize) -> Result<usize, Flaw> {
        self.state = match text[at] {
            b'"' if self.dialect.quotes => State::Quoted,
            b'"' => {
                let what = "has a doubled quote, which not every reader of tsv knows: leave \
                            quotes out of cells, or ask for csv";
                return Err(self.flaw(at, what));
            }
            b'\n' => State::RowStart,
            // Its line feed follows, as in all that is printable.
            b'\r' => State::Plain,
            byte if byte == self.dialect.delimiter => State::CellStart,
            _ => {
                let what = "goes on after its closing quote: double the quotes inside a cell";
                return Err(self.flaw(at, what));
            }
        };
        Ok(at + 1)
    }
}
