//! The audit log: one JSON object a line, each holding the hash of the one before.

use std::fs::File;
use std::io::{self, BufRead, Read, Seek, SeekFrom, Write};
use std::os::unix::net::UnixDatagram;
use std::path::Path;

use rustix::fs::{FlockOperation, Mode, OFlags, fdatasync, flock, openat};
use rustix::process::geteuid;
use rustix::system::uname;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sluice_policy::digest::Digest;
use sluice_sys::trusted::{Trust, TrustError, check_file, ensure_dir};
use time::OffsetDateTime;

/// Upper bound of one line, in bytes.
const MAX_LINE: usize = 64 << 10;
/// `prev` of the first line.
const GENESIS: &str = "0000000000000000000000000000000000000000000000000000000000000000";
/// Length of `,"hash":"HEX"}`.
const HASH_SUFFIX: usize = 9 + 64 + 2;
/// Event that closes a line which a crash cut off.
const RECOVERED: &str = "recovered";

/// The end of a log: whoever knows it can tell whether the log was cut or changed before it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Head {
    /// Number of the last line, from 0.
    pub seq: u64,
    /// Its hash, 64 hex digits.
    pub hash: String,
}

/// What a whole log was found to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified {
    /// The last line; none in an empty log.
    pub head: Option<Head>,
    /// Lines, from 1, that crashes cut off.
    pub torn: Vec<u64>,
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
        /// Line, from 1; 0 where it wasn't counted.
        line: u64,
        /// What doesn't fit.
        why: &'static str,
    },
    /// The detail is longer than a line may be.
    #[error("an audit line may have {MAX_LINE} bytes, this one has {0}")]
    TooLong(usize),
}

/// An open log.
pub struct Audit {
    file: File,
    host: String,
}

/// The end of the file.
struct Tail {
    /// The last whole line.
    head: Option<Head>,
    /// Bytes of lines after it that crashes cut off.
    torn: usize,
    /// Whether the file doesn't end in a line feed.
    open: bool,
}

#[derive(Serialize)]
struct Body<'a> {
    seq: u64,
    time: &'a str,
    host: &'a str,
    event: &'a str,
    detail: &'a Value,
    prev: &'a str,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    seq: u64,
    #[serde(rename = "time")]
    _time: String,
    #[serde(rename = "host")]
    _host: String,
    event: String,
    #[serde(rename = "detail")]
    _detail: Value,
    prev: String,
    hash: String,
}

impl Audit {
    /// Opens a log, making it and its directory if they aren't there.
    pub fn open(path: &Path) -> Result<Self, AuditError> {
        let trust = Trust::SECRET.or_owner(geteuid().as_raw());
        let (Some(parent), Some(name)) = (path.parent(), path.file_name()) else {
            return Err(TrustError::Path { path: path.into() }.into());
        };
        let dir = ensure_dir(parent, 0o700, trust)?;
        let flags =
            OFlags::RDWR | OFlags::APPEND | OFlags::CREATE | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let file = openat(dir, name, flags, Mode::RUSR | Mode::WUSR).map_err(io::Error::from)?;
        check_file(&file, path, trust)?;
        // Not out of /proc, which a hardened service doesn't see.
        let host = uname().nodename().to_string_lossy().into_owned();
        Ok(Self { file: file.into(), host })
    }

    /// The same log, with lines under another host name: several nodes may share a machine.
    pub fn on(self, host: &str) -> Self {
        Self { host: host.into(), ..self }
    }

    /// Appends an event; with `sync` it is on the disk when this returns.
    pub fn append(&mut self, event: &str, detail: Value, sync: bool) -> Result<Head, AuditError> {
        flock(&self.file, FlockOperation::LockExclusive).map_err(io::Error::from)?;
        let result = self.append_locked(event, &detail, sync);
        // An error here leaves the lock to the descriptor's end.
        let _ = flock(&self.file, FlockOperation::Unlock);
        let head = result?;
        witness(&head);
        Ok(head)
    }

    /// Puts all lines appended so far on the disk: one sync for many.
    pub fn sync(&self) -> Result<(), AuditError> {
        Ok(fdatasync(&self.file).map_err(io::Error::from)?)
    }

    fn append_locked(
        &mut self,
        event: &str,
        detail: &Value,
        sync: bool,
    ) -> Result<Head, AuditError> {
        let Tail { mut head, torn, open } = self.tail()?;
        let mut bytes = Vec::new();
        if open {
            bytes.push(b'\n');
        }
        if torn > 0 {
            head = Some(self.line(&mut bytes, head, RECOVERED, &json!({"torn-bytes": torn}))?);
        }
        let head = self.line(&mut bytes, head, event, detail)?;
        // One write: a crash tears at most what is written here.
        self.file.write_all(&bytes)?;
        if sync {
            fdatasync(&self.file).map_err(io::Error::from)?;
        }
        Ok(head)
    }

