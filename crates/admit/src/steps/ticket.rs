//! How a step shows that it comes from inside its job.

use sluice_policy::ticket::{Claims, KEY_BYTES, TicketError};
use sluice_protocol::Code;
use sluice_site::paths::Roots;
use sluice_site::record::Record;
use sluice_sys::read_limited;
use sluice_sys::trusted::{Trust, open_trusted_file};

use crate::job::Job;
use crate::refused::Refused;

/// The ticket of a job that is being admitted.
pub(super) fn issue(job: &Job<'_>, record: &Record, key: &[u8]) -> String {
    claims(job, record, &record.run.sealed.to_string_lossy()).issue(key)
}

/// The ticket that a step brought, if it is that of the job with this record.
pub(super) fn check<'a>(job: &Job<'a>, record: &Record) -> Result<&'a str, Refused> {
    let ticket = job.facts.ticket.as_deref().ok_or_else(|| {
        let message = "the step comes from outside its job; only the job's own srun, without \
                       --export=NONE, starts steps in it";
        Refused::new(Code::TicketMissing, message)
    })?;
    let sealed = record.run.sealed.to_string_lossy();
    claims(job, record, &sealed).check(&key(job.roots)?, ticket).map_err(|error| {
        let code = match error {
            TicketError::Forged => Code::TicketForged,
            TicketError::OtherJob => Code::TicketForeign,
            TicketError::Earlier => Code::TicketExpired,
        };
        Refused::new(code, format!("{error}; only the job's own srun starts steps in it"))
    })?;
    Ok(ticket)
}

/// What a ticket says: Slurm's own words, but for what only Sluice knows.
fn claims<'a>(job: &Job<'_>, record: &'a Record, sealed: &'a str) -> Claims<'a> {
    let job = &job.facts.job;
    Claims {
        cluster: &record.run.cluster,
        job: job.id,
        restart: job.restart,
        start: job.start_time,
        uid: job.uid,
        digest: record.basis.digest,
        sealed,
    }
}

/// The cluster's step key.
pub(super) fn key(roots: &Roots) -> Result<Vec<u8>, Refused> {
    let path = roots.etc.join("keys/steps");
    let broken = |why: String| Refused::new(Code::ConfigurationInvalid, format!("step key: {why}"));
    let file =
        open_trusted_file(&path, Trust::SECRET).map_err(|error| broken(error.to_string()))?;
    let key = read_limited(file, *KEY_BYTES.end()).map_err(|error| broken(error.to_string()))?;
    if key.len() < *KEY_BYTES.start() {
        return Err(broken(format!(
            "{} has less than {} bytes",
            path.display(),
            KEY_BYTES.start()
        )));
    }
    Ok(key)
}
