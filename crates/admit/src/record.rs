//! What is kept of an admitted job: on the node while it runs, and durably until it is attested.

use std::fs::File;
use std::io::{self, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::path::Path;

use rustix::fs::{AtFlags, Mode, OFlags, fchmod, mkdirat, openat, statat, unlinkat};
use rustix::io::Errno;
use rustix::rand::{GetRandomFlags, getrandom};
use sluice_policy::attestation::{Basis, Run};
use sluice_protocol::Code;
use sluice_site::pending::Pending;
use sluice_site::record::Record;
use sluice_site::shared::{RUNNING, SPOOL, spooled};
use sluice_sys::beneath::{open_beneath, open_dir};
use sluice_sys::jobs::JobDir;
use sluice_sys::trusted::{Trust, ensure_dir};
use sluice_sys::{atomic, tree};

use crate::batch::Batch;
use crate::decide::Approved;
use crate::refused::Refused;
use crate::seal;
use crate::store::Held;
use crate::undo::Undo;

/// Records an approved job; each part is taken back if a later one fails.
pub(crate) fn approved<'a>(
    job: &'a Batch<'_>,
    approved: &Approved,
    held: &[Held],
    sealed: &Path,
    undo: &mut Undo<'a>,
) -> Result<Record, Refused> {
    let entry = &approved.verified.entry;
    // In the order of `Approved::bundles`.
    let mut hashed = held.iter().map(|held| held.hashed);
    let mut image = held.iter().map(|held| Some(held.image.as_ref()?.image.filesystem));
    let basis = Basis {
        entry: approved.id.clone(),
        entry_digest: approved.verified.digest,
        serial: approved.set.serial(),
        digest: entry.digest,
        runtime_digest: approved.runtime.as_ref().map(|(_, digest)| *digest),
        bundle_image: image.next().flatten(),
        runtime_image: image.next().flatten(),
        bundle_hashed: hashed.next().flatten(),
        runtime_hashed: hashed.next().flatten(),
        signers: approved.verified.signers.clone(),
    };
    let record = Record {
        format: 1,
        run: run(job, sealed)?,
        basis,
        gid: job.user.gid,
        outputs: entry.output.clone(),
    };
    make(job, record, &approved.script, undo)
}

/// Records a job that isn't approved, whose results are held.
pub(crate) fn held<'a>(
    job: &'a Batch<'_>,
    refused: &Refused,
    script: &[u8],
    sealed: &Path,
    undo: &mut Undo<'a>,
) -> Result<Record, Refused> {
    let run = Run { held: Some(refused.code.into()), ..run(job, sealed)? };
    let record =
        Record { format: 1, run, basis: Basis::none(), gid: job.user.gid, outputs: Vec::new() };
    make(job, record, script, undo)
}

fn make<'a>(
    job: &'a Batch<'_>,
    record: Record,
    script: &[u8],
    undo: &mut Undo<'a>,
) -> Result<Record, Refused> {
    let json = record.to_json().map_err(|error| Refused::new(Code::InternalError, error))?;
    running(job, undo)?;
    on_node(job, &json, script, undo)?;
    pending(job, &json, undo)?;
    Ok(record)
}

fn run(job: &Batch<'_>, sealed: &Path) -> Result<Run, Refused> {
    let facts = &job.facts.job;
    Ok(Run {
        cluster: job.site.cluster.clone(),
        job: facts.id,
        restart: facts.restart,
        run_id: job.run_id(),
        node: job.facts.node.clone(),
        nodes: facts.nodes.clone(),
        user: job.user.name.clone(),
        uid: facts.uid,
        held: None,
        submitted_run_dir: job.drop_box.path().into(),
        sealed: sealed.into(),
        started: job.now,
        status_token: token()?,
    })
}

/// Nobody guesses 128 random bits.
fn token() -> Result<String, Refused> {
    let mut bytes = [0; 16];
    match getrandom(&mut bytes, GetRandomFlags::empty()) {
        Ok(length) if length == bytes.len() => {
            Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
        }
        _ => Err(Refused::new(Code::InternalError, "the kernel gives no random numbers")),
    }
}

