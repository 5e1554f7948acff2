//! Whether a run may be looked at for release: it succeeded, its entry stands, nothing was taken
//! back, and WESkit is through with it.

use sluice_policy::attestation::Predicate;
use sluice_site::sets::{SetError, Sets, VerifiedEntry, VerifiedSet};
use time::{Duration, OffsetDateTime};

use crate::{attested::Attested, outcome::Stop};

/// How long after its end a run may wait for WESkit's log.json.
const GRACE: Duration = Duration::seconds(60);

/// Only a job that Slurm and its own exit code call successful has results.
pub fn succeeded(run: &Predicate) -> Result<(), Stop> {
    if run.exit_code == 0 && run.state == "COMPLETED" {
        return Ok(());
    }
    Err(Stop::fail(
        "run-failed",
        format!("the job ended with exit code {} and Slurm's state {}", run.exit_code, run.state),
    ))
}

/// The entry that the run was admitted under, from the set of that time.
pub fn entry(sets: &Sets, run: &Predicate, now: OffsetDateTime) -> Result<VerifiedEntry, Stop> {
    let set = sets.serial(run.serial, now).map_err(|error| unavailable(run, &error))?;
    let entry = set.entry(&run.entry, now).map_err(|error| unavailable(run, &error))?;
    if entry.digest != run.entry_digest {
        return Err(Stop::hold(
            "entry-differs",
            format!("{} of set {} is not the entry that was attested", run.entry, run.serial),
        ));
    }
    Ok(entry)
}

/// Whether bundle, runtime, entry, their signers' keys and the node's key still stand.
pub fn not_revoked(set: &VerifiedSet, run: &Attested, now: OffsetDateTime) -> Result<(), Stop> {
    let Predicate { digest, runtime_digest, entry_digest, .. } = &run.predicate;
    let digests = [Some(digest), runtime_digest.as_ref(), Some(entry_digest)];
    let digest = digests.into_iter().flatten().find_map(|digest| set.revoked().digest(digest));
    if let Some(why) = digest.or(set.revoked().key(&run.node_key)) {
        return Err(Stop::hold("revoked", format!("what the run rests on was taken back: {why}")));
    }
    // The signers' keys are known to the set alone, so the entry has to be on the one in force.
    set.entry(&run.predicate.entry, now).map_err(|error| unavailable(&run.predicate, &error))?;
    Ok(())
}

fn unavailable(run: &Predicate, error: &SetError) -> Stop {
    let message = format!("the run's entry {} doesn't stand: {error}", run.entry);
    match error {
        SetError::State(_) => Stop::retry("allowlist-unavailable", message),
        SetError::Revoked { .. } => Stop::hold("revoked", message),
        _ => Stop::hold("entry-unavailable", message),
    }
}

/// Turns a hold into waiting while WESkit may still be writing.
pub fn with_grace(stop: Stop, run: &Predicate, now: OffsetDateTime) -> Stop {
    match stop {
        Stop::Hold(reason) if now < run.ended + GRACE => Stop::Wait(reason),
        other => other,
    }
}
