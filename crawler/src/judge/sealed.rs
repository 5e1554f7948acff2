//! The sealed run directory of an ended job, read without following anything.

use std::{
    fs::File,
    io,
    os::{fd::OwnedFd, unix::fs::MetadataExt},
    path::Path,
};

use rustix::fs::OFlags;
use sluice_sys::beneath::{open_dir, open_same_mount};

use crate::outcome::{Code, Stop};

/// An open sealed run directory.
pub struct Sealed(OwnedFd);

impl Sealed {
    /// Opens the directory; no component of its path may be a link.
    pub fn at(path: &Path) -> Result<Self, Stop> {
        open_dir(path).map(Self).map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => Stop::hold(
                Code::SealedMissing,
                format!("the sealed run directory {} is gone", path.display()),
            ),
            _ => unreadable(&path.display().to_string(), &error),
        })
    }

    /// Opens a result, which must be a regular file of `bytes` bytes under a single name.
    pub fn open(&self, path: &str, bytes: u64) -> Result<File, Stop> {
        let file = match open_same_mount(&self.0, Path::new(path), OFlags::RDONLY) {
            Ok(fd) => File::from(fd),
            Err(error) if is_ours(&error) => return Err(unreadable(path, &error)),
            Err(_) => return Err(changed()),
        };
        let found = file.metadata().map_err(|error| unreadable(path, &error))?;
        if !found.is_file() || found.nlink() != 1 || found.len() != bytes {
            return Err(changed());
        }
        Ok(file)
    }
}

/// A result that is not what was attested. Which one is not said: its name may be of the job's making,
/// and reaches the owner before any release.
pub fn changed() -> Stop {
    Stop::content(Code::OutputChanged, "a result is not what was attested")
}

/// A result that could not be read now.
pub fn unreadable(path: &str, error: &io::Error) -> Stop {
    Stop::retry(Code::SealedUnreadable, format!("{path:?} can't be read: {error}"))
}

/// Whether the error speaks about this host or the file system rather than about the name.
fn is_ours(error: &io::Error) -> bool {
    use rustix::io::Errno;
    let ours = [
        Errno::IO,
        Errno::STALE,
        Errno::MFILE,
        Errno::NFILE,
        Errno::NOMEM,
        Errno::AGAIN,
        Errno::ACCESS,
        Errno::PERM,
    ];
    Errno::from_io_error(error).is_some_and(|errno| ours.contains(&errno))
}
