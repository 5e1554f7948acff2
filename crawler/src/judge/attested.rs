//! One attestation out of the spool, believed for its signature alone.

use std::{io, os::unix::ffi::OsStrExt};

use rustix::fs::OFlags;
use sluice_policy::attestation::{Envelope, Predicate, Run};
use sluice_site::{record::run_id, shared::spooled_job};
use sluice_sys::{
    beneath::{open_beneath, open_dir},
    jobs::Incarnation,
    read_limited,
};
use ssh_key::PublicKey;
use time::OffsetDateTime;

use crate::{
    config::Config,
    judge::ended::{Attestation, EndedRun, ResultFile, Source},
    outcome::{Code, Stop},
};

/// Upper bound of an attestation, in bytes.
const MAX_ATTESTATION: usize = 64 << 20;

/// Reads and verifies the spool's file `name`, and that it speaks about what its name says.
pub fn read(
    config: &Config,
    ca: &PublicKey,
    name: &str,
    now: OffsetDateTime,
) -> Result<EndedRun, Stop> {
    let bytes = spooled(config, name).map_err(|error| {
        Stop::hold(Code::AttestationUnreadable, format!("the attestation can't be read: {error}"))
    })?;
    verify(config, ca, name, bytes, now)
}

/// Verifies what was spooled as `name`.
pub fn verify(
    config: &Config,
    ca: &PublicKey,
    name: &str,
    bytes: Vec<u8>,
    now: OffsetDateTime,
) -> Result<EndedRun, Stop> {
    let envelope = Envelope::parse(&bytes).map_err(invalid)?;
    let statement = envelope.open(ca, now).map_err(invalid)?;
    let Predicate { run, basis, end, files, irregular, .. } = statement.predicate;
    let own = spooled_job(name, &config.site.cluster).ok_or_else(|| invalid("its name is none"))?;
    check(config, own, &run)?;
    let files = files.iter().map(ResultFile::new).collect::<Result<_, _>>()?;
    let node_key = envelope.signatures.into_iter().map(|signature| signature.keyid).collect();
    Ok(EndedRun {
        run_id: run.run_id.clone(),
        user: run.user.clone(),
        basis,
        run_dir: run.submitted_run_dir.clone(),
        sealed: run.sealed.clone(),
        ended: end.ended,
        files,
        irregular,
        source: Source::Attested(Box::new(Attestation { bytes, node_key, run, end })),
    })
}

fn spooled(config: &Config, name: &str) -> io::Result<Vec<u8>> {
    let file = open_beneath(open_dir(&config.spool)?, name.as_ref(), OFlags::RDONLY)?;
    read_limited(file, MAX_ATTESTATION)
}

/// A certified node may speak about its own runs, in the places that this site keeps them.
fn check(config: &Config, own: Incarnation, run: &Run) -> Result<(), Stop> {
    if run.cluster != config.site.cluster || (run.job, run.restart) != (own.job, own.restart) {
        return Err(invalid("it speaks about another job than its name"));
    }
    if run.sealed != config.site.sealed_run(own) {
        return Err(invalid("its sealed directory is not the job's"));
    }
    let name = run.submitted_run_dir.file_name().unwrap_or_default();
    if run.run_id != run_id(name.as_bytes(), &run.cluster, own) {
        return Err(invalid("its run id is not that of its run directory and job"));
    }
    if matches!(run.user.as_str(), "" | "." | "..") {
        return Err(invalid("its user has no name"));
    }
    Ok(())
}

fn invalid(why: impl std::fmt::Display) -> Stop {
    Stop::hold(Code::AttestationInvalid, format!("the attestation doesn't count: {why}"))
}
