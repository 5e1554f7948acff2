//! Tables: a header and rows with as many columns as it has.

use sluice_policy::entry::Output;

use super::{
    Fault, HoldCode,
    disclosure::{Outcome, Rules},
};

/// Counts columns and rows while a table is read.
struct Shape {
    code: HoldCode,
    max_rows: u64,
    header: Option<u64>,
    row: u64,
    column: u64,
}

impl Shape {
    fn new(code: HoldCode, max_rows: Option<u64>) -> Self {
        Self { code, max_rows: max_rows.unwrap_or(u64::MAX), header: None, row: 1, column: 1 }
    }

    fn fault(&self, what: &str) -> Fault {
        Fault(self.code, format!("row {}, column {} {what}", self.row, self.column))
    }

    fn end_cell(&mut self) {
        self.column += 1;
    }

    fn end_row(&mut self) -> Result<(), Fault> {
        let header = *self.header.get_or_insert(self.column);
        if self.column != header {
            return Err(self.fault(&format!("ends the row; the header has {header} columns")));
        }
        if self.row - 1 > self.max_rows {
            let most = self.max_rows;
            return Err(Fault(HoldCode::TooManyRows, format!("it has more than {most} rows")));
        }
        (self.row, self.column) = (self.row + 1, 1);
        Ok(())
    }

    fn end(&self) -> Result<(), Fault> {
        match self.header {
            Some(_) => Ok(()),
            None => Err(self.fault("is missing: there is no header")),
        }
    }
}

/// The rows of a table, as its numbers' rules see them.
struct Rows<'a> {
    rule: &'a Output,
    numbers: Option<Rules<'a>>,
    cells: Vec<String>,
}

impl<'a> Rows<'a> {
    fn new(rule: &'a Output) -> Self {
        Self { rule, numbers: None, cells: Vec::new() }
    }

    /// Ends a row of `shape`.
    fn end_row(&mut self, shape: &mut Shape) -> Result<(), Fault> {
        let number = shape.row;
        shape.end_row()?;
        let cells = std::mem::take(&mut self.cells);
        if number == 1 {
            check_header(&cells, self.rule)?;
            let names: Vec<_> = cells.iter().map(|name| bare(name).to_owned()).collect();
            self.numbers = Rules::new(self.rule, &names)?;
        } else if let Some(numbers) = &mut self.numbers {
            numbers.row(number, &cells.iter().map(String::as_str).collect::<Vec<_>>())?;
        }
        Ok(())
    }

    fn end(self, shape: &Shape) -> Result<Vec<Outcome>, Fault> {
        shape.end()?;
        self.numbers.map_or(Ok(Vec::new()), Rules::end)
    }
}

pub(super) fn check_tsv(text: &str, rule: &Output) -> Result<Vec<Outcome>, Fault> {
    let header = text.lines().next().unwrap_or_default().split('\t').map(str::to_owned);
    let header: Vec<_> = header.collect();
    // TSV has no quotes; R and pandas write them all the same, and may then mean more by them.
    let unended = |name: &String| name.starts_with('"') && (name.len() < 2 || !name.ends_with('"'));
    if let Some(index) = header.iter().position(unended) {
        let what = format!("row 1, column {} has a quote that does not end", index + 1);
        return Err(Fault(HoldCode::NotTsv, what));
    }
    check_header(&header, rule)?;
    let mut shape = Shape::new(HoldCode::NotTsv, rule.max_rows);
    let mut rows = Rows::new(rule);
    for row in text.lines() {
        rows.cells = row.split('\t').map(str::to_owned).collect();
        rows.cells.iter().skip(1).for_each(|_| shape.end_cell());
        rows.end_row(&mut shape)?;
    }
    rows.end(&shape)
}

