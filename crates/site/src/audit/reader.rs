//! Reading a log is checking it: no line is handed out whose place in the chain isn't proven.

use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;

use rustix::fs::{FlockOperation, OFlags, flock};
use serde::Serialize;
use sluice_sys::trusted::{Trust, TrustError, check_file, open_trusted_dir};

use super::line::{GENESIS, Line, MAX_LINE, parse};
use super::{AuditError, Event, Head, is_current, open_at, segments};

/// What a log was found to be.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Verified {
    /// Number of the first line; not 0 if files were taken away.
    pub first: u64,
    /// The last line; none in an empty log.
    pub head: Option<Head>,
    /// How many lines crashes cut off, all closed or the last.
    pub torn: u64,
}

/// Goes through a log's files in their order.
#[derive(Default)]
pub struct Chain {
    verified: Verified,
    /// The line before was cut off.
    open: bool,
}

impl Chain {
    /// Reads one file; `each` gets its lines.
    pub fn file(
        &mut self,
        mut log: impl BufRead,
        mut each: impl FnMut(Line),
    ) -> Result<(), AuditError> {
        for number in 1.. {
            let altered = |why| AuditError::Altered { line: number, why };
            let mut bytes = Vec::new();
            if (&mut log).take(MAX_LINE as u64 + 1).read_until(b'\n', &mut bytes)? == 0 {
                break;
            }
            let text = bytes.strip_suffix(b"\n").unwrap_or(&bytes);
            let Some(line) = parse(text).map_err(altered)? else {
                self.verified.torn += 1;
                self.open = true;
                continue;
            };
            self.follow(&line).map_err(altered)?;
            each(line);
        }
        Ok(())
    }

    fn follow(&mut self, line: &Line) -> Result<(), &'static str> {
        let fits = match &self.verified.head {
            Some(head) => line.seq == head.seq + 1 && line.prev == head.hash,
            // The first that is left; whoever asks is told its number.
            None => (line.seq == 0) == (line.prev == GENESIS),
        };
        if !fits {
            return Err("it doesn't follow the line before");
        }
        if self.open && line.event() != Some(Event::Recovered) {
            return Err("the line before is damaged, not cut off by a crash");
        }
        self.open = false;
        if self.verified.head.is_none() {
            self.verified.first = line.seq;
        }
        self.verified.head = Some(Head { seq: line.seq, hash: line.hash.clone() });
        Ok(())
    }

    /// What was found.
    pub fn finish(self) -> Verified {
        self.verified
    }
}

/// Checks a log that is one stream, from the very first line.
pub fn verify(log: impl BufRead) -> Result<Verified, AuditError> {
    let mut chain = Chain::default();
    chain.file(log, drop)?;
    let verified = chain.finish();
    match verified.first {
        0 => Ok(verified),
        _ => Err(AuditError::Altered { line: 1, why: "the lines before are missing" }),
    }
}

/// Reads a log with all files that were put aside; no line is written meanwhile.
pub fn read(path: &Path, trust: Trust, mut each: impl FnMut(Line)) -> Result<Verified, AuditError> {
    let (Some(parent), Some(name)) = (path.parent(), path.file_name()) else {
        return Err(TrustError::Path { path: path.into() }.into());
    };
    let dir = open_trusted_dir(parent, trust)?;
    let open = |name: &OsStr| -> Result<File, TrustError> {
        let path = path.with_file_name(name);
        let file = open_at(&dir, name, OFlags::RDONLY)
            .map_err(|source| TrustError::Io { path: path.clone(), source })?;
        check_file(&file, &path, trust)?;
        Ok(file)
    };
    let current = loop {
        let file = open(name);
        let Ok(found) = &file else { break file };
        flock(found, FlockOperation::LockShared).map_err(io::Error::from)?;
        if is_current(&dir, name, found)? {
            break file;
        }
    };
    let aside = segments::aside(&dir, name)?;
    let mut chain = Chain::default();
    let mut go_on = |name: &OsStr, file| {
        chain.file(BufReader::new(file), &mut each).map_err(|source| AuditError::In {
            file: path.with_file_name(name),
            source: source.into(),
        })
    };
    for name in &aside {
        go_on(name, open(name)?)?;
    }
    match current {
        // A crash came between putting one file aside and making the next.
        Err(error) if error.is_missing() && !aside.is_empty() => {}
        current => go_on(name, current?)?,
    }
    Ok(chain.finish())
}
