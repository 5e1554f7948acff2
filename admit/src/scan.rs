//! Walks a bundle: digests what has to be, copies it where asked, and never follows a link.

use std::collections::HashMap;
use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::Path;

use rustix::fs::{
    AtFlags, Dir, FileType, Mode, OFlags, Stat, Timespec, Timestamps, fchmod, fstat, futimens,
    mkdirat, openat, readlinkat, statat, symlinkat, syncfs,
};
use rustix::io::Errno;
use sluice_policy::digest::{Digest, Hasher};
use sluice_policy::manifest::{Item, MAX_ENTRIES, Manifest, check_link, check_name};
use sluice_sys::beneath::open_beneath;

use crate::pulse::Pulse;

/// Bytes copied between two syncs: no single one then takes longer than the plugin's patience.
const SYNC_EVERY: u64 = 256 << 20;

/// What tells, without reading it, that a file is the same as before.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Identity {
    pub(crate) inode: u64,
    pub(crate) size: u64,
    /// Nanoseconds since the epoch.
    pub(crate) modified: i128,
    pub(crate) changed: i128,
}

/// Files whose digests are known from an earlier walk, by path.
pub(crate) type Known = HashMap<String, (Identity, Item)>;

/// A walked bundle.
pub(crate) struct Walked {
    pub(crate) manifest: Manifest,
    /// By path; regular files only.
    pub(crate) identities: HashMap<String, Identity>,
    /// Whether a file had to be read although it was known.
    pub(crate) reread: bool,
}

/// Why a walk ended early.
#[derive(Debug)]
pub(crate) enum ScanError {
    /// Something in the source can't be read, or can't be in a bundle.
    Source(String),
    /// The copy can't be written.
    Copy(std::io::Error),
}

/// One walk through a bundle.
pub(crate) struct Scan<'a> {
    pub(crate) source: BorrowedFd<'a>,
    /// Absolute targets that links may have.
    pub(crate) links: &'a [String],
    pub(crate) known: &'a Known,
    /// Where a copy goes.
    pub(crate) copy: Option<BorrowedFd<'a>>,
    pub(crate) pulse: &'a mut Pulse,
    items: Vec<Item>,
    identities: HashMap<String, Identity>,
    reread: bool,
    buffer: Vec<u8>,
    unsynced: u64,
}

impl<'a> Scan<'a> {
    pub(crate) fn new(
        source: BorrowedFd<'a>,
        links: &'a [String],
        known: &'a Known,
        copy: Option<BorrowedFd<'a>>,
        pulse: &'a mut Pulse,
    ) -> Self {
        Self {
            source,
            links,
            known,
            copy,
            pulse,
            items: Vec::new(),
            identities: HashMap::new(),
            reread: false,
            buffer: Vec::new(),
            unsynced: 0,
        }
    }

    pub(crate) fn run(mut self) -> Result<Walked, ScanError> {
        // An explicit stack: depth costs neither stack space nor descriptors.
        let mut pending = vec![String::new()];
        while let Some(path) = pending.pop() {
            let name = if path.is_empty() { "." } else { &path };
            let dir = open_beneath(self.source, Path::new(name), OFlags::DIRECTORY)
                .map_err(|error| at(name, &error))?;
            for entry in Dir::read_from(&dir).map_err(|error| at(name, &error))? {
                let entry = entry.map_err(|error| at(name, &error))?;
                let raw = entry.file_name();
                if raw == c"." || raw == c".." {
                    continue;
                }
                let name = raw.to_str().map_err(|_| {
                    ScanError::Source(format!(
                        "{path}/{}: its name is not UTF-8",
                        raw.to_string_lossy()
                    ))
                })?;
                let below = if path.is_empty() { name.into() } else { format!("{path}/{name}") };
                check_name(&below).map_err(|error| ScanError::Source(error.to_string()))?;
                if self.items.len() >= MAX_ENTRIES {
                    return Err(ScanError::Source(format!("more than {MAX_ENTRIES} entries")));
                }
                if self.visit(&dir, name, &below)? {
                    pending.push(below);
                }
                self.pulse.beat();
            }
        }
        let manifest = Manifest::from_items(self.items)
            .map_err(|error| ScanError::Source(error.to_string()))?;
        Ok(Walked { manifest, identities: self.identities, reread: self.reread })
    }

    /// Notes an entry; true for a directory, which is still to be walked.
    fn visit(&mut self, dir: &OwnedFd, name: &str, path: &str) -> Result<bool, ScanError> {
        let stat =
            statat(dir, name, AtFlags::SYMLINK_NOFOLLOW).map_err(|error| at(path, &error))?;
        match FileType::from_raw_mode(stat.st_mode) {
            FileType::Directory => {
                if let Some(copy) = self.copy {
                    make_directory(copy, path).map_err(ScanError::Copy)?;
                }
                self.items.push(Item::directory(path));
                return Ok(true);
            }
            FileType::RegularFile => match self.known.get(path) {
                Some((identity, item)) if *identity == Identity::of(&stat) => {
                    self.identities.insert(path.into(), *identity);
                    self.items.push(item.clone());
                }
                known => {
                    self.reread |= known.is_some();
                    self.file(dir, name, path)?;
                }
            },
            FileType::Symlink => self.link(dir, name, path)?,
            _ => {
                let message = format!("{path} is no file, directory or link; remove it");
                return Err(ScanError::Source(message));
            }
        }
        Ok(false)
    }

