//! The worker: one job's incarnations from their end to their attestations. It may be killed at
//! any point; the pending record stays until the attestation is in the spool.

use std::{
    collections::BTreeSet,
    fs::{self, File},
    io::ErrorKind,
    path::Path,
    thread::sleep,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};
use rustix::fs::{AtFlags, FlockOperation, OFlags, flock, unlinkat};
use sluice_policy::attestation::{End, IrregularFile};
use sluice_site::{
    audit::{Audit, Event},
    collect::{Collected, collect},
    paths::Roots,
    record::Record,
    shared::spooled,
};
use sluice_sys::{
    atomic, beneath,
    jobs::{Incarnation, JobDir, pins},
};
use time::OffsetDateTime;

use crate::{
    end::{any_interfered, clear, report_done, start_worker},
    host::Host,
    slurm, statement,
    surrender::surrender,
};

/// A node that has not said it is done this long after the job's end is lost.
const LOST_AFTER: Duration = Duration::from_secs(600);
/// Slurm is asked again after this long, doubling up to [`SLOWEST`].
const FASTEST: Duration = Duration::from_millis(50);
/// As above.
const SLOWEST: Duration = Duration::from_secs(2);
/// A worker gives up after this long; the next start of slurmd resumes it.
const GIVE_UP: Duration = Duration::from_secs(24 * 3600);

/// The host, once its configuration can be read: jobs end whatever state that is in.
pub(crate) fn host() -> Result<Host> {
    let started = Instant::now();
    loop {
        match Host::load() {
            Err(_) if started.elapsed() < GIVE_UP => sleep(SLOWEST),
            loaded => return loaded,
        }
    }
}

/// Attests every pending incarnation of `job` that this node admitted. One that can't be stays
/// pending and keeps no other waiting; the audit log and `sluice check` say why, since nobody reads a
/// worker's stderr.
pub(crate) fn job(host: &Host, job: u32) -> Result<()> {
    let mut failed = Ok(());
    let pending = host.roots.pending();
    for name in pending.jobs()?.into_iter().filter(|pending| pending.job == job) {
        let note = pending.failure(name);
        if let Err(error) = attest(host, name) {
            let why = format!("{error:#}");
            fs::write(&note, &why).with_context(|| note.display().to_string())?;
            let detail = serde_json::json!({"job": name.to_string(), "why": why});
            Audit::open(&host.roots.log.join("audit.jsonl"))?.append(
                Event::AttestFailed,
                detail,
                true,
            )?;
            failed = Err(error).with_context(|| format!("job {name}"));
        } else if let Err(error) = fs::remove_file(&note)
            && error.kind() != ErrorKind::NotFound
        {
            failed = Err(error).with_context(|| note.display().to_string());
        }
    }
    failed
}

/// Starts a worker for every job with a pending record.
pub(crate) fn resume(roots: &Roots) -> Result<()> {
    let jobs: BTreeSet<u32> = roots.pending().jobs()?.iter().map(|pending| pending.job).collect();
    jobs.into_iter().try_for_each(start_worker)
}

fn attest(host: &Host, name: Incarnation) -> Result<()> {
    let path = host.roots.pending().record(name);
    let Ok(lock) = File::open(&path) else { return Ok(()) };
    flock(&lock, FlockOperation::LockExclusive).context("lock")?;
    if !path.exists() {
        return Ok(());
    }
    let record = host.record(name)?;
    let (spool, spooled) = (host.site.spool(), spooled(&record.run.cluster, name));
    if !host.as_service(|| Ok(spool.join(&spooled).exists()))? {
        let state = wait_for_end(host, &record)?;
        let envelope = settle(host, &record, state)?;
        host.as_service(|| {
            let spool = beneath::open_dir(&spool)?;
            atomic::write(&spool, &spooled, &envelope, 0o400).context("attestation spool")
        })?;
    }
    clean_up(host, name)?;
    fs::remove_file(&path).context("pending record")
}

