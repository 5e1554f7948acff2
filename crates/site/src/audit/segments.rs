//! The files of a log: the current one, and those put aside, named after their first line's number.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::FileExt;
use std::path::Path;

use rustix::fs::{Dir, RenameFlags, fsync, renameat_with};

use super::line::{MAX_LINE, parse};
use super::{AuditError, Head};

/// Digits of a number in a file's name: sorted by name is sorted by number.
const DIGITS: usize = 12;
/// Bytes from the end of a file in which its last whole line usually begins.
const USUAL_TAIL: u64 = 4096;

/// The end of a file.
pub(super) struct Tail {
    /// The last whole line.
    pub(super) head: Option<Head>,
    /// Bytes of lines after it that crashes cut off.
    pub(super) torn: usize,
    /// Whether the file doesn't end in a line feed.
    pub(super) open: bool,
}

/// Names of the files put aside, oldest first: `audit-000000000042.jsonl` of `audit.jsonl`.
pub(super) fn aside(dir: &OwnedFd, name: &OsStr) -> io::Result<Vec<OsString>> {
    let (stem, extension) = parts(name);
    let mut names = Vec::new();
    for item in Dir::read_from(dir)? {
        let item = item?;
        let number = item
            .file_name()
            .to_bytes()
            .strip_prefix(stem)
            .and_then(|rest| rest.strip_prefix(b"-")?.strip_suffix(extension));
        if number.is_some_and(|it| it.len() == DIGITS && it.iter().all(u8::is_ascii_digit)) {
            names.push(OsStr::from_bytes(item.file_name().to_bytes()).to_owned());
        }
    }
    names.sort();
    Ok(names)
}

/// Renames the current file, which the caller has locked.
pub(super) fn put_aside(dir: &OwnedFd, name: &OsStr, file: &File) -> Result<(), AuditError> {
    let (stem, extension) = parts(name);
    let mut aside = OsString::from(OsStr::from_bytes(stem));
    aside.push(format!("-{:0DIGITS$}", first(file)?));
    aside.push(OsStr::from_bytes(extension));
    renameat_with(dir, name, dir, aside, RenameFlags::NOREPLACE).map_err(io::Error::from)?;
    Ok(fsync(dir).map_err(io::Error::from)?)
}

/// `audit` and `.jsonl`.
fn parts(name: &OsStr) -> (&[u8], &[u8]) {
    let name = Path::new(name);
    let stem = name.file_stem().unwrap_or_default().as_bytes();
    (stem, &name.as_os_str().as_bytes()[stem.len()..])
}

/// The number of a file's first whole line; a crash may have cut those before it off.
fn first(file: &File) -> Result<u64, AuditError> {
    let mut lines = BufReader::new(Cursor { file, at: 0 });
    loop {
        let mut bytes = Vec::new();
        if (&mut lines).take(MAX_LINE as u64 + 1).read_until(b'\n', &mut bytes)? == 0 {
            return Err(AuditError::Altered { line: 0, why: "a file of it has no line" });
        }
        let text = bytes.strip_suffix(b"\n").unwrap_or(&bytes);
        if let Some(line) = parse(text).map_err(|why| AuditError::Altered { line: 0, why })? {
            return Ok(line.seq);
        }
    }
}

/// Reads without moving the file's own position.
struct Cursor<'a> {
    file: &'a File,
    at: u64,
}

impl Read for Cursor<'_> {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        let count = self.file.read_at(bytes, self.at)?;
        self.at += count as u64;
        Ok(count)
    }
}

/// The end of a file, found from its end.
pub(super) fn tail(file: &File) -> Result<Tail, AuditError> {
    let length = file.metadata()?.len();
    let mut window = USUAL_TAIL.min(length);
    loop {
        let mut bytes = vec![0; window as usize];
        file.read_exact_at(&mut bytes, length - window)?;
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
