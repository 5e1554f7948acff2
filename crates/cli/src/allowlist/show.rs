//! `sluice allowlist show`.

use std::path::Path;

use serde::Serialize;
use sluice_policy::digest::Digest;
use sluice_policy::entry::Entry;
use sluice_policy::set::{INDEX, REVOKED, entry_file};
use sluice_policy::time::format;
use time::OffsetDateTime;

use super::draft::Draft;
use super::shown;
use crate::exit::{Exit, Result};
use crate::output;

#[derive(Serialize)]
struct Set {
    serial: u64,
    issued: String,
    expires: String,
    expired: bool,
    signers: Vec<String>,
    entries: Vec<Line>,
    revoked: Vec<String>,
    revocation_signers: Vec<String>,
}

/// An entry, for people.
#[derive(Serialize)]
pub(super) struct Line {
    entry: String,
    /// Of the entry's file, which the signatures and the attestations of its runs name.
    entry_digest: String,
    /// Of the bundle.
    digest: String,
    runtime: Option<String>,
    runtime_digest: Option<String>,
    data: Vec<String>,
    /// Its release rules.
    outputs: Vec<String>,
    users: Vec<String>,
    approved_by: String,
    proposal: String,
    signers: Vec<String>,
}

pub(super) fn run(draft_of: Option<&Path>, json: bool) -> Result<Exit> {
    let published = Path::new(sluice_site::paths::ALLOWLIST).join("current");
    let draft = Draft::open(draft_of.unwrap_or(&published))?;
    let set = gather(&draft)?;
    if json {
        output::json(&set)?;
    } else {
        print(&set)?;
    }
    if draft_of.is_some() {
        output::note("whose signatures these really are, sluice allowlist verify tells");
    }
    Ok(Exit::Ok)
}

impl Line {
    pub(super) fn of(draft: &Draft, entry: Entry) -> Result<Self> {
        let file = entry_file(&entry.id());
        let runtime = entry.runtime.as_ref();
        Ok(Self {
            signers: draft.signers(&file)?,
            entry: entry.id(),
            entry_digest: Digest::of(&draft.read(&file)?).to_string(),
            digest: entry.digest.to_string(),
            runtime: runtime.map(|runtime| format!("{}@{}", runtime.name, runtime.version)),
            runtime_digest: runtime.map(|runtime| runtime.digest.to_string()),
            data: entry.data.into_iter().map(|data| data.name).collect(),
            outputs: entry.output.iter().map(shown::rule).collect(),
            users: entry.scope.users,
            approved_by: entry.approval.by,
            proposal: entry.approval.proposal,
        })
    }

    /// What it approves.
    pub(super) fn lines(&self) -> Vec<String> {
        let mut lines = vec![format!("digest   {}", self.digest)];
        let runtimes = self.runtime.iter().zip(&self.runtime_digest);
        lines.extend(runtimes.map(|(runtime, digest)| format!("runtime  {runtime} {digest}")));
        lines.push(format!("approval {} by {}", self.proposal, self.approved_by));
        lines.push(format!("         {}", self.entry_digest));
        lines.push(format!("data     {}", list(&self.data, "none")));
        lines.extend(self.outputs.iter().map(|rule| format!("output   {rule}")));
        lines.push(format!("users    {}", list(&self.users, "any")));
        lines
    }
}

fn gather(draft: &Draft) -> Result<Set> {
    let index = draft.index()?;
    let mut entries = Vec::new();
    for id in draft.entries()? {
        entries.push(Line::of(draft, draft.entry(&id)?)?);
    }
    let revoked = draft.revoked()?;
    let digests = revoked.digests.into_iter().map(|taken| (taken.digest.to_string(), taken.why));
    let keys = revoked.keys.into_iter().map(|taken| (taken.fingerprint, taken.why));
    Ok(Set {
        serial: index.serial,
        issued: format(index.issued),
        expires: format(index.expires),
        expired: index.expires <= OffsetDateTime::now_utc(),
        signers: draft.signers(INDEX)?,
        entries,
        revoked: digests.chain(keys).map(|(what, why)| format!("{what}: {why}")).collect(),
        revocation_signers: draft.signers(REVOKED)?,
    })
}

fn print(set: &Set) -> Result<()> {
    let verb = if set.expired { "expired" } else { "valid until" };
    output::line(format_args!(
        "serial {}, {verb} {}, {}",
        set.serial,
        set.expires,
        by(&set.signers)
    ))?;
    for line in &set.entries {
        output::line(format_args!("{}  {}", line.entry, by(&line.signers)))?;
        for line in line.lines() {
            output::line(format_args!("  {line}"))?;
        }
    }
    for taken in &set.revoked {
        output::line(format_args!("revoked {taken}, {}", by(&set.revocation_signers)))?;
    }
    Ok(())
}

pub(super) fn by(signers: &[String]) -> String {
    if signers.is_empty() { "unsigned".into() } else { format!("signed by {}", signers.join(", ")) }
}

fn list(names: &[String], none: &str) -> String {
    if names.is_empty() { none.into() } else { names.join(", ") }
}
