//! What can be said about a run before anything is sent: reading and judging, nothing else. It
//! runs on a thread of its own, since it hashes and may wait for a slow file system.

use std::sync::Arc;

use sluice_policy::entry::Entry;
use time::OffsetDateTime;

use crate::{
    config::Config,
    judge::{
        allowlist::Allowlist,
        ended::EndedRun,
        figure::Drawing,
        readiness,
        release::{self, Examined},
        sealed::Sealed,
        weskit,
    },
    outcome::Stop,
};

/// Whether the run succeeded, rests on what still stands, and WESkit is through with it.
pub(crate) fn admissible(
    config: &Config,
    allowlist: &Allowlist,
    run: &EndedRun,
    now: OffsetDateTime,
) -> Result<Arc<Entry>, Stop> {
    if let Some(attestation) = run.attestation() {
        readiness::succeeded(&attestation.end)?;
        readiness::approved(&attestation.run)?;
    }
    let approved = allowlist.entry(run)?;
    weskit::check(&config.site.runs, &run.run_dir)
        .map_err(|stop| readiness::with_grace(stop, run.ended, now))?;
    Ok(approved)
}

/// What of the run's files the entry's rules let out; reads all of them.
pub(crate) fn releasable(
    config: &Config,
    run: &EndedRun,
    approved: &Entry,
) -> Result<(Sealed, Examined), Stop> {
    let sealed = Sealed::at(&run.sealed)?;
    let drawing = Drawing::new(&config.renderer, &config.state);
    let examined = release::check(approved, run, &sealed, &drawing)?;
    Ok((sealed, examined))
}