/// RFC 4180; line ends may be LF or CRLF.
pub(super) fn check_csv(text: &str, rule: &Output) -> Result<Vec<Outcome>, Fault> {
    let mut shape = Shape::new(HoldCode::NotCsv, rule.max_rows);
    let mut rest = text.as_bytes();
    let mut rows = Rows::new(rule);
    while !rest.is_empty() {
        let after = skip_cell(rest, &shape)?;
        rows.cells.push(name(&rest[..rest.len() - after.len()]));
        rest = after;
        match rest {
            [b',', after @ ..] => {
                shape.end_cell();
                rest = after;
                // A comma at the very end still has an empty cell behind it.
                if rest.is_empty() {
                    rows.cells.push(String::new());
                    rows.end_row(&mut shape)?;
                }
            }
            [b'\r', b'\n', after @ ..] | [b'\n', after @ ..] => {
                rows.end_row(&mut shape)?;
                rest = after;
            }
            [] => rows.end_row(&mut shape)?,
            _ => return Err(shape.fault("goes on after its closing quote")),
        }
    }
    rows.end(&shape)
}

/// A cell without the quotes of CSV.
fn name(cell: &[u8]) -> String {
    let text = String::from_utf8_lossy(cell);
    match text.strip_prefix('"').and_then(|text| text.strip_suffix('"')) {
        Some(inside) => inside.replace("\"\"", "\""),
        None => text.into_owned(),
    }
}

/// Delimiters that no column's name has by accident. A comma may be in one, in a table of several.
const DELIMITERS: &[char] = &[';', '\t', '|'];

/// Checks the names of the columns. A forbidden one is named by the rule's own word: the header's
/// could be a value.
fn check_header(header: &[String], rule: &Output) -> Result<(), Fault> {
    let alone = header.len() == 1;
    for (index, name) in header.iter().enumerate() {
        let other = |c: char| DELIMITERS.contains(&c) || alone && c == ',';
        if let Some(delimiter) = name.chars().find(|&c| other(c)) {
            let column = index + 1;
            let what = format!("row 1, column {column} has {delimiter:?}: other columns are in it");
            return Err(Fault(HoldCode::OtherDelimiter, what));
        }
    }
    for wanted in &rule.columns {
        if !header.iter().any(|name| bare(name) == wanted) {
            let what = format!("it has no column {wanted:?}");
            return Err(Fault(HoldCode::ColumnMissing, what));
        }
    }
    for (index, name) in header.iter().enumerate() {
        // One cell may be several columns for whoever reads it otherwise.
        let parts = name.split([',', '\n', '\r']).map(|part| bare(part).to_lowercase());
        let parts: Vec<_> = parts.chain([bare(name).to_lowercase()]).collect();
        let forbidden = |word: &&String| parts.contains(&bare(word).to_lowercase());
        if let Some(word) = rule.forbidden_columns.iter().find(forbidden) {
            let what = format!("row 1, column {} is {word:?}, which is forbidden", index + 1);
            return Err(Fault(HoldCode::ColumnForbidden, what));
        }
    }
    Ok(())
}

/// A name without the spaces and quotes around it.
fn bare(name: &str) -> &str {
    let around =
        |c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '`' | '\u{2018}'..='\u{201f}');
    name.trim_matches(around)
}

/// What stands behind the cell at the start of `rest`.
fn skip_cell<'a>(rest: &'a [u8], shape: &Shape) -> Result<&'a [u8], Fault> {
    let Some(mut inside) = rest.strip_prefix(b"\"") else {
        let ends = |&byte: &u8| matches!(byte, b',' | b'\n' | b'\r');
        let (cell, after) = rest.split_at(rest.iter().position(ends).unwrap_or(rest.len()));
        return match cell.contains(&b'"') {
            true => Err(shape.fault("has a quote inside an unquoted cell")),
            false => Ok(after),
        };
    };
    loop {
        match inside.iter().position(|&byte| byte == b'"').map(|at| &inside[at + 1..]) {
            None => return Err(shape.fault("has a quote that does not end")),
            Some([b'"', after @ ..]) => inside = after,
            Some(after) => return Ok(after),
        }
    }
}
