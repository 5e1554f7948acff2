//! Whether a table's numbers are those of groups that are large enough. Messages name row and
//! column, never a value.

mod across;
mod blanks;
mod cell;
mod checks;
mod form;
mod groups;
mod judge;
mod label;
mod name;
mod outcome;
mod solve;
mod totals;

use std::collections::BTreeSet;

use sluice_policy::entry::{Contributors, Counts, Dominance, Output, Percent, stands_for};

use crate::{Fault, HoldCode, Passed, row::Row};
use blanks::Blanks;
use cell::{Cell, Decimal};
use form::Form;
use groups::Groups;
pub use outcome::Outcome;
use totals::{Beside, Found, Totals};

/// The rules of one output, while its table is read.
pub(crate) struct Rules<'a> {
    rule: &'a Output,
    counts: Option<(&'a Counts, Vec<Column>, Totals)>,
    percent: Option<(&'a Percent, Vec<Column>, Column)>,
    contributors: Option<(&'a Contributors, Column)>,
    dominance: Option<(&'a Dominance, Vec<Column>, Column)>,
    /// What its counts are of, if they are compared with earlier ones.
    groups: Option<Groups>,
    /// What a row's counts are, while it is looked at.
    found: Vec<Found>,
    /// Columns of numbers, and how each writes them.
    forms: Vec<(Column, Form)>,
    /// All columns, and how their cells have blanks around them.
    blanks: Vec<Blanks>,
}

/// A column of the table.
#[derive(Clone)]
struct Column {
    index: usize,
    name: String,
}

impl Column {
    fn cell<'c>(&self, cells: Row<'c>) -> &'c str {
        cells.cell(self.index).unwrap_or("no such cell")
    }

    fn fault(&self, code: HoldCode, row: u64, what: &str) -> Fault {
        Fault(code, format!("row {row}, column {} ({:?}) {what}", self.index + 1, self.name))
    }

    fn count(&self, row: u64, cells: Row<'_>, minimum: u64) -> Result<Cell<u64>, Fault> {
        cell::count(self.cell(cells), minimum).ok_or_else(|| {
            let what = cell::wrong_count(self.cell(cells), minimum);
            self.fault(HoldCode::CountInvalid, row, &what)
        })
    }

    fn decimal(&self, row: u64, cells: Row<'_>) -> Result<Cell<Decimal>, Fault> {
        cell::decimal(self.cell(cells)).ok_or_else(|| {
            let what = "has neither a plain number of 0 or more nor a word for a suppressed one; \
                        write no sign, exponent or `%`, and a point before decimals";
            self.fault(HoldCode::CountInvalid, row, what)
        })
    }
}

impl<'a> Rules<'a> {
    /// Finds the rule's columns in the header; none where it says nothing of numbers.
    pub(crate) fn new(rule: &'a Output, header: &[String]) -> Result<Option<Self>, Fault> {
        let Output { counts, percent, contributors, dominance, .. } = rule;
        let percent = match percent {
            Some(it) => Some((it, columns(&it.columns, header)?, column(&it.of, header)?)),
            None => None,
        };
        let contributors = match contributors {
            Some(it) => Some((it, column(&it.column, header)?)),
            None => None,
        };
        let dominance = match dominance {
            Some(it) => Some((it, columns(&it.largest, header)?, column(&it.total, header)?)),
            None => None,
        };
        let blanks = vec![Blanks::default(); header.len()];
        let (found, forms, groups) = (Vec::new(), Vec::new(), None);
        let mut rules = Self {
            rule,
            counts: None,
            percent,
            contributors,
            dominance,
            groups,
            found,
            forms,
            blanks,
        };
        let others = rules.others();
        let mut numbers: BTreeSet<usize> = others.iter().copied().collect();
        if let Some(counts) = counts {
            let columns = columns(&counts.columns, header)?;
            numbers.extend(columns.iter().map(|column| column.index));
            let no_count = |it: &&Column| columns.iter().all(|column| column.index != it.index);
            let persons = rules.contributors.as_ref().map(|(_, column)| column);
            let of = rules.percent.as_ref().map(|(.., of)| of);
            let amount = rules.dominance.as_ref().map(|(.., total)| total);
            let beside = Beside {
                all: persons.into_iter().chain(of).map(|column| column.index).collect(),
                persons: persons.filter(no_count).cloned(),
                amount: amount.filter(no_count).cloned(),
            };
            let percent = rules.percent.as_ref().map_or(&[][..], |(_, columns, _)| columns);
            let totals = Totals::new(&columns, percent, beside, header, &others);
            rules.groups = Groups::new(counts, &columns, header)?;
            rules.counts = Some((counts, columns, totals));
        }
        let column = |index: usize| Column { index, name: header[index].clone() };
        rules.forms = numbers.into_iter().map(|index| (column(index), Form::default())).collect();
        let any = rules.counts.is_some()
            || rules.percent.is_some()
            || rules.contributors.is_some()
            || rules.dominance.is_some();
        Ok(any.then_some(rules))
    }

    /// Columns of numbers that are no counts.
    fn others(&self) -> Vec<usize> {
        let percent = self.percent.iter().flat_map(|(_, columns, _)| columns);
        let contributors = self.contributors.iter().map(|(_, column)| column);
        let dominance =
            self.dominance.iter().flat_map(|(_, largest, all)| largest.iter().chain([all]));
        percent.chain(contributors).chain(dominance).map(|column| column.index).collect()
    }

    /// Checks a row; the header is number 1.
    pub(crate) fn row(&mut self, number: u64, cells: Row<'_>) -> Result<(), Fault> {
        for (index, (blanks, cell)) in self.blanks.iter_mut().zip(cells.cells()).enumerate() {
            blanks.fit(cell).map_err(|what| {
                let what = format!("row {number}, column {} {what}", index + 1);
                Fault(HoldCode::HiddenContent, what)
            })?;
        }
        if let Some((counts, columns, totals)) = &mut self.counts {
            let one = |cell: Cell<u64>| cell.shown().map(|value| (value, value));
            let found = &mut self.found;
            found.clear();
            for column in columns.iter() {
                found.push(one(checks::count(counts, column, number, cells)?));
            }
            if let Some(groups) = &mut self.groups {
                groups.row(number, |index| cells.cell(index).unwrap_or_default(), found)?;
            }
            if let Some((_, columns, of)) = &self.percent {
                checks::percent(counts, columns, of, number, cells, found)?;
            }
            let own = |column: &Column| columns.iter().any(|it| it.index == column.index);
            if let Some((contributors, column)) = &self.contributors
                && !own(column)
            {
                found.push(one(column.count(number, cells, contributors.minimum)?));
            }
            if let Some(column) = totals.amount.and_then(|it| totals.columns.get(it)) {
                found.push(column.decimal(number, cells)?.shown().map(Decimal::range));
            }
            totals.row(counts, number, cells, found)?;
        }
        if let Some((contributors, column)) = &self.contributors {
            let labels = self.forms.first().map_or(0, |(column, _)| column.index);
            checks::contributors(contributors, column, labels, number, cells)?;
        }
        if let Some((dominance, largest, total)) = &self.dominance {
            checks::dominance(dominance, largest, total, number, cells)?;
        }
        self.forms.iter_mut().try_for_each(|(column, form)| {
            let fault = |what: &str| column.fault(HoldCode::CountInvalid, number, what);
            form.fit(column.cell(cells)).map_err(fault)
        })
    }

    /// What was checked, once all rows have passed.
    pub(crate) fn end(self) -> Result<Passed, Fault> {
        if let Some((counts, _, totals)) = self.counts {
            totals.end(counts)?;
        }
        let cells = self.groups.map(Groups::end).unwrap_or_default();
        Ok(Passed { disclosure: outcome::all(self.rule), cells })
    }
}

/// The one column of this name.
fn column(name: &str, header: &[String]) -> Result<Column, Fault> {
    let mut found = header.iter().enumerate().filter(|(_, column)| *column == name);
    match (found.next(), found.next()) {
        (Some((index, _)), None) => Ok(Column { index, name: name.into() }),
        (Some(_), Some((second, _))) => {
            let what = format!("row 1, column {} is a second {name:?}", second + 1);
            Err(Fault(HoldCode::ColumnExtra, what))
        }
        (None, _) => Err(missing(name)),
    }
}

/// Those that one of the names stands for; a `*` at its end is any end.
fn columns(names: &[String], header: &[String]) -> Result<Vec<Column>, Fault> {
    for name in names {
        if !header.iter().any(|column| stands_for(name, column)) {
            return Err(missing(name));
        }
    }
    let found = header.iter().enumerate();
    let found = found.filter(|(_, column)| names.iter().any(|name| stands_for(name, column)));
    Ok(found.map(|(index, name)| Column { index, name: name.clone() }).collect())
}

fn missing(name: &str) -> Fault {
    Fault(HoldCode::ColumnMissing, format!("it has no column {name:?}"))
}
