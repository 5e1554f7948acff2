//! What goes wrong after a job. Nobody reads the stderr of what the epilog leaves running, so the audit
//! log is told, and `sluice check` what still waits.

use std::{fs, io::ErrorKind};

use anyhow::{Context, Error, Result};
use serde_json::{Value, json};
use sluice_site::{
    audit::{Audit, Event},
    paths::Roots,
    pending::Pending,
};
use sluice_sys::{
    atomic,
    beneath::open_dir,
    jobs::{Incarnation, RecordName},
};

/// A pending job can't be attested for now; that stands beside its record, too.
pub(crate) fn attest_failed(roots: &Roots, job: Incarnation, error: &Error) -> Result<()> {
    let (pending, why) = (roots.pending(), format!("{error:#}"));
    let name = Pending::failure_name(job);
    open_dir(pending.path())
        .and_then(|dir| atomic::replace(dir, &name, why.as_bytes(), 0o644))
        .with_context(|| pending.failure(job).display().to_string())?;
    append(roots, Event::AttestFailed, json!({"job": job.to_string(), "why": why}))
}

/// As far as is known it can be, again.
pub(crate) fn attest_mended(roots: &Roots, job: Incarnation) -> Result<()> {
    let note = roots.pending().failure(job);
    match fs::remove_file(&note) {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            Err(error).with_context(|| note.display().to_string())
        }
        _ => Ok(()),
    }
}

/// Nothing can be attested here as long as the configuration can't be read.
pub(crate) fn unconfigured(roots: &Roots, error: &Error) -> Result<()> {
    append(roots, Event::AttestFailed, json!({"why": format!("{error:#}")}))
}

/// Something that a job left stays where it is.
pub(crate) fn clear_failed(roots: &Roots, job: RecordName, error: &Error) -> Result<()> {
    let detail = json!({"job": job.to_string(), "why": format!("{error:#}")});
    append(roots, Event::ClearFailed, detail)
}

fn append(roots: &Roots, event: Event, detail: Value) -> Result<()> {
    let mut log = Audit::open(&roots.log.join("audit.jsonl"))?;
    log.append(event, detail, true)?;
    Ok(())
}
