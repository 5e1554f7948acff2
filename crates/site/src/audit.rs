//! The audit log: one JSON object a line, each holding the hash of the one before.
//!
//! A log that has grown is rotated: the file is renamed after the number of its first line, and the
//! next one goes on with the chain. Whoever reads goes through all of them ([`read`]).

mod event;
mod line;
mod reader;
mod segments;

pub use event::Event;
pub use line::Line;
pub use reader::{Chain, Verified, read, verify};

use std::ffi::OsString;
use std::fs::File;
use std::io::{self, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};

use rustix::fs::{
    AtFlags, FlockOperation, Mode, OFlags, fdatasync, flock, fstat, fsync, openat, statat,
};
use rustix::io::Errno;
use rustix::process::geteuid;
use rustix::system::uname;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sluice_sys::trusted::{Trust, TrustError, check_file, ensure_dir};

use line::MAX_LINE;
use segments::Tail;

/// Size from which a file of the log is put aside, in bytes.
const MAX_SEGMENT: u64 = 64 << 20;

/// The end of a log: whoever knows it can tell whether the log was cut or changed before it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Head {
    /// Number of the last line, from 0.
    pub seq: u64,
    /// Its hash, 64 hex digits.
    pub hash: String,
}

/// Why the log can't be written, or doesn't hold.
#[derive(Debug, thiserror::Error)]
pub enum AuditError {
    /// The file isn't root's alone, or can't be opened.
    #[error("the audit log can't be used: {0}")]
    Untrusted(#[from] TrustError),
    /// It can't be read, written or synced.
    #[error("the audit log can't be written: {0}; is the file system full?")]
    Io(#[from] io::Error),
    /// A line was changed, or lines are missing.
    #[error("the audit log was altered at line {line}: {why}; keep a copy and start a new log")]
    Altered {
        /// Line of its file, from 1; 0 where it wasn't counted.
        line: u64,
        /// What doesn't fit.
        why: &'static str,
    },
    /// As above, and in which file.
    #[error("{file}: {source}", file = file.display())]
    In {
        /// Where.
        file: PathBuf,
        /// What.
        source: Box<AuditError>,
    },
    /// The detail is longer than a line may be.
    #[error("an audit line may have {MAX_LINE} bytes, this one has {0}")]
    TooLong(usize),
}

/// An open log.
pub struct Audit {
    dir: OwnedFd,
    name: OsString,
    path: PathBuf,
    file: File,
    host: String,
    max_segment: u64,
}

impl Audit {
    /// Opens a log, making it and its directory if they aren't there.
    pub fn open(path: &Path) -> Result<Self, AuditError> {
        let (Some(parent), Some(name)) = (path.parent(), path.file_name()) else {
            return Err(TrustError::Path { path: path.into() }.into());
        };
        let dir = ensure_dir(parent, 0o700, trust())?;
        let file = open(&dir, name, path)?;
        // Not out of /proc, which a hardened service doesn't see.
        let host = uname().nodename().to_string_lossy().into_owned();
        let (name, path) = (name.into(), path.into());
        Ok(Self { dir, name, path, file, host, max_segment: MAX_SEGMENT })
    }

    /// The same log, with lines under another host name: several nodes may share a machine.
    pub fn on(self, host: &str) -> Self {
        Self { host: host.into(), ..self }
    }

    /// The same log, whose files are put aside from another size on, in bytes.
    pub fn rotated_at(self, max_segment: u64) -> Self {
        Self { max_segment, ..self }
    }

    /// Appends an event; with `sync` it is on the disk when this returns.
    pub fn append(&mut self, event: Event, detail: Value, sync: bool) -> Result<Head, AuditError> {
        self.lock()?;
        let result = self.append_locked(event, &detail, sync);
        // An error here leaves the lock to the descriptor's end.
        let _ = flock(&self.file, FlockOperation::Unlock);
        let head = result?;
        self.witness(&head);
        Ok(head)
    }

    /// Puts the current file aside, whatever its size; an empty one stays.
    pub fn rotate(&mut self) -> Result<(), AuditError> {
        self.lock()?;
        let result = match self.file.metadata()?.len() {
            0 => Ok(()),
            _ => segments::put_aside(&self.dir, &self.name, &self.file),
        };
        let _ = flock(&self.file, FlockOperation::Unlock);
        result
    }

    /// Puts all lines appended so far on the disk: one sync for many.
    pub fn sync(&self) -> Result<(), AuditError> {
        Ok(fdatasync(&self.file).map_err(io::Error::from)?)
    }

    /// Locks the file that is the log's current one once the lock is there: whoever held it may
    /// have put it aside.
    fn lock(&mut self) -> Result<(), AuditError> {
        loop {
            flock(&self.file, FlockOperation::LockExclusive).map_err(io::Error::from)?;
            if is_current(&self.dir, &self.name, &self.file)? {
                return Ok(());
            }
            self.file = open(&self.dir, &self.name, &self.path)?;
        }
    }

    fn append_locked(
        &mut self,
        event: Event,
        detail: &Value,
        sync: bool,
    ) -> Result<Head, AuditError> {
        if self.file.metadata()?.len() >= self.max_segment {
            // What waits for a sync of its own waits in the file that goes.
            self.sync()?;
            segments::put_aside(&self.dir, &self.name, &self.file)?;
            self.lock()?;
        }
        let new = self.file.metadata()?.len() == 0;
        let Tail { mut head, torn, open } = self.tail()?;
        let mut bytes = Vec::new();
        if open {
            bytes.push(b'\n');
        }
        if torn > 0 {
            let detail = json!({"torn-bytes": torn});
            head = Some(line::write(&mut bytes, &self.host, head, Event::Recovered, &detail)?);
        }
        let head = line::write(&mut bytes, &self.host, head, event, detail)?;
        // One write: a crash tears at most what is written here.
        self.file.write_all(&bytes)?;
        if sync {
            fdatasync(&self.file).map_err(io::Error::from)?;
        }
        if new {
            fsync(&self.dir).map_err(io::Error::from)?;
        }
        Ok(head)
    }

    /// The end of the current file, or, as long as that is empty, of the one put aside last.
    fn tail(&self) -> Result<Tail, AuditError> {
        let tail = segments::tail(&self.file)?;
        if tail.head.is_some() || tail.torn > 0 {
            return Ok(tail);
        }
        let Some(name) = segments::aside(&self.dir, &self.name)?.pop() else { return Ok(tail) };
        let before = open_at(&self.dir, &name, OFlags::RDONLY)?;
        check_file(&before, &self.path.with_file_name(&name), trust())?;
        Ok(Tail { open: false, ..segments::tail(&before)? })
    }

    /// Tells the head to syslog, which may take it off the host; best effort, never waits.
    fn witness(&self, head: &Head) {
        const AUTHPRIV_INFO: u8 = 86;
        if let Ok(socket) = UnixDatagram::unbound() {
            let (host, log) = (&self.host, self.path.display());
            let text = format!(
                "<{AUTHPRIV_INFO}>sluice: audit head {host} {log} {} {}",
                head.seq, head.hash
            );
            let _ = socket.set_nonblocking(true);
            let _ = socket.send_to(text.as_bytes(), "/dev/log");
        }
    }
}

/// A log is its writer's alone.
fn trust() -> Trust {
    Trust::SECRET.or_owner(geteuid().as_raw())
}

fn open(dir: &OwnedFd, name: &std::ffi::OsStr, path: &Path) -> Result<File, AuditError> {
    let flags = OFlags::RDWR | OFlags::APPEND | OFlags::CREATE;
    let file = open_at(dir, name, flags)?;
    check_file(&file, path, trust())?;
    Ok(file)
}

fn open_at(dir: &OwnedFd, name: &std::ffi::OsStr, flags: OFlags) -> io::Result<File> {
    let flags = flags | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    Ok(openat(dir, name, flags, Mode::RUSR | Mode::WUSR)?.into())
}

/// Whether the name still stands for this file.
fn is_current(dir: &OwnedFd, name: &std::ffi::OsStr, file: impl AsFd) -> io::Result<bool> {
    let own = fstat(file)?;
    match statat(dir, name, AtFlags::SYMLINK_NOFOLLOW) {
        Ok(found) => Ok((found.st_dev, found.st_ino) == (own.st_dev, own.st_ino)),
        Err(Errno::NOENT) => Ok(false),
        Err(error) => Err(error.into()),
    }
}
