//! Files that only root (or one named account) can have changed: the file and every directory on
//! the way are checked on their descriptors.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::{Component, Path, PathBuf};

use rustix::fs::{CWD, FileType, Mode, OFlags, Stat, fchmod, fstat, mkdirat, openat};
use rustix::io::Errno;

use crate::read_limited;

/// Who may have written a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Trust {
    /// An account that is trusted beside root.
    also: Option<u32>,
    /// Nobody but the owner may read it.
    secret: bool,
}

impl Trust {
    /// Root alone writes, anybody may read.
    pub const ROOT: Self = Self { also: None, secret: false };
    /// Root alone writes and reads.
    pub const SECRET: Self = Self { also: None, secret: true };

    /// The same, with files of `uid` trusted as well.
    pub const fn or_owner(self, uid: u32) -> Self {
        Self { also: Some(uid), secret: self.secret }
    }

    fn owner_ok(self, uid: u32) -> bool {
        uid == 0 || self.also == Some(uid)
    }
}

/// Why a file isn't trusted.
#[derive(Debug, thiserror::Error)]
pub enum TrustError {
    /// It can't be opened or read.
    #[error("{path}: {source}", path = path.display())]
    Io {
        /// Where.
        path: PathBuf,
        /// What the kernel said.
        source: io::Error,
    },
    /// Another account could change it.
    #[error("{path} belongs to uid {uid}: give it to root with chown", path = path.display())]
    Owner {
        /// Where.
        path: PathBuf,
        /// Its owner.
        uid: u32,
    },
    /// Its permission bits let others in.
    #[error("{path} has mode {mode:04o}, too open: run chmod {remedy}", path = path.display())]
    Mode {
        /// Where.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
        /// Argument for chmod.
        remedy: &'static str,
    },
    /// It is something else than what is expected there.
    #[error("{path} is not a {wanted}", path = path.display())]
    Kind {
        /// Where.
        path: PathBuf,
        /// What should be there.
        wanted: &'static str,
    },
    /// The path is relative or climbs.
    #[error("{path} must be an absolute path without ..", path = path.display())]
    Path {
        /// Which.
        path: PathBuf,
    },
}

impl TrustError {
    /// Whether there simply is no such file.
    pub fn is_missing(&self) -> bool {
        matches!(self, Self::Io { source, .. } if source.kind() == io::ErrorKind::NotFound)
    }
}

/// Opens a regular file for reading; no component of the path may be a link.
pub fn open_trusted_file(path: &Path, trust: Trust) -> Result<OwnedFd, TrustError> {
    let (parent, name) = match (path.parent(), path.file_name()) {
        (Some(parent), Some(name)) => (parent, Path::new(name)),
        _ => return Err(TrustError::Path { path: path.into() }),
    };
    let dir = open_trusted_dir(parent, trust)?;
    let file = open_at(dir.as_fd(), name, OFlags::RDONLY | OFlags::NONBLOCK, path)?;
    check_file(&file, path, trust)?;
    Ok(file)
}

/// Opens a directory; no component of the path may be a link.
pub fn open_trusted_dir(path: &Path, trust: Trust) -> Result<OwnedFd, TrustError> {
    let mut components = path.components();
    if components.next() != Some(Component::RootDir) {
        return Err(TrustError::Path { path: path.into() });
    }
    let mut walked = PathBuf::from("/");
    let mut dir = open_at(CWD, &walked, OFlags::DIRECTORY, &walked)?;
    check_dir(dir.as_fd(), &walked, trust)?;
    for component in components {
        let Component::Normal(name) = component else {
            return Err(TrustError::Path { path: path.into() });
        };
        walked.push(name);
        dir = open_at(dir.as_fd(), Path::new(name), OFlags::DIRECTORY, &walked)?;
        check_dir(dir.as_fd(), &walked, trust)?;
    }
    Ok(dir)
}

/// Opens a directory, making what is missing of its path: the last part with `mode`, those above
/// it with 0755.
pub fn ensure_dir(path: &Path, mode: u32, trust: Trust) -> Result<OwnedFd, TrustError> {
    match open_trusted_dir(path, trust) {
        Err(error) if error.is_missing() => {}
        result => return result,
    }
    let (parent, name) = match (path.parent(), path.file_name()) {
        (Some(parent), Some(name)) => (parent, name),
        _ => return Err(TrustError::Path { path: path.into() }),
    };
    let parent = ensure_dir(parent, 0o755, trust)?;
    let made = match mkdirat(&parent, name, Mode::RWXU) {
        // Somebody was faster, and makes it fit.
        Err(Errno::EXIST) => return open_trusted_dir(path, trust),
        made => made.map_err(io::Error::from),
    };
    let io = |source| TrustError::Io { path: path.into(), source };
    made.map_err(io)?;
    let dir = open_at(parent.as_fd(), Path::new(name), OFlags::DIRECTORY, path)?;
    fchmod(&dir, Mode::from_raw_mode(mode)).map_err(|error| io(error.into()))?;
    Ok(dir)
}

/// Reads a root-owned file of at most `max` bytes.
pub fn read_trusted(path: &Path, max: usize) -> Result<Vec<u8>, TrustError> {
    let file = open_trusted_file(path, Trust::ROOT)?;
    read_limited(file, max).map_err(|source| TrustError::Io { path: path.into(), source })
}

/// Checks a file that is already open; `path` is for the message.
pub fn check_file(file: impl AsFd, path: &Path, trust: Trust) -> Result<(), TrustError> {
    let stat = stat_of(file.as_fd(), path)?;
    if FileType::from_raw_mode(stat.st_mode) != FileType::RegularFile {
        return Err(TrustError::Kind { path: path.into(), wanted: "regular file" });
    }
    check(&stat, path, trust)?;
    let mode = stat.st_mode & 0o7777;
    if trust.secret && mode & 0o077 != 0 {
        return Err(TrustError::Mode { path: path.into(), mode, remedy: "0400" });
    }
    Ok(())
}

/// Checks one directory that is open already, and not those above it.
pub fn check_dir(dir: BorrowedFd<'_>, path: &Path, trust: Trust) -> Result<(), TrustError> {
    check(&stat_of(dir, path)?, path, trust)
}

fn check(stat: &Stat, path: &Path, trust: Trust) -> Result<(), TrustError> {
    if !trust.owner_ok(stat.st_uid) {
        return Err(TrustError::Owner { path: path.into(), uid: stat.st_uid });
    }
    let mode = stat.st_mode & 0o7777;
    if mode & 0o022 != 0 {
        return Err(TrustError::Mode { path: path.into(), mode, remedy: "go-w" });
    }
    Ok(())
}

fn stat_of(fd: BorrowedFd<'_>, path: &Path) -> Result<Stat, TrustError> {
    fstat(fd).map_err(|error| TrustError::Io { path: path.into(), source: error.into() })
}

fn open_at(
    dir: BorrowedFd<'_>,
    name: &Path,
    flags: OFlags,
    path: &Path,
) -> Result<OwnedFd, TrustError> {
    let flags = flags | OFlags::NOFOLLOW | OFlags::CLOEXEC | OFlags::NOCTTY;
    openat(dir, name, flags, Mode::empty())
        .map_err(|error| TrustError::Io { path: path.into(), source: error.into() })
}
