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
use sluice_release::{Hold, HoldCode, Outcome, Passed};

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

/// Checks what the run left against the entry's rules, one rule after the other in the entry's order
/// and all of a rule before the next: which rule stops a run is all that its owner may learn.
pub fn check(entry: &Entry, run: &EndedRun, sealed: &Sealed) -> Result<Disclosure, Stop> {
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
    let mut disclosure = Disclosure::new();
    for (index, (rule, left)) in entry.output.iter().zip(ruled).enumerate() {
        left.check(rule, sealed, &mut disclosure)
            .map_err(|stop| stop.under(Rule::of(&entry.output, index)))?;
    }
    Ok(disclosure)
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
        rule: &Output,
        sealed: &Sealed,
        disclosure: &mut Disclosure,
    ) -> Result<(), Stop> {
        if let Some(irregular) = self.irregular {
            return Err(not_plain(irregular));
        }
        for file in &self.files {
            if key::reserved(&file.path) {
                let message = format!("{:?} is the name of a file of Sluice's own", file.path);
                return Err(Stop::content(Code::NameRefused, message));
            }
            let passed = content(rule, file, sealed)?;
            disclosure.insert(file.path.clone(), passed.disclosure);
        }
        if rule.required && self.files.is_empty() {
            let message = "the run left no file that matches this required output";
            return Err(Stop::content(Code::OutputMissing, message));
        }
        Ok(())
    }
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
        Err(Hold { code, message }) => Err(Stop::content(code, said(message))),
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
