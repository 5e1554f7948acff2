//! Jobs that run on this node and whose approval the set in force takes back.

use std::path::Path;

use rustix::process::geteuid;
use sluice_site::paths::{RUN, STATE};
use sluice_site::record::Record;
use sluice_site::sets::{SetError, Sets};
use sluice_site::{RevokedJobs, Site};
use sluice_sys::jobs::Jobs;
use time::OffsetDateTime;

use crate::exit::{Failure, Result};
use crate::{output, slurm};

/// Takes the published set in, so that its serial is remembered, and does with the running jobs that
/// it takes back what the site's policy says.
pub(super) fn apply(site: &Site) -> Result<()> {
    if !geteuid().is_root() {
        // Another user's place for sets is no node's.
        return Ok(());
    }
    let now = OffsetDateTime::now_utc();
    let sets = Sets::open(site, Path::new(STATE)).map_err(Failure::bad)?;
    let current = sets.current(now).map_err(Failure::bad)?;
    for job in running() {
        let stands = sets
            .serial(job.basis.serial, now)
            .and_then(|set| set.entry_under(&job.basis.entry, job.run.started, current.revoked()));
        let why = match (stands, current.revoked().digest(&job.basis.entry_digest)) {
            (Err(error @ SetError::Revoked { .. }), _) => error.to_string(),
            (_, Some(why)) => format!("the entry is revoked: {why}"),
            _ => continue,
        };
        let what =
            format!("job {} of {} runs {}; {why}", job.run.job, job.run.user, job.basis.entry);
        match site.policy.revoked_jobs {
            RevokedJobs::Leave => output::note(format_args!("{what}; its results will be held")),
            RevokedJobs::Cancel => {
                slurm::cancel(job.run.job)?;
                output::note(format_args!("{what}; it is cancelled"));
            }
        }
    }
    Ok(())
}

/// Records of the jobs that this node has admitted and that haven't ended.
fn running() -> Vec<Record> {
    let jobs = Jobs::below(Path::new(RUN));
    let names = jobs.names().unwrap_or_default().into_iter();
    names.filter_map(|name| Record::of_running(&jobs.dir(name)).ok().flatten()).collect()
}
