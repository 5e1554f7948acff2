//! Tables: a header and rows with as many cells as it has, read as every program reads them.
//!
//! A strict scan takes out what readers forgive in different ways; what is left is read as the csv
//! crate's own parser does. Nothing but one row is held in memory.

mod cell;
mod comments;
mod header;
mod reader;
mod rows;
mod scan;
mod skeleton;

use sluice_policy::entry::{ContentKind, Output};

use crate::{
    Passed,
    hold::{Fault, HoldCode},
    printable::Printable,
};
use comments::Comments;
use header::Place;
use reader::Reader;
use rows::Rows;
use scan::{Flaw, Scan};
pub(crate) use skeleton::{LONG, plain, same};

/// How a kind of table is written.
#[derive(Clone, Copy)]
struct Dialect {
    delimiter: u8,
    /// Whether quotes may hold delimiters, line ends and doubled quotes. Tabs between cells leave
    /// no need for them, and half of all readers of tsv take quotes for text.
    quotes: bool,
    /// What an ill-formed one is held for.
    code: HoldCode,
    /// What its delimiter is called.
    delimiters: &'static str,
}

impl Dialect {
    fn of(kind: ContentKind) -> Self {
        match kind {
            ContentKind::Tsv => {
                let code = HoldCode::NotTsv;
                Self { delimiter: b'\t', quotes: false, code, delimiters: "tabs" }
            }
            _ => {
                let code = HoldCode::NotCsv;
                Self { delimiter: b',', quotes: true, code, delimiters: "commas" }
            }
        }
    }
}

/// Checks a table against its rule; what was found of its numbers.
pub(crate) fn check(text: &mut Printable<'_, '_>, rule: &Output) -> Result<Passed, Fault> {
    let mut table = Table::new(rule);
    loop {
        match text.next()? {
            "" => return table.end(),
            piece => table.read(piece)?,
        }
    }
}

/// A table as far as it was read.
struct Table<'a> {
    dialect: Dialect,
    /// While lines of comment may still come.
    comments: Option<Comments<'a>>,
    scan: Scan,
    reader: Reader,
    rows: Rows<'a>,
}

impl<'a> Table<'a> {
    fn new(rule: &'a Output) -> Self {
        let dialect = Dialect::of(rule.kind);
        Self {
            dialect,
            comments: rule.comments.map(|_| Comments::new(rule, dialect)),
            scan: Scan::new(dialect),
            reader: Reader::new(dialect, rule),
            rows: Rows::new(rule, dialect),
        }
    }

    /// Reads on. `text` doesn't end between a carriage return and its line feed.
    fn read(&mut self, text: &str) -> Result<(), Fault> {
        let mut rest = text;
        if let Some(comments) = &mut self.comments {
            rest = comments.take(rest)?;
            if rest.is_empty() {
                return Ok(());
            }
            self.rows.follow(comments)?;
            self.comments = None;
        }
        let flaw = self.scan.scan(rest.as_bytes()).err();
        let sound = flaw.as_ref().map_or(rest.len(), |flaw| flaw.at);
        // What stands before a flaw is judged before it.
        let inside = self.scan.line_ends();
        let rows = &mut self.rows;
        self.reader
            .read(&rest[..sound], &mut |row| rows.row(row, inside))
            .map_err(|stop| stop.into_fault(rows.next()))?;
        match flaw {
            Some(flaw) => Err(self.fault(&flaw, rest.as_bytes().get(flaw.at).copied())),
            None => Ok(()),
        }
    }

    fn end(mut self) -> Result<Passed, Fault> {
        if let Some(mut comments) = self.comments.take() {
            comments.end()?;
            self.rows.follow(&comments)?;
        }
        if let Err(flaw) = self.scan.end() {
            return Err(self.fault(&flaw, None));
        }
        let inside = self.scan.line_ends();
        let rows = &mut self.rows;
        self.reader
            .end(&mut |row| rows.row(row, inside))
            .map_err(|stop| stop.into_fault(rows.next()))?;
        self.rows.end()
    }

    /// What a flaw is held for, which stands at `byte`.
    fn fault(&self, flaw: &Flaw, byte: Option<u8>) -> Fault {
        let place = Place { row: self.rows.next(), column: self.reader.column() };
        let row = place.row;
        let header = self.rows.is_empty();
        match flaw.code {
            HoldCode::SecondTable if header => {
                Fault(self.dialect.code, format!("row {row} is blank: write the header there"))
            }
            HoldCode::SecondTable => Fault(flaw.code, format!("row {row} {}", flaw.what)),
            // As R writes them: in quotes, whatever stands between.
            _ if header
                && byte.is_some_and(|byte| header::is_other_delimiter(byte, self.dialect)) =>
            {
                header::delimiter(byte.map_or(' ', char::from), self.dialect, place)
            }
            code if header && self.reader.starts_with(b'#') => {
                place.fault(code, &format!("{}; {}", flaw.what, header::COMMENTS))
            }
            code => place.fault(code, flaw.what),
        }
    }
}
