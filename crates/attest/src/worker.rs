//! The worker: one job's incarnations from their end to their attestations. It may be killed at
//! any point; the pending record stays until the attestation is in the spool.

use std::{
    collections::BTreeSet,
    fs::{self, File},
    io::ErrorKind,
    path::Path,
};

use anyhow::{Context, Result};
use rustix::fs::{AtFlags, FlockOperation, OFlags, flock, unlinkat};
use sluice_site::{paths::Roots, shared::spooled};
use sluice_sys::{
    atomic, beneath,
    jobs::{Incarnation, pins},
};

use crate::{
    end::start_worker, host::Host, patience::Patience, report, results, slurm::Slurm, wait,
};

/// Attests every pending incarnation of `job` that this node admitted. One that can't be stays
/// pending and keeps no other waiting; the audit log and `sluice check` say why.
pub(crate) fn job(host: &Host, slurm: &impl Slurm, patience: &Patience, job: u32) -> Result<()> {
    let mut all = Ok(());
    let pending = host.roots.pending().jobs()?;
    for name in pending.into_iter().filter(|pending| pending.job == job) {
        let attested = attest(host, slurm, patience, name);
        let said = match &attested {
            Ok(()) => report::attest_mended(&host.roots, name),
            Err(error) => report::attest_failed(&host.roots, name, error),
        };
        all = all.and(attested.with_context(|| format!("job {name}"))).and(said);
    }
    all
}

/// Starts a worker for every job with a pending record.
pub(crate) fn resume(roots: &Roots) -> Result<()> {
    let jobs: BTreeSet<u32> = roots.pending().jobs()?.iter().map(|pending| pending.job).collect();
    jobs.into_iter().try_for_each(start_worker)
}

fn attest(host: &Host, slurm: &impl Slurm, patience: &Patience, name: Incarnation) -> Result<()> {
    let path = host.roots.pending().record(name);
    let Ok(lock) = File::open(&path) else { return Ok(()) };
    flock(&lock, FlockOperation::LockExclusive).context("lock")?;
    if !path.exists() {
        return Ok(());
    }
    let record = host.record(name)?;
    let (spool, spooled) = (host.site.spool(), spooled(&record.run.cluster, name));
    if !host.as_service(|| Ok(spool.join(&spooled).exists()))? {
        let state = wait::for_end(host, slurm, patience, &record)?;
        let envelope = results::attest(host, &record, state)?;
        host.as_service(|| {
            let spool = beneath::open_dir(&spool)?;
            atomic::write(&spool, &spooled, &envelope, 0o400).context("attestation spool")
        })?;
    }
    clean_up(host, name)?;
    fs::remove_file(&path).context("pending record")
}

/// Removes what the job needed while it ran.
fn clean_up(host: &Host, incarnation: Incarnation) -> Result<()> {
    let name = incarnation.to_string();
    host.as_service(|| {
        let running = beneath::open_dir(&host.site.running())?;
        if let Ok(dir) =
            beneath::open_beneath(&running, Path::new(&name), OFlags::RDONLY | OFlags::DIRECTORY)
        {
            for entry in rustix::fs::Dir::read_from(&dir)? {
                let entry = entry?;
                // "." and ".." are no files, and all else here is.
                let _ = unlinkat(&dir, entry.file_name(), AtFlags::empty());
            }
            unlinkat(&running, name.as_str(), AtFlags::REMOVEDIR).context("running record")?;
        }
        Ok(())
    })?;
    let dir = host.roots.jobs().dir(incarnation.into());
    pins::release(&dir);
    match fs::remove_dir_all(dir.path()) {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            Err(error).with_context(|| dir.path().display().to_string())
        }
        _ => Ok(()),
    }
}
