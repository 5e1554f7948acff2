//! Whether the signed entry lets these files out. One that it doesn't holds the whole run.

use std::{
    fs::File,
    io::{self, Read},
};

use sluice_policy::{
    attestation::IrregularFile,
    digest::{Digest, Hasher},
    entry::{Entry, Output, Rule, Rules},
};
use sluice_release::{Cells, Hold, HoldCode, MAX_COUNTS, Memory, Passed};

use crate::{
    judge::{
        ended::{EndedRun, ResultFile},
        figure::Drawing,
        released::Released,
        sealed::{Sealed, changed},
    },
    key,
    outcome::{Code, Stop},
};

/// What is said of a run whose files may leave.
#[derive(Default)]
pub(crate) struct Examined {
    /// What leaves, in the order of the run's files.
    pub(crate) released: Vec<Released>,
    /// Tables whose counts are compared with earlier ones.
    pub(crate) tables: Vec<Table>,
}

/// A table's counts.
#[derive(Debug)]
pub(crate) struct Table {
    /// The file's path.
    pub(crate) path: String,
    /// Which of the entry's rules lets it out.
    pub(crate) rule: usize,
    /// Its counts.
    pub(crate) cells: Cells,
}

/// Checks what the run left against the entry's rules, one rule after the other in the entry's order
/// and all of a rule before the next: which rule stops a run is all that its owner may learn.
pub(crate) fn check(
    entry: &Entry,
    run: &EndedRun,
    sealed: &Sealed,
    drawing: &Drawing<'_>,
) -> Result<Examined, Stop> {
    let rules = Rules::new(&entry.output);
    let mut ruled: Vec<Left<'_>> = entry.output.iter().map(|_| Left::default()).collect();
    for irregular in &run.irregular {
        match rules.rule_for(&irregular.path) {
            Some(rule) => ruled[rule].irregular = ruled[rule].irregular.or(Some(irregular)),
            None => return Err(not_plain(irregular)),
        }
    }
    for (at, file) in run.files.iter().enumerate() {
        match rules.rule_for(&file.path) {
            Some(rule) => ruled[rule].files.push((at, file)),
            None => {
                let message = format!("{:?} matches no output rule", file.path);
                return Err(Stop::content(Code::OutputUnlisted, message));
            }
        }
    }
    let looking = Looking { run, sealed, drawing };
    let mut released: Vec<Option<Released>> = run.files.iter().map(|_| None).collect();
    let mut tables = Vec::new();
    for (index, left) in ruled.into_iter().enumerate() {
        left.check((index, &entry.output[index]), &looking, &mut released, &mut tables)
            .map_err(|stop| stop.under(Rule::of(&entry.output, index)))?;
    }
    Ok(Examined { released: released.into_iter().flatten().collect(), tables })
}

/// What a run left under one rule.
#[derive(Default)]
struct Left<'a> {
    /// With their places among the run's files.
    files: Vec<(usize, &'a ResultFile)>,
    irregular: Option<&'a IrregularFile>,
}

impl Left<'_> {
    fn check(
        &self,
        (index, rule): (usize, &Output),
        looking: &Looking<'_>,
        released: &mut [Option<Released>],
        tables: &mut Vec<Table>,
    ) -> Result<(), Stop> {
        let mut memory = Memory::default();
        if let Some(irregular) = self.irregular {
            return Err(not_plain(irregular));
        }
        for &(at, file) in &self.files {
            let (leaves, cells) = looking.release((index, rule), file)?;
            released[at] = Some(leaves);
            if cells.counts() > 0 {
                let path = file.path.clone();
                // One run's files are released together.
                let compared = memory.add(&format!("{path:?}"), &cells);
                compared.map_err(|hold| refused(&path, hold))?;
                tables.push(Table { path, rule: index, cells });
                check_amount(tables)?;
            }
        }
        if rule.required && self.files.is_empty() {
            let message = "the run left no file that matches this required output";
            return Err(Stop::content(Code::OutputMissing, message));
        }
        Ok(())
    }
}

/// A run's files, and how its figures are drawn.
struct Looking<'a> {
    run: &'a EndedRun,
    sealed: &'a Sealed,
    drawing: &'a Drawing<'a>,
}

impl Looking<'_> {
    /// A file as it leaves under its rule, and its counts.
    fn release(
        &self,
        (rule, output): (usize, &Output),
        file: &ResultFile,
    ) -> Result<(Released, Cells), Stop> {
        if key::reserved(&file.path) {
            let message = format!("{:?} is the name of a file of Sluice's own", file.path);
            return Err(Stop::content(Code::NameRefused, message));
        }
        if !output.rasterise {
            let Passed { disclosure, cells } = content(output, file, self.sealed)?;
            let leaves = Released { file: file.clone(), rule, disclosure, drawn: None };
            return Ok((leaves, cells));
        }
        let name = key::picture(&file.path);
        let taken = |other: &ResultFile| {
            let rest = other.path.strip_prefix(&name);
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        if self.run.files.iter().any(taken) {
            let message = format!("a file has the name of the picture of {:?}", file.path);
            return Err(Stop::content(Code::NameRefused, message));
        }
        let (picture, drawn) = self.drawing.draw(output, file, self.sealed)?;
        let drawn = Some(drawn);
        let leaves = Released { file: picture, rule, disclosure: Vec::new(), drawn };
        Ok((leaves, Cells::default()))
    }
}

/// What a reviewer reads of a hold.
pub(crate) fn refused(path: &str, Hold { code, message }: Hold) -> Stop {
    let message = format!("{path:?}: {message}");
    match code {
        HoldCode::ReviewRequired => Stop::content(Code::NeedsReview, message),
        code => Stop::content(code, message),
    }
}

/// Whether all counts of a run can be compared with earlier ones.
fn check_amount(tables: &[Table]) -> Result<(), Stop> {
    if tables.iter().map(|table| table.cells.counts()).sum::<usize>() <= MAX_COUNTS {
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
    let mut bytes = Hashed::new(sealed.open(&file.path, file.bytes)?);
    match sluice_release::check(rule, &mut bytes, file.bytes) {
        Err(Hold { code: HoldCode::Unreadable, message }) => {
            Err(Stop::retry(Code::SealedUnreadable, format!("{:?}: {message}", file.path)))
        }
        // Said before reading.
        Err(hold) if file.bytes > rule.max_bytes => Err(refused(&file.path, hold)),
        _ if bytes.finish() != file.digest => Err(changed()),
        verdict => verdict.map_err(|hold| refused(&file.path, hold)),
    }
}

/// Hashes what is read through it.
pub(super) struct Hashed {
    file: File,
    hasher: Hasher,
}

impl Hashed {
    pub(super) fn new(file: File) -> Self {
        Self { file, hasher: Hasher::new() }
    }

    pub(super) fn finish(self) -> Digest {
        self.hasher.finish()
    }
}

impl Read for Hashed {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = self.file.read(buffer)?;
        self.hasher.update(&buffer[..length]);
        Ok(length)
    }
}
