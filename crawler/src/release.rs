//! Whether the signed entry lets these files out. One that it doesn't holds the whole run.

use std::{
    fs::File,
    io::{self, Read},
};

use sluice_policy::{
    attestation::IrregularFile,
    digest::Hasher,
    entry::{Entry, Output},
    release::{self, Hold, Rules},
};

use crate::{
    attested::{Attested, AttestedFile},
    key,
    outcome::Stop,
    sealed::{Sealed, changed},
};

/// Checks every attested file against the entry's rules, reading each to its end. Messages name the
/// rule, never the file: they reach the owner before any release, and the job chose the file's name.
pub fn check(entry: &Entry, run: &Attested, sealed: &Sealed) -> Result<(), Stop> {
    if let Some(irregular) = run.predicate.irregular.first() {
        let IrregularFile { path, what } = irregular;
        let rule = Rules::new(&entry.output).rule_for(path).and_then(|at| entry.output.get(at));
        let which = rule.map_or_else(String::new, |rule| format!(" of {:?}", rule.glob));
        return Err(Stop::hold(
            "output-irregular",
            format!("a result{which} can't be released: {}", in_words(what)),
        ));
    }
    for (rule, file) in rules(entry, &run.files)? {
        content(rule, file, sealed)?;
    }
    Ok(())
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

/// What can be said without opening a file.
fn rules<'a>(
    entry: &'a Entry,
    files: &'a [AttestedFile],
) -> Result<Vec<(&'a Output, &'a AttestedFile)>, Stop> {
    let rules = Rules::new(&entry.output);
    let mut met = vec![false; entry.output.len()];
    let mut ruled = Vec::new();
    for file in files {
        let rule = rules.rule_for(&file.path).and_then(|index| {
            met[index] = true;
            entry.output.get(index)
        });
        let rule = rule.ok_or_else(|| {
            Stop::hold("output-unlisted", "an attested file matches no output rule")
        })?;
        if key::reserved(&file.path) {
            return Err(Stop::hold(
                "name-refused",
                "an output has the name of a file of Sluice's own; name it otherwise",
            ));
        }
        ruled.push((rule, file));
    }
    if let Some((rule, _)) = entry.output.iter().zip(met).find(|(rule, met)| rule.required && !met)
    {
        return Err(Stop::hold(
            "output-missing",
            format!("the run left no file that matches the required output {:?}", rule.glob),
        ));
    }
    Ok(ruled)
}

/// The machine's verdict on the very bytes that were attested.
fn content(rule: &Output, file: &AttestedFile, sealed: &Sealed) -> Result<(), Stop> {
    let source = sealed.open(&file.path, file.bytes)?;
    let mut bytes = Hashed { file: source, hasher: Hasher::new() };
    let verdict = release::check(rule, &mut bytes, file.bytes);
    match verdict {
        Err(Hold { code: "unreadable", message }) => Err(Stop::retry("sealed-unreadable", message)),
        // Said before reading.
        Err(Hold { code: "too-large", message }) => Err(Stop::hold("too-large", message)),
        _ if bytes.hasher.finish() != file.digest => Err(changed()),
        Err(Hold { code: "review-required", message }) => {
            Err(Stop::content("needs-review", message))
        }
        Err(Hold { code, message }) => Err(Stop::content(code, message)),
        Ok(()) => Ok(()),
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
