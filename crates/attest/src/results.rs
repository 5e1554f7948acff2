//! What an ended job left, and how it ended.

use std::{io::ErrorKind, path::Path};

use anyhow::{Context, Result};
use sluice_policy::attestation::{End, IrregularFile, JobState};
use sluice_site::{
    collect::{Collected, collect},
    record::Record,
};
use sluice_sys::jobs::JobDir;
use time::OffsetDateTime;

use crate::{
    done::{self, Ran},
    host::Host,
    statement,
    surrender::surrender,
};

/// Takes the files over and signs what they are.
pub(crate) fn attest(host: &Host, record: &Record, state: JobState) -> Result<Vec<u8>> {
    let found = take_over(host, record)?;
    let end = End {
        ended: OffsetDateTime::now_utc(),
        exit_code: exit_code(&host.roots.jobs().dir(record.incarnation().into())),
        state,
        interfered: host.as_service(|| done::ran(host, record))? == Ran::Less,
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