/// The directory in which each node will say that it is done with the job.
fn running<'a>(job: &'a Batch<'_>, undo: &mut Undo<'a>) -> Result<(), Refused> {
    let name = job.incarnation().to_string();
    let path = job.site.running().join(&name);
    let running = job
        .user
        .serve(|| -> io::Result<OwnedFd> {
            let place = open_dir(&job.site.attestations)?;
            // An attestation of these numbers would be taken for this job's when it ends.
            let attested = spooled(&job.site.cluster, job.incarnation());
            match statat(&place, Path::new(SPOOL).join(attested), AtFlags::SYMLINK_NOFOLLOW) {
                Err(Errno::NOENT) => {}
                found => return Err(found.err().unwrap_or(Errno::EXIST).into()),
            }
            let running = seal::subdirectory(place, RUNNING)?;
            mkdirat(&running, name.as_str(), Mode::RWXU)?;
            Ok(running)
        })?
        .map_err(|error| not_made(&path, error))?;
    undo.push(move || {
        let _ = job.user.serve(|| unlinkat(&running, name.as_str(), AtFlags::REMOVEDIR));
    });
    Ok(())
}

/// Record and script on this node.
fn on_node<'a>(
    job: &'a Batch<'_>,
    json: &[u8],
    script: &[u8],
    undo: &mut Undo<'a>,
) -> Result<(), Refused> {
    let record = job.record();
    let name = job.incarnation().to_string();
    let jobs = own_directory(job.roots.jobs().path())?;
    let fail = |error: io::Error| not_made(record.path(), error);
    mkdirat(&jobs, name.as_str(), Mode::RWXU).map_err(|error| fail(error.into()))?;
    let dir = open_beneath(&jobs, Path::new(&name), OFlags::DIRECTORY).map_err(fail)?;
    undo.push(move || {
        let _ = tree::remove(&jobs, &name);
    });
    write_script_in(dir.as_fd(), script).map_err(fail)?;
    atomic::write(&dir, JobDir::RECORD, json, 0o600).map_err(fail)
}

/// The sealed copy of the script in a record that is there already.
pub(crate) fn write_script(record: &Path, script: &[u8]) -> io::Result<()> {
    write_script_in(open_dir(record)?, script)
}

fn write_script_in(dir: impl AsFd, script: &[u8]) -> io::Result<()> {
    let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::CLOEXEC;
    let mut file = File::from(openat(dir, JobDir::SCRIPT, flags, Mode::RUSR)?);
    file.write_all(script)?;
    Ok(fchmod(&file, Mode::from_raw_mode(0o555))?)
}

/// The copy that outlives a crash of the node.
fn pending<'a>(job: &'a Batch<'_>, json: &[u8], undo: &mut Undo<'a>) -> Result<(), Refused> {
    let pending = job.roots.pending();
    let name = Pending::name(job.incarnation());
    let dir = own_directory(pending.path())?;
    atomic::write(&dir, &name, json, 0o600).map_err(|error| not_made(pending.path(), error))?;
    undo.push(move || {
        let _ = unlinkat(&dir, name.as_str(), AtFlags::empty());
    });
    Ok(())
}

fn own_directory(path: &Path) -> Result<OwnedFd, Refused> {
    ensure_dir(path, 0o700, Trust::ROOT).map_err(|error| Refused::new(Code::StoreUnwritable, error))
}

fn not_made(path: &Path, error: io::Error) -> Refused {
    match error.kind() {
        io::ErrorKind::AlreadyExists => seal::already_there(path),
        _ => unwritable(path, &error),
    }
}

/// A record that can't be written.
pub(crate) fn unwritable(path: &Path, error: &dyn std::fmt::Display) -> Refused {
    Refused::new(Code::StoreUnwritable, format!("the job's record {}: {error}", path.display()))
}
