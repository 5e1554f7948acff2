//! `sluice allowlist diff`: what a set changes compared with another, before it is signed.

use std::collections::BTreeSet;
use std::path::Path;

use serde::Serialize;

use super::draft::Draft;
use super::published;
use crate::diff::text::unified;
use crate::exit::{Exit, Result};
use crate::output;
use sluice_policy::set::entry_file;

#[derive(Serialize)]
pub(super) struct Report {
    from: u64,
    to: u64,
    added: Vec<String>,
    removed: Vec<String>,
    /// Entries with other content, as unified diffs.
    changed: Vec<Changed>,
    revoked: Vec<String>,
    no_longer_revoked: Vec<String>,
}

#[derive(Serialize)]
struct Changed {
    entry: String,
    text: String,
}

impl Report {
    /// Each change in a line.
    pub(super) fn summary(&self) -> Vec<String> {
        let line = |verb: &'static str| move |what: &String| format!("{verb:<10} {what}");
        let changed = self.changed.iter().map(|it| &it.entry);
        let added = self.added.iter().map(line("added"));
        added
            .chain(self.removed.iter().map(line("removed")))
            .chain(changed.map(line("changed")))
            .chain(self.revoked.iter().map(line("revoked")))
            .chain(self.no_longer_revoked.iter().map(line("restored")))
            .collect()
    }
}

pub(super) fn run(set: &Path, against: Option<&Path>, json: bool) -> Result<Exit> {
    let (old, new) = (published::set(against)?, Draft::open(set)?);
    let report = compare(&old, &new)?;
    if json {
        output::json(&report)?;
    } else {
        print(&report, &new)?;
    }
    let same = report.added.is_empty()
        && report.removed.is_empty()
        && report.changed.is_empty()
        && report.revoked.is_empty()
        && report.no_longer_revoked.is_empty();
    Ok(if same { Exit::Ok } else { Exit::NotAsItShould })
}

pub(super) fn compare(old: &Draft, new: &Draft) -> Result<Report> {
    let (before, after): (BTreeSet<_>, BTreeSet<_>) =
        (old.entries()?.into_iter().collect(), new.entries()?.into_iter().collect());
    let mut changed = Vec::new();
    for entry in before.intersection(&after) {
        let file = entry_file(entry);
        let (old, new) = (old.read(&file)?, new.read(&file)?);
        if old != new {
            let text =
                unified(&file, &String::from_utf8_lossy(&old), &String::from_utf8_lossy(&new));
            changed.push(Changed { entry: entry.clone(), text });
        }
    }
    let (taken, now) = (revoked(old)?, revoked(new)?);
    Ok(Report {
        from: old.index()?.serial,
        to: new.index()?.serial,
        added: after.difference(&before).cloned().collect(),
        removed: before.difference(&after).cloned().collect(),
        changed,
        revoked: now.difference(&taken).cloned().collect(),
        no_longer_revoked: taken.difference(&now).cloned().collect(),
    })
}

fn revoked(set: &Draft) -> Result<BTreeSet<String>> {
    let revoked = set.revoked()?;
    let digests = revoked.digests.into_iter().map(|it| format!("{}: {}", it.digest, it.why));
    let keys = revoked.keys.into_iter().map(|it| format!("{}: {}", it.fingerprint, it.why));
    Ok(digests.chain(keys).collect())
}

fn print(report: &Report, new: &Draft) -> Result<()> {
    for id in &report.added {
        output::line(format_args!("added      {id}"))?;
        for line in String::from_utf8_lossy(&new.read(&entry_file(id))?).lines() {
            output::line(format_args!("+{line}"))?;
        }
    }
    for id in &report.removed {
        output::line(format_args!("removed    {id}"))?;
    }
    for Changed { entry, text } in &report.changed {
        output::line(format_args!("changed    {entry}"))?;
        for line in text.lines() {
            output::line(line)?;
        }
    }
    for (verb, lines) in [("revoked", &report.revoked), ("restored", &report.no_longer_revoked)] {
        for line in lines {
            output::line(format_args!("{verb:<10} {line}"))?;
        }
    }
    output::note(format_args!("serial {} -> {}", report.from, report.to));
    Ok(())
}
