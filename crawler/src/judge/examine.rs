//! What can be said about a run before anything is sent: reading and judging, nothing else. It
//! runs on a thread of its own, since it hashes and may wait for a slow file system.

use std::{path::Path, sync::Arc};

use sluice_policy::entry::Entry;
use time::OffsetDateTime;

use crate::{
    config::Config,
    judge::{allowlist::Allowlist, attested::Attested, readiness, release, sealed::Sealed, weskit},
    outcome::Stop,
};

/// Whether the run succeeded, rests on what still stands, and WESkit is through with it.
pub(crate) fn admissible(
    config: &Config,
    allowlist: &Allowlist,
    run: &Attested,
    now: OffsetDateTime,
) -> Result<Arc<Entry>, Stop> {
    readiness::succeeded(&run.predicate)?;
    readiness::approved(&run.predicate)?;
    let approved = allowlist.entry(run)?;
    weskit::check(&config.site.runs, Path::new(&run.predicate.submitted_run_dir))
        .map_err(|stop| readiness::with_grace(stop, &run.predicate, now))?;
    Ok(approved)
}

/// Whether the entry's rules let the run's files out; reads all of them.
pub(crate) fn releasable(run: &Attested, approved: &Entry) -> Result<Sealed, Stop> {
    let sealed = Sealed::at(Path::new(&run.predicate.sealed))?;
    release::check(approved, run, &sealed)?;
    Ok(sealed)
}