    fn link(&mut self, dir: &OwnedFd, name: &str, path: &str) -> Result<(), ScanError> {
        let target = readlinkat(dir, name, Vec::new()).map_err(|error| at(path, &error))?;
        let target = target
            .to_str()
            .map_err(|_| ScanError::Source(format!("{path}: its target is not UTF-8")))?;
        check_link(path, target, self.links)
            .map_err(|error| ScanError::Source(error.to_string()))?;
        if let Some(copy) = self.copy {
            symlinkat(target, copy, path).map_err(|error| ScanError::Copy(error.into()))?;
        }
        self.items.push(Item::link(path, target));
        Ok(())
    }

    fn file(&mut self, dir: &OwnedFd, name: &str, path: &str) -> Result<(), ScanError> {
        let source =
            open_beneath(dir, Path::new(name), OFlags::RDONLY).map_err(|error| at(path, &error))?;
        let before = fstat(&source).map_err(|error| at(path, &error))?;
        if FileType::from_raw_mode(before.st_mode) != FileType::RegularFile {
            return Err(ScanError::Source(format!("{path} is being changed")));
        }
        if before.st_mode & 0o6000 != 0 {
            return Err(ScanError::Source(format!(
                "{path} is setuid or setgid; run chmod u-s,g-s"
            )));
        }
        let executable = before.st_mode & 0o100 != 0;
        let source = File::from(source);
        let mut copy = None;
        if let Some(target) = self.copy {
            copy = Some(create(target, path).map_err(ScanError::Copy)?);
        }
        let (size, digest) = self.digest(&source, copy.as_mut(), path)?;
        let after = fstat(&source).map_err(|error| at(path, &error))?;
        let identity = Identity::of(&before);
        if Identity::of(&after) != identity || size != identity.size {
            return Err(ScanError::Source(format!("{path} is being changed")));
        }
        if let Some(copy) = copy {
            finish(&copy, executable, &before).map_err(ScanError::Copy)?;
            self.sync(&copy, size)?;
        }
        self.identities.insert(path.into(), identity);
        self.items.push(Item::file(path, executable, size, digest));
        Ok(())
    }

    fn digest(
        &mut self,
        mut source: &File,
        mut copy: Option<&mut File>,
        path: &str,
    ) -> Result<(u64, Digest), ScanError> {
        self.buffer.resize(1 << 20, 0);
        let mut hasher = Hasher::new();
        let mut size = 0;
        loop {
            let bytes = match source.read(&mut self.buffer) {
                Ok(0) => return Ok((size, hasher.finish())),
                Ok(length) => &self.buffer[..length],
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(at(path, &error)),
            };
            hasher.update(bytes);
            if let Some(copy) = copy.as_mut() {
                copy.write_all(bytes).map_err(ScanError::Copy)?;
            }
            size += bytes.len() as u64;
            self.pulse.beat();
        }
    }

    fn sync(&mut self, copy: &File, size: u64) -> Result<(), ScanError> {
        self.unsynced += size;
        if self.unsynced >= SYNC_EVERY {
            self.unsynced = 0;
            syncfs(copy).map_err(|error| ScanError::Copy(error.into()))?;
        }
        Ok(())
    }
}

impl Identity {
    fn of(stat: &Stat) -> Self {
        let nanoseconds =
            |seconds: i64, rest: i64| i128::from(seconds) * 1_000_000_000 + i128::from(rest);
        Self {
            inode: stat.st_ino,
            size: stat.st_size.cast_unsigned(),
            modified: nanoseconds(stat.st_mtime, stat.st_mtime_nsec.cast_signed()),
            changed: nanoseconds(stat.st_ctime, stat.st_ctime_nsec.cast_signed()),
        }
    }
}

fn at(path: &str, error: &dyn std::fmt::Display) -> ScanError {
    ScanError::Source(format!("{path}: {error}"))
}

fn make_directory(copy: BorrowedFd<'_>, path: &str) -> std::io::Result<()> {
    mkdirat(copy, path, Mode::RWXU)?;
    let dir = open_beneath(copy, Path::new(path), OFlags::DIRECTORY)?;
    Ok(fchmod(&dir, Mode::from_raw_mode(0o555))?)
}

fn create(copy: BorrowedFd<'_>, path: &str) -> std::io::Result<File> {
    let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    Ok(openat(copy, path, flags, Mode::RUSR)?.into())
}

/// Same modes everywhere; the time of modification stays, since interpreters compare it with the
/// one inside their compiled files.
fn finish(copy: &File, executable: bool, source: &Stat) -> std::io::Result<()> {
    let mode = if executable { 0o555 } else { 0o444 };
    fchmod(copy, Mode::from_raw_mode(mode))?;
    let modified =
        Timespec { tv_sec: source.st_mtime, tv_nsec: source.st_mtime_nsec.cast_signed() };
    let times = Timestamps { last_access: modified, last_modification: modified };
    match futimens(copy.as_fd(), &times) {
        // Only a convenience.
        Ok(()) | Err(Errno::INVAL | Errno::PERM) => Ok(()),
        Err(error) => Err(error.into()),
    }
}
