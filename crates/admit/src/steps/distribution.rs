//! How a job's nodes come to what its steps need: the node that admitted it keeps that in its record,
//! and leaves it for the others beside the sealed run directory.

use std::fs::File;
use std::io::{self, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::path::Path;
use std::time::Duration;

use rustix::fs::{AtFlags, FlockOperation, Mode, OFlags, fchmod, flock, mkdirat, openat, unlinkat};
use rustix::io::Errno;
use sluice_policy::ticket::{authenticate_file, is_authentic_file};
use sluice_protocol::Code;
use sluice_site::Installed;
use sluice_sys::beneath::{open_beneath, open_dir};
use sluice_sys::identity::as_user;
use sluice_sys::jobs::JobDir;
use sluice_sys::trusted::{Trust, ensure_dir, open_trusted_file};
use sluice_sys::{atomic, read_limited};

use super::{Inside, Tree, ticket};
use crate::batch::Batch;
use crate::decide::Bundle;
use crate::job::Job;
use crate::pulse::Pulse;
use crate::record::unwritable;
use crate::refused::Refused;
use crate::store::Store;
use crate::undo::Undo;

/// Upper bound of [`JobDir::STEPS`], in bytes; beside the sealed run directory it has that name, too.
const MAX_BYTES: usize = 4 << 20;

/// Writes ticket and record into a record directory; the record last, since it is what counts.
pub(super) fn leave(dir: &Path, ticket: &str, bytes: &[u8]) -> Result<(), Refused> {
    let write = || -> io::Result<()> {
        let dir = open_dir(dir)?;
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::TRUNC | OFlags::CLOEXEC;
        let mut file = File::from(openat(&dir, JobDir::TICKET, flags, Mode::RUSR)?);
        file.write_all(ticket.as_bytes())?;
        // The job reads it; nobody else gets here.
        fchmod(&file, Mode::from_raw_mode(0o444))?;
        atomic::replace(&dir, JobDir::STEPS, bytes, 0o600)
    };
    write().map_err(|error| unwritable(dir, &error))
}

/// Where the job's other nodes find it: only the service account gets there.
pub(super) fn for_other_nodes<'a>(
    job: &'a Batch<'_>,
    key: &[u8],
    bytes: &[u8],
    undo: &mut Undo<'a>,
) -> Result<(), Refused> {
    let path = job.sealed_dir();
    let sealed = [authenticate_file(key, bytes).as_slice(), bytes].concat();
    let dir = job
        .user
        .serve(|| -> io::Result<OwnedFd> {
            let dir = open_dir(&path)?;
            atomic::write(&dir, JobDir::STEPS, &sealed, 0o600)?;
            Ok(dir)
        })?
        .map_err(|error| unwritable(&path, &error))?;
    undo.push(move || {
        let _ = job.user.serve(|| unlinkat(&dir, JobDir::STEPS, AtFlags::empty()));
    });
    Ok(())
}

/// What this node has of the job.
pub(super) fn on_node(dir: &JobDir) -> Result<Option<Inside>, Refused> {
    match open_trusted_file(&dir.join(JobDir::STEPS), Trust::SECRET) {
        Err(error) if error.is_missing() => Ok(None),
        Err(error) => Err(Refused::new(Code::InternalError, error)),
        Ok(file) => read_limited(file, MAX_BYTES)
            .and_then(|bytes| Ok(serde_json::from_slice(&bytes)?))
            .map(Some)
            .map_err(Refused::internal("the job's record")),
    }
}

/// What the node that admitted the job left for the others.
pub(super) fn elsewhere(job: &Job<'_>) -> Result<Option<Inside>, Refused> {
    const MAC: usize = 32;
    let (uid, gid) =
        job.site.service().map_err(|error| Refused::new(Code::ConfigurationInvalid, error))?;
    let path = job.sealed_dir();
    let found = as_user(uid, gid, || -> io::Result<Vec<u8>> {
        let file = open_beneath(open_dir(&path)?, Path::new(JobDir::STEPS), OFlags::RDONLY)?;
        read_limited(file, MAX_BYTES)
    });
    let bytes = match found.map_err(Refused::internal("the service account's identity"))? {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        bytes => bytes.map_err(Refused::internal("the job's record"))?,
    };
    let altered = || Refused::new(Code::InternalError, "the job's record was altered");
    let (mac, bytes) = bytes.split_at_checked(MAC).ok_or_else(altered)?;
    if !is_authentic_file(&ticket::key(job.roots)?, bytes, mac) {
        return Err(altered());
    }
    let inside: Inside = serde_json::from_slice(bytes).map_err(|_| altered())?;
    match inside.record.incarnation() == job.incarnation() {
        true => Ok(Some(inside)),
        false => Err(altered()),
    }
}

/// Makes this node one of the job's: its code in the store, its record in place.
pub(super) fn bring(
    inside: &mut Inside,
    ticket: &str,
    job: &Job<'_>,
    pulse: &mut Pulse,
) -> Result<(), Refused> {
    let store = Store::open(job.roots, &job.site.store)?;
    pulse.limit(Some(Duration::from_secs(job.site.store.cold_seconds)));
    let codes = inside.bundles.iter().zip([Code::BundleChanged, Code::RuntimeChanged]);
    let held = codes
        .map(|(Tree { source, image, digest, links }, changed)| {
            let installed = &Installed { at: source.clone(), image: image.clone() };
            let bundle = Bundle { installed, digest: *digest, links, set: None, changed };
            store.provide(&bundle, pulse)
        })
        .collect::<Result<Vec<_>, _>>()?;
    // Each node has a copy of its own.
    let images = inside.admission.binds.iter_mut().filter_map(|bind| bind.image.as_mut());
    for (image, own) in images.zip(held.iter().filter_map(|held| held.image.as_ref())) {
        *image = own.image.clone();
    }

    let incarnation = inside.record.incarnation();
    let jobs = job.roots.jobs();
    let dir = jobs.dir(incarnation.into());
    let fail = |error: &dyn std::fmt::Display| unwritable(dir.path(), error);
    let run = ensure_dir(&job.roots.run, 0o755, Trust::ROOT).map_err(|error| fail(&error))?;
    let jobs = ensure_dir(jobs.path(), 0o700, Trust::ROOT).map_err(|e| fail(&e))?;
    // Of several steps that come at once one does it.
    let flags = OFlags::RDWR | OFlags::CREATE | OFlags::CLOEXEC;
    let lock = openat(run, "steps.lock", flags, Mode::RUSR | Mode::WUSR).map_err(|e| fail(&e))?;
    flock(&lock, FlockOperation::LockExclusive).map_err(|error| fail(&error))?;
    if on_node(&dir)?.is_some() {
        return Ok(());
    }
    let name = incarnation.to_string();
    match mkdirat(&jobs, name.as_str(), Mode::RWXU) {
        Ok(()) | Err(Errno::EXIST) => {}
        Err(error) => return Err(fail(&error)),
    }
    let record =
        inside.record.to_json().map_err(|error| Refused::new(Code::InternalError, error))?;
    open_beneath(jobs.as_fd(), Path::new(&name), OFlags::DIRECTORY)
        .and_then(|dir| atomic::replace(&dir, JobDir::RECORD, &record, 0o600))
        .map_err(|error| fail(&error))?;
    let bytes = serde_json::to_vec(&*inside).map_err(|e| Refused::new(Code::InternalError, e))?;
    leave(dir.path(), ticket, &bytes)
}
