//! Whether the signed entry lets these files out. One that it doesn't holds the whole run.

use std::{
    collections::BTreeMap,
    fs::File,
    io::{self, Read},
};

use sluice_policy::{
    attestation::IrregularFile,
    digest::Hasher,
    entry::{Entry, Output, Rule, Rules},
};
use sluice_release::{Cells, Hold, HoldCode, MAX_COUNTS, Memory, Outcome, Passed};

use crate::{
    judge::{
        ended::{EndedRun, ResultFile},
        sealed::{Sealed, changed},
    },
    key,
    outcome::{Code, Stop},
};

/// What was checked of the numbers in a run's files, by their paths.
pub type Disclosure = BTreeMap<String, Vec<Outcome>>;

/// What is said of a run whose files may leave.
#[derive(Debug, Default)]
pub struct Examined {
    /// What was checked.
    pub disclosure: Disclosure,
    /// Tables whose counts are compared with earlier ones.
    pub tables: Vec<Table>,
}

/// A table's counts.
#[derive(Debug)]
pub struct Table {
    /// The file's path.
    pub path: String,
    /// Which of the entry's rules lets it out.
    pub rule: usize,
    /// Its counts.
    pub cells: Cells,
}

/// Checks what the run left against the entry's rules, one rule after the other in the entry's order
/// and all of a rule before the next: which rule stops a run is all that its owner may learn.
pub fn check(entry: &Entry, run: &EndedRun, sealed: &Sealed) -> Result<Examined, Stop> {
    let rules = Rules::new(&entry.output);
    let mut ruled: Vec<Left<'_>> = entry.output.iter().map(|_| Left::default()).collect();
    for irregular in &run.irregular {
        match rules.rule_for(&irregular.path) {
            Some(rule) => ruled[rule].irregular = ruled[rule].irregular.or(Some(irregular)),
            None => return Err(not_plain(irregular)),
        }
    }
    for file in &run.files {
        match rules.rule_for(&file.path) {
            Some(rule) => ruled[rule].files.push(file),
            None => {
                let message = format!("{:?} matches no output rule", file.path);
                return Err(Stop::content(Code::OutputUnlisted, message));
            }
        }
    }
    let mut examined = Examined::default();
    for (index, left) in ruled.into_iter().enumerate() {
        left.check(entry, index, sealed, &mut examined)
            .map_err(|stop| stop.under(Rule::of(&entry.output, index)))?;
    }
    Ok(examined)
}

/// What a run left under one rule.
#[derive(Default)]
struct Left<'a> {
    files: Vec<&'a ResultFile>,
    irregular: Option<&'a IrregularFile>,
}

impl Left<'_> {
    fn check(
        &self,
        entry: &Entry,
        index: usize,
        sealed: &Sealed,
        examined: &mut Examined,
    ) -> Result<(), Stop> {
        let rule = &entry.output[index];
        let mut memory = Memory::default();
        if let Some(irregular) = self.irregular {
            return Err(not_plain(irregular));
        }
        for file in &self.files {
            if key::reserved(&file.path) {
                let message = format!("{:?} is the name of a file of Sluice's own", file.path);
                return Err(Stop::content(Code::NameRefused, message));
            }
            let Passed { disclosure, cells } = content(rule, file, sealed)?;
            examined.disclosure.insert(file.path.clone(), disclosure);
            if cells.counts() > 0 {
                let path = file.path.clone();
                // One run's files are released together.
                let compared = memory.add(&format!("{path:?}"), &cells);
                compared.map_err(|hold| refused(&path, hold))?;
                examined.tables.push(Table { path, rule: index, cells });
                check_amount(examined)?;
            }
        }
        if rule.required && self.files.is_empty() {
            let message = "the run left no file that matches this required output";
            return Err(Stop::content(Code::OutputMissing, message));
        }
        Ok(())
    }
}

/// What a file is held for.
pub fn refused(path: &str, Hold { code, message }: Hold) -> Stop {
    Stop::content(code, format!("{path:?}: {message}"))
}

/// Whether all counts of a run can be compared with earlier ones.
fn check_amount(examined: &Examined) -> Result<(), Stop> {
    if examined.tables.iter().map(|table| table.cells.counts()).sum::<usize>() <= MAX_COUNTS {
        return Ok(());
    }
    let message = format!("its tables have more than {MAX_COUNTS} counts, too many to compare");
    Err(Stop::content(HoldCode::Differencing, message))
}

fn not_plain(IrregularFile { path, what }: &IrregularFile) -> Stop {
    let what = in_words(what);
    Stop::content(Code::OutputIrregular, format!("{path:?} can't be released: {what}"))
}

/// What an attestation's word for something irregular means.
fn in_words(what: &str) -> &str {
    match what {
        "name" => "its name has bytes that can't be shown",
        "too-large" => "it is larger than the rule allows",
        "too-many" => "there are more results than one run may have",
        "hard-link" => "it is a file under another name as well",
        "missing" => "it is missing",
        other => other,
    }
}

/// The machine's verdict on the very bytes that were attested.
fn content(rule: &Output, file: &ResultFile, sealed: &Sealed) -> Result<Passed, Stop> {
    let source = sealed.open(&file.path, file.bytes)?;
    let mut bytes = Hashed { file: source, hasher: Hasher::new() };
    let verdict = sluice_release::check(rule, &mut bytes, file.bytes);
    let said = |message: String| format!("{:?}: {message}", file.path);
    match verdict {
        Err(Hold { code: HoldCode::Unreadable, message }) => {
            Err(Stop::retry(Code::SealedUnreadable, said(message)))
        }
        // Said before reading.
        Err(Hold { code, message }) if file.bytes > rule.max_bytes => {
            Err(Stop::content(code, said(message)))
        }
        _ if bytes.hasher.finish() != file.digest => Err(changed()),
        Err(Hold { code: HoldCode::ReviewRequired, message }) => {
            Err(Stop::content(Code::NeedsReview, said(message)))
        }
        Err(hold) => Err(refused(&file.path, hold)),
        Ok(passed) => Ok(passed),
    }
}

/// Hashes what is read through it.
struct Hashed {
    file: File,
    hasher: Hasher,
}

impl Read for Hashed {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = self.file.read(buffer)?;
        self.hasher.update(&buffer[..length]);
        Ok(length)
    }
}