    fn line(
        &self,
        bytes: &mut Vec<u8>,
        last: Option<Head>,
        event: &str,
        detail: &Value,
    ) -> Result<Head, AuditError> {
        let (seq, prev) = match last {
            Some(head) => (head.seq + 1, head.hash),
            None => (0, GENESIS.into()),
        };
        let time = sluice_policy::time::format(OffsetDateTime::now_utc());
        let body = Body { seq, time: &time, host: &self.host, event, detail, prev: &prev };
        let mut text = serde_json::to_string(&body).map_err(io::Error::from)?;
        text.pop();
        let hash = Digest::of(text.as_bytes()).hex();
        let length = text.len() + HASH_SUFFIX;
        if length > MAX_LINE {
            return Err(AuditError::TooLong(length));
        }
        bytes.extend_from_slice(text.as_bytes());
        writeln!(bytes, ",\"hash\":\"{hash}\"}}")?;
        Ok(Head { seq, hash })
    }

    fn tail(&mut self) -> Result<Tail, AuditError> {
        let length = self.file.metadata()?.len();
        let mut window = (2 * MAX_LINE as u64).min(length);
        loop {
            self.file.seek(SeekFrom::Start(length - window))?;
            let mut bytes = Vec::new();
            (&mut self.file).take(window).read_to_end(&mut bytes)?;
            // The first line of a window is a part only, unless the window is the file.
            let start = if window == length {
                0
            } else {
                bytes.iter().position(|byte| *byte == b'\n').map_or(bytes.len(), |at| at + 1)
            };
            let found = last_line(&bytes[start..])?;
            if found.head.is_some() || window == length {
                return Ok(found);
            }
            window = (2 * window).min(length);
        }
    }
}

fn last_line(bytes: &[u8]) -> Result<Tail, AuditError> {
    let mut tail = Tail { head: None, torn: 0, open: bytes.last().is_some_and(|b| *b != b'\n') };
    let mut end = bytes.len();
    while end > 0 {
        let start = bytes[..end - 1].iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
        let line = &bytes[start..end];
        match parse(line.strip_suffix(b"\n").unwrap_or(line)) {
            Ok(None) => tail.torn += line.len(),
            Ok(Some(line)) => {
                tail.head = Some(Head { seq: line.seq, hash: line.hash });
                break;
            }
            Err(why) => return Err(AuditError::Altered { line: 0, why }),
        }
        end = start;
    }
    Ok(tail)
}

/// A line; none if it is cut off, an error if it is whole but was changed.
fn parse(bytes: &[u8]) -> Result<Option<Line>, &'static str> {
    let Ok(line) = serde_json::from_slice::<Line>(bytes) else { return Ok(None) };
    let hashed = bytes.len().checked_sub(HASH_SUFFIX).map(|at| bytes.split_at(at));
    match hashed {
        Some((body, suffix))
            if suffix == format!(",\"hash\":\"{}\"}}", line.hash).as_bytes()
                && Digest::of(body).hex() == line.hash =>
        {
            Ok(Some(line))
        }
        _ => Err("its hash doesn't fit"),
    }
}

/// Checks a whole log from its first line.
pub fn verify(mut log: impl BufRead) -> Result<Verified, AuditError> {
    let mut verified = Verified { head: None, torn: Vec::new() };
    let mut closed = true;
    for number in 1.. {
        let altered = |why| AuditError::Altered { line: number, why };
        let mut bytes = Vec::new();
        if (&mut log).take(MAX_LINE as u64 + 1).read_until(b'\n', &mut bytes)? == 0 {
            break;
        }
        let text = bytes.strip_suffix(b"\n").unwrap_or(&bytes);
        let Some(line) = parse(text).map_err(altered)? else {
            verified.torn.push(number);
            closed = false;
            continue;
        };
        let (seq, prev) = match &verified.head {
            Some(head) => (head.seq + 1, head.hash.as_str()),
            None => (0, GENESIS),
        };
        if line.seq != seq || line.prev != prev {
            return Err(altered("it doesn't follow the line before"));
        }
        if !closed && line.event != RECOVERED {
            return Err(altered("the line before is damaged, not cut off by a crash"));
        }
        closed = true;
        verified.head = Some(Head { seq: line.seq, hash: line.hash });
    }
    Ok(verified)
}

/// Tells the head to syslog, which may take it off the host; best effort, never waits.
fn witness(head: &Head) {
    const AUTHPRIV_INFO: u8 = 86;
    if let Ok(socket) = UnixDatagram::unbound() {
        let text = format!("<{AUTHPRIV_INFO}>sluice: audit head {} {}", head.seq, head.hash);
        let _ = socket.set_nonblocking(true);
        let _ = socket.send_to(text.as_bytes(), "/dev/log");
    }
}
