//! `sluice attest verify`: what ran, signed by the node it ran on, and whether files are what it made.

use std::collections::HashMap;
use std::fmt::Display;
use std::path::Path;

use serde::Serialize;
use sluice_policy::attestation::{Envelope, Predicate, Statement};
use sluice_policy::manifest::Kind;
use sluice_policy::time::format;
use ssh_key::PublicKey;
use time::OffsetDateTime;

use crate::args::job::AttestVerify;
use crate::exit::{Exit, Failure, Result};
use crate::{output, read, tree};

/// Upper bound of an attestation, in bytes.
pub(crate) const MAX_BYTES: usize = 64 << 20;
/// What the crawler puts beside the results: no result itself.
const BESIDE: [&str; 2] = ["attestation.json", "manifest.json"];

#[derive(Serialize)]
struct Report<'a> {
    statement: &'a Statement,
    files: Vec<Compared>,
}

/// A file and what the attestation says of it.
#[derive(Serialize)]
struct Compared {
    path: String,
    verdict: Verdict,
}

#[derive(Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
enum Verdict {
    Attested,
    Altered,
    NotAttested,
}

pub(crate) fn verify(args: &AttestVerify) -> Result<Exit> {
    let key = read::cluster_key(&args.cluster_key)?;
    let bytes = read::file(&args.attestation, MAX_BYTES)?;
    let statement = open(&bytes, &key, args.attestation.display())?;
    let files = match &args.files {
        Some(dir) => compare(&statement, dir)?,
        None => Vec::new(),
    };
    let good = files.iter().all(|file| file.verdict == Verdict::Attested);
    let report = Report { statement: &statement, files };
    if args.json {
        output::json(&report)?
    } else {
        show(&report)?
    }
    Ok(if good { Exit::Ok } else { Exit::NotAsItShould })
}

/// The statement of an attestation that stands in `place`, if it is rightly signed.
pub(crate) fn open(bytes: &[u8], key: &PublicKey, place: impl Display) -> Result<Statement> {
    Envelope::parse(bytes)
        .and_then(|envelope| envelope.open(key, OffsetDateTime::now_utc()))
        .map_err(|error| Failure::bad(format_args!("{place}: {error}")))
}

/// Everything below `dir` that isn't a directory against the attestation.
fn compare(statement: &Statement, dir: &Path) -> Result<Vec<Compared>> {
    let attested: HashMap<&str, &str> = statement
        .predicate
        .files
        .iter()
        .map(|file| (file.path.as_str(), file.sha256.as_str()))
        .collect();
    let found = tree::freeze(dir, &[])?;
    let judged = found.items().iter().filter_map(|item| {
        let verdict = match (&item.kind, attested.get(item.path.as_str())) {
            (Kind::Directory, _) => return None,
            _ if BESIDE.contains(&item.path.as_str()) => return None,
            (Kind::File { digest, .. }, Some(&hex)) if digest.hex() == hex => Verdict::Attested,
            (_, Some(_)) => Verdict::Altered,
            (_, None) => Verdict::NotAttested,
        };
        Some(Compared { path: item.path.clone(), verdict })
    });
    Ok(judged.collect())
}

fn show(report: &Report<'_>) -> Result<()> {
    let Predicate { run, basis, end, audit_head, .. } = &report.statement.predicate;
    let rows = [
        ("run", run.run_id.clone()),
        ("user", run.user.clone()),
        ("workflow", basis.entry.clone()),
        (
            "digest",
            match basis.bundle_image {
                Some(filesystem) => format!("{} of a {filesystem} image", basis.digest),
                None => basis.digest.to_string(),
            },
        ),
        ("approved by", format!("{}, allowlist {}", basis.signers.join(", "), basis.serial)),
        ("ran on", run.nodes.join(", ")),
        ("time", format!("{} to {}", format(run.started), format(end.ended))),
        ("ended as", format!("{}, exit code {}", end.state, end.exit_code)),
        ("audit log", format!("of {} at line {}", run.node, audit_head.seq)),
    ];
    for (name, value) in rows {
        output::line(format_args!("{name:<12} {value}"))?;
    }
    if let Some(at) = basis.bundle_hashed.into_iter().chain(basis.runtime_hashed).min() {
        output::line(format_args!("{:<12} {}", "code hashed", format(at)))?;
    }
    if end.interfered {
        output::line(format_args!("{:<12} a signal ended a step, or could have", "interfered"))?;
    }
    if let Some(code) = &run.held {
        output::line(format_args!("{:<12} it ran unapproved: {code}", "held"))?;
    }
    for Compared { path, verdict } in &report.files {
        let word = match verdict {
            Verdict::Attested => "attested",
            Verdict::Altered => "altered",
            Verdict::NotAttested => "not attested",
        };
        output::line(format_args!("{word:<12} {path}"))?;
    }
    Ok(())
}
