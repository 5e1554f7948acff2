//! `sluice allowlist verify`: what a node checks, without stopping at the first problem.

mod check;
#[cfg(test)]
mod tests;

use std::path::Path;

use serde::Serialize;
use sluice_policy::signers::AllowedSigners;
use sluice_policy::time::format;
use sluice_site::{Policy, Site};
use time::OffsetDateTime;

use super::draft::Draft;
use crate::exit::{Exit, Failure, Result};
use crate::{output, read};

/// Upper bound of `allowed_signers` and of a configuration, in bytes.
const MAX_BYTES: usize = 1 << 20;

#[derive(Serialize)]
struct Report<'a> {
    serial: u64,
    expires: String,
    entries: usize,
    problems: &'a [String],
}

pub(super) fn run(set: &Path, keys: &Path, config: Option<&Path>, json: bool) -> Result<Exit> {
    let draft = Draft::open(set)?;
    let signers = signers(keys)?;
    let against = match config {
        Some(config) => Against::site(signers, &site(config)?),
        None => Against::anyone(signers),
    };
    let found = against.problems(&draft, OffsetDateTime::now_utc())?;
    let problems: Vec<String> = found.into_iter().map(|problem| problem.text).collect();
    let index = draft.index()?;
    let expires = format(index.expires);
    let entries = draft.entries()?.len();
    if json {
        output::json(&Report { serial: index.serial, expires, entries, problems: &problems })?;
        return Ok(if problems.is_empty() { Exit::Ok } else { Exit::NotAsItShould });
    }
    report(&problems)?;
    output::line(format_args!(
        "serial {}, {entries} entries, valid until {expires}: verified",
        index.serial
    ))?;
    Ok(Exit::Ok)
}

/// Reads `allowed_signers`.
pub(crate) fn signers(path: &Path) -> Result<AllowedSigners> {
    AllowedSigners::parse(&read::file(path, MAX_BYTES)?)
        .map_err(|error| Failure::configuration(format_args!("{}: {error}", path.display())))
}

/// Reads a configuration.
pub(crate) fn site(config: &Path) -> Result<Site> {
    Site::parse(&read::file(config, MAX_BYTES)?).map_err(Failure::configuration)
}

/// Prints what was found; anything found fails.
pub(super) fn report(problems: &[String]) -> Result<()> {
    problems.iter().for_each(output::note);
    if problems.is_empty() {
        return Ok(());
    }
    Err(Failure::bad(format_args!(
        "the set has {} problems; it is not fit to be put in force",
        problems.len()
    )))
}

/// Something that is not as it should be with the set, or with one of its entries.
#[derive(Debug)]
pub(super) struct Problem {
    pub(super) text: String,
    pub(super) kind: Kind,
    /// The entry; the set as a whole without one.
    pub(super) entry: Option<String>,
}

/// How far a problem reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A node refuses the set or the entry.
    Refused,
    /// It does because of what the same set takes back: no reason to hold that up.
    TakenBack,
    /// The entry is newer than this Sluice: its nodes refuse that one alone, so the set is not held up.
    TooNew,
    /// Whom this entry calls its approver hasn't signed it. Nodes don't ask: by what is in force
    /// already they go on.
    NotByApprover,
    /// Nodes don't ask, but whoever prepared the set left something undone.
    Undone,
}

/// What a set is held against.
pub(super) struct Against {
    signers: AllowedSigners,
    policy: Policy,
    min_serial: u64,
}

impl Against {
    /// What that site's nodes hold it against.
    pub(super) fn site(signers: AllowedSigners, site: &Site) -> Self {
        Self { signers, policy: site.policy.clone(), min_serial: site.min_serial }
    }

    /// Any signer may approve anything alone.
    fn anyone(signers: AllowedSigners) -> Self {
        let policy = Policy::any_of(&signers);
        Self { signers, policy, min_serial: 0 }
    }

    /// Everything for which a node refuses the set or one of its entries, and what else it lacks.
    pub(super) fn problems(&self, draft: &Draft, now: OffsetDateTime) -> Result<Vec<Problem>> {
        check::problems(self, draft, now)
    }
}
