//! A bundle on disk: first surveyed, so that everything that can't be in one is named before hours
//! of hashing, then hashed. Paths are opened beneath the root's descriptor, so neither links nor
//! mounts lead elsewhere, whoever writes to the tree meanwhile.

mod hash;
mod survey;

use std::fs::File;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::path::Path;

use rustix::fs::{FileType, OFlags, Stat, Timespec, Timestamps, fstat, futimens};
use sluice_policy::manifest::ManifestError;
use sluice_sys::beneath;

pub use hash::hash;
pub use survey::{Survey, survey, walk};

/// What the survey says of one path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// Path below the root.
    pub path: String,
    /// What stands there.
    pub what: What,
}

/// What stands at a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// A directory.
    Directory,
    /// A regular file.
    File(Stamp),
    /// A symbolic link and its target.
    Link(String),
}

/// A file's identity and version, to notice that it has changed without reading it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stamp {
    /// Device.
    pub device: u64,
    /// Inode.
    pub inode: u64,
    /// Type and permission bits.
    pub mode: u32,
    /// Length in bytes.
    pub size: u64,
    /// Last modification, nanoseconds since the epoch.
    pub modified: i128,
    /// Last change of content or attributes, nanoseconds since the epoch.
    pub changed: i128,
}

/// Why a bundle can't be read.
#[derive(Debug, thiserror::Error)]
pub enum BundleError {
    /// The kernel said no.
    #[error("{path}: {source}")]
    Io {
        /// Path below the root; `.` for the root itself.
        path: String,
        /// What it said.
        source: io::Error,
    },
    /// Somebody writes to the tree.
    #[error("{0} changed while the bundle was read; take a tree that nobody writes to")]
    Changed(String),
    /// Too many entries.
    #[error(transparent)]
    Manifest(#[from] ManifestError),
}

impl BundleError {
    fn at(path: &str) -> impl Fn(rustix::io::Errno) -> Self + '_ {
        |error| Self::Io { path: path.into(), source: error.into() }
    }

    fn io(path: &str) -> impl Fn(io::Error) -> Self + '_ {
        |source| Self::Io { path: path.into(), source }
    }
}

impl Stamp {
    /// Of what `stat` tells.
    pub fn of(stat: &Stat) -> Self {
        let nanoseconds =
            |seconds: i64, rest: i64| i128::from(seconds) * 1_000_000_000 + i128::from(rest);
        Self {
            device: stat.st_dev,
            inode: stat.st_ino,
            mode: stat.st_mode,
            size: stat.st_size.cast_unsigned(),
            modified: nanoseconds(stat.st_mtime, stat.st_mtime_nsec.cast_signed()),
            changed: nanoseconds(stat.st_ctime, stat.st_ctime_nsec.cast_signed()),
        }
    }

    /// Whether the file's owner may execute it.
    pub fn is_executable(&self) -> bool {
        self.mode & 0o100 != 0
    }

    /// Gives a copy the original's time of modification: interpreters compare it with the one
    /// inside their compiled files.
    pub fn give_time(&self, copy: impl AsFd) -> rustix::io::Result<()> {
        const SECOND: i128 = 1_000_000_000;
        let modified = Timespec {
            tv_sec: self.modified.div_euclid(SECOND).try_into().unwrap_or_default(),
            tv_nsec: self.modified.rem_euclid(SECOND).try_into().unwrap_or_default(),
        };
        futimens(copy, &Timestamps { last_access: modified, last_modification: modified })
    }
}

/// Opens a surveyed file, which still has to be what the survey saw.
pub fn open_file(root: impl AsFd, path: &str, stamp: &Stamp) -> Result<File, BundleError> {
    let file = File::from(open(root, path, OFlags::empty()).map_err(BundleError::io(path))?);
    check_unchanged(&file, path, stamp)?;
    Ok(file)
}

/// Whether an open file is still what the survey saw; asked after its last byte was read.
pub fn check_unchanged(file: &File, path: &str, stamp: &Stamp) -> Result<(), BundleError> {
    let stat = fstat(file).map_err(BundleError::at(path))?;
    let regular = FileType::from_raw_mode(stat.st_mode) == FileType::RegularFile;
    match regular && Stamp::of(&stat) == *stamp {
        true => Ok(()),
        false => Err(BundleError::Changed(path.into())),
    }
}

/// Opens `path` beneath the root, crossing neither links nor mounts.
fn open(root: impl AsFd, path: &str, flags: OFlags) -> io::Result<OwnedFd> {
    let path = if path.is_empty() { "." } else { path };
    beneath::open_same_mount(root, Path::new(path), flags | OFlags::RDONLY)
}
