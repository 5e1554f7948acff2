//! The names of the columns. Messages name the rule's own words alone: a header's could be values.

use std::collections::HashMap;

use sluice_policy::entry::Output;

use super::{Dialect, cell, skeleton::Forbidden};
use crate::hold::{Fault, HoldCode};

/// Delimiters that no column's name has by accident. A comma may be in one, in a table of several.
const DELIMITERS: [char; 3] = [';', '\t', '|'];

/// Where a cell is.
#[derive(Clone, Copy)]
pub(super) struct Place {
    pub(super) row: u64,
    pub(super) column: usize,
}

impl Place {
    pub(super) fn fault(self, code: HoldCode, what: &str) -> Fault {
        Fault(code, format!("row {}, column {} {what}", self.row, self.column))
    }

    pub(super) fn active(self) -> Fault {
        let what = "begins like a formula, which a spreadsheet runs: write numbers, or put a \
                    letter in front";
        self.fault(HoldCode::ActiveContent, what)
    }
}

/// What a header cell with another delimiter is held for.
pub(super) fn delimiter(c: char, dialect: Dialect, place: Place) -> Fault {
    let what = format!("looks separated by {c:?}, not by {}", dialect.delimiters);
    place.fault(HoldCode::OtherDelimiter, &what)
}

/// Whether `byte`, where a cell should have ended, ends cells in a table of another kind.
pub(super) fn is_other_delimiter(byte: u8, dialect: Dialect) -> bool {
    let byte = char::from(byte);
    byte != char::from(dialect.delimiter) && (byte == ',' || DELIMITERS.contains(&byte))
}

/// Checks the header in row `row`.
pub(super) fn check(
    names: &[String],
    row: u64,
    rule: &Output,
    dialect: Dialect,
    forbidden: &Forbidden<'_>,
) -> Result<(), Fault> {
    let alone = names.len() == 1;
    let place = |index: usize| Place { row, column: index + 1 };
    let named = |name: &str| rule.columns.iter().any(|wanted| wanted == bare(name));
    let other = |name: &String| {
        let other = |c: char| DELIMITERS.contains(&c) || alone && c == ',';
        name.chars().find(|&c| other(c)).filter(|_| !named(name))
    };
    if let Some((index, c)) =
        names.iter().enumerate().find_map(|(at, name)| Some((at, other(name)?)))
    {
        return Err(delimiter(c, dialect, place(index)));
    }
    for (index, name) in names.iter().enumerate() {
        check_forbidden(name, alone, forbidden, place(index))?;
    }
    check_data(names, row, &named)?;
    let unnamed = |(index, name): (usize, &String)| {
        (bare(name).is_empty() || is_index(name)) && !(rule.row_names && index == 0)
    };
    if let Some(index) = names.iter().enumerate().position(unnamed) {
        return Err(place(index).fault(HoldCode::ColumnUnnamed, UNNAMED));
    }
    check_closed(names, row, rule)?;
    let mut seen = HashMap::new();
    for (index, name) in names.iter().enumerate() {
        if let Some(before) = seen.insert(bare(name), index + 1) {
            let what = format!("has the name of column {before}: give each a name of its own");
            return Err(place(index).fault(HoldCode::ColumnExtra, &what));
        }
        if cell::is_active(name) && !named(name) {
            return Err(place(index).active());
        }
    }
    Ok(())
}

/// Whether the first row is one of names. A name may be a year, or whatever number the rule names.
fn check_data(names: &[String], row: u64, named: &dyn Fn(&str) -> bool) -> Result<(), Fault> {
    let value = |name: &str| cell::is_number(name) || cell::is_date(name);
    let nothing = |name: &str| name.is_empty() || value(name);
    let year = |name: &str| name.len() == 4 && matches!(name.parse(), Ok(1800..=2199_u16));
    let foreign = || names.iter().map(|name| bare(name)).filter(|name| !named(name));
    let all = names.iter().all(|name| nothing(bare(name))) && foreign().next().is_some();
    if !all && !foreign().any(|name| value(name) && !year(name)) {
        return Ok(());
    }
    let what = format!(
        "row {row} looks like data: write a row of column names first, and name those that are \
         numbers in the rule's `columns`"
    );
    Err(Fault(HoldCode::HeaderMissing, what))
}

/// What helps a file that begins with lines of comment.
pub(super) const COMMENTS: &str =
    "with `comments = \"#\"` in the rule lines that start with # may stand above the header";

const UNNAMED: &str = "has no name: leave out what pandas and R put there (`index=False`, \
                       `row.names = FALSE`), name it, or ask for `row-names = true`";

/// Whether pandas gave the column its name, because it found none.
fn is_index(name: &str) -> bool {
    bare(name)
        .strip_prefix("Unnamed: ")
        .is_some_and(|rest| rest.bytes().all(|b| b.is_ascii_digit()))
}

const LEVELS: &str = ", and its first row looks like one of several header rows, as pandas writes a \
                      MultiIndex: write one row of names (`df.columns = [...]`, `reset_index()`)";

/// Whether a name comes several times in a row, as where columns have names above their names.
fn has_levels(names: &[String]) -> bool {
    names.windows(2).any(|pair| !bare(&pair[0]).is_empty() && bare(&pair[0]) == bare(&pair[1]))
}

fn check_closed(names: &[String], row: u64, rule: &Output) -> Result<(), Fault> {
    let has = |wanted: &str| names.iter().any(|name| bare(name) == wanted);
    if let Some(wanted) = rule.columns.iter().find(|wanted| !has(wanted)) {
        let hint = if has(&format!("#{wanted}")) {
            ", but one with # in front: ask for that in `columns`"
        } else if has_levels(names) {
            LEVELS
        } else {
            ""
        };
        return Err(Fault(HoldCode::ColumnMissing, format!("it has no column {wanted:?}{hint}")));
    }
    let row_names = |index: usize| rule.row_names && index == 0 && bare(&names[0]).is_empty();
    let extra = |&index: &usize| {
        let name = bare(&names[index]);
        let named = rule.columns.iter().any(|wanted| wanted == name);
        !(named && names[..index].iter().all(|before| bare(before) != name) || row_names(index))
    };
    if let Some(index) = (0..names.len()).find(extra).filter(|_| !rule.extra_columns()) {
        let what = "is none of the rule's `columns`, or a second one of them: leave it out, or ask for it \
                    there";
        return Err(Place { row, column: index + 1 }.fault(HoldCode::ColumnExtra, what));
    }
    Ok(())
}

pub(super) fn check_forbidden(
    name: &str,
    alone: bool,
    forbidden: &Forbidden<'_>,
    place: Place,
) -> Result<(), Fault> {
    match forbidden.find(name, alone) {
        Some(word) => {
            let what = format!("is or has {word:?}, which is forbidden: leave the column out");
            Err(place.fault(HoldCode::ColumnForbidden, &what))
        }
        None => Ok(()),
    }
}

/// A name without the spaces and quotes around it.
pub(super) fn bare(name: &str) -> &str {
    let around =
        |c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '`' | '\u{2018}'..='\u{201f}');
    name.trim_matches(around)
}