/// Slurm's word for the end, once the job has wholly ended on every node.
fn wait_for_end(host: &Host, record: &Record) -> Result<String> {
    let started = Instant::now();
    let mut ended = None;
    let mut pause = FASTEST;
    loop {
        if ended.is_none() {
            // slurmctld may be away for a while.
            ended = slurm::ended(record.incarnation())
                .unwrap_or(None)
                .map(|state| (state, Instant::now()));
        }
        if let Some((state, at)) = &ended {
            // The epilog did this, unless it could not: an error is told by the lost node.
            let _ = leave(host, record);
            if host.as_service(|| all_done(host, record))? {
                return Ok(state.clone());
            }
            if at.elapsed() > LOST_AFTER {
                return Ok("NODE_LOST".into());
            }
        }
        if started.elapsed() > GIVE_UP {
            bail!("still not ended after a day");
        }
        sleep(pause);
        pause = (pause * 2).min(SLOWEST);
    }
}

/// This node's part in the end of the incarnation, if it is still to do.
fn leave(host: &Host, record: &Record) -> Result<()> {
    let name = record.incarnation();
    let reported = host.site.running().join(name.to_string()).join(&record.run.node);
    if host.as_service(|| Ok(reported.exists()))? {
        return Ok(());
    }
    clear(&host.roots, name.into())?;
    let interfered = host.roots.jobs().dir(name.into()).is_interfered();
    report_done(host, name, &record.run.node, interfered)
}

fn all_done(host: &Host, record: &Record) -> Result<bool> {
    let dir = host.site.running().join(record.incarnation().to_string());
    Ok(record.run.nodes.iter().all(|node| dir.join(node).exists()))
}

/// Takes the files over and signs what they are.
fn settle(host: &Host, record: &Record, state: String) -> Result<Vec<u8>> {
    let found = take_over(host, record)?;
    let end = End {
        ended: OffsetDateTime::now_utc(),
        exit_code: exit_code(&host.roots.jobs().dir(record.incarnation().into())),
        state,
        interfered: host.as_service(|| any_interfered(host, record))?,
    };
    statement::sign(host, record, &end, found)
}

/// The job's results, no longer the user's. A sealed directory that is gone, or that the job has
/// shut so that nobody else gets in, is attested as such: the run is then held in sight instead of
/// waiting for ever.
fn take_over(host: &Host, record: &Record) -> Result<Collected> {
    if host.as_service(|| Ok(is_missing(&record.run.sealed)))? {
        return Ok(nothing_but(record, "missing"));
    }
    let found = surrender(host, &record.run.sealed, record.run.uid, record.gid)
        .and_then(|()| host.as_service(|| Ok(collect(&record.run.sealed, &record.outputs)?)));
    match found {
        Err(error) if is_denied(&error) => Ok(nothing_but(record, "unreadable")),
        found => found.context("sealed run directory"),
    }
}

/// No file, and the sealed directory itself in their place.
fn nothing_but(record: &Record, what: &str) -> Collected {
    let path = record.run.sealed.to_string_lossy().into_owned();
    Collected { files: Vec::new(), irregular: vec![IrregularFile { path, what: what.into() }] }
}

/// Whether a right is missing. Nothing else counts: a file system that is away may come back.
fn is_denied(error: &anyhow::Error) -> bool {
    use rustix::io::Errno;
    let denied = |it: &(dyn std::error::Error + 'static)| {
        let errno = it.downcast_ref::<Errno>().copied();
        let errno = errno.or_else(|| Errno::from_io_error(it.downcast_ref()?));
        matches!(errno, Some(Errno::ACCESS | Errno::PERM))
    };
    error.chain().any(denied)
}

/// Only a plain "not there" counts: a file system that doesn't answer may come back.
fn is_missing(path: &Path) -> bool {
    path.symlink_metadata().is_err_and(|error| error.kind() == ErrorKind::NotFound)
}

/// The batch script's exit code, from the wait status that the plugin noted; 255 where it could
/// not, as when slurmstepd was killed.
fn exit_code(dir: &JobDir) -> i32 {
    let Some(status) = dir.exit_status() else { return 255 };
    match status & 0x7f {
        0 => status >> 8 & 0xff,
        signal => 128 + signal,
    }
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

#[cfg(test)]
mod tests {
    use sluice_sys::jobs::JobDir;

    use super::exit_code;

    #[test]
    fn exit_codes_are_the_shells() {
        let dir = tempfile::tempdir().unwrap();
        let dir = JobDir::at(dir.path());
        assert_eq!(exit_code(&dir), 255);
        let code = |status| {
            dir.note_exit(status).unwrap();
            exit_code(&dir)
        };
        assert_eq!(code(0), 0);
        assert_eq!(code(768), 3);
        assert_eq!(code(9), 137);
    }
}
