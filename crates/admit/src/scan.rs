//! Reads a surveyed bundle: digests what has to be, copies it where asked, and never follows a link.

use std::collections::HashMap;
use std::fs::File;
use std::io::Write;
use std::os::fd::BorrowedFd;
use std::path::Path;

use rustix::fs::{Mode, OFlags, fchmod, mkdirat, openat, symlinkat, syncfs};
use rustix::io::Errno;
use sluice_policy::digest::Digest;
use sluice_policy::manifest::{Item, Manifest};
use sluice_site::bundle::{BundleError, Found, Stamp, What, check_unchanged, open_file};
use sluice_sys::beneath::open_beneath;

use crate::pulse::Pulse;

/// Bytes copied between two syncs: no single one then takes longer than the plugin's patience.
pub(crate) const SYNC_EVERY: u64 = 256 << 20;

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

/// Why a walk ended early.
#[derive(Debug)]
pub(crate) enum ScanError {
    /// Something in the source can't be read, or can't be in a bundle.
    Source(String),
    /// The copy can't be written.
    Copy(std::io::Error),
    /// It takes too long for whoever waits.
    Late,
}

/// One reading of a surveyed bundle.
pub(crate) struct Scan<'a> {
    pub(crate) source: BorrowedFd<'a>,
    pub(crate) known: &'a Known,
    /// Where a copy goes.
    pub(crate) copy: Option<BorrowedFd<'a>>,
    pub(crate) pulse: &'a mut Pulse,
    buffer: Vec<u8>,
    unsynced: u64,
}

impl<'a> Scan<'a> {
    pub(crate) fn new(
        source: BorrowedFd<'a>,
        known: &'a Known,
        copy: Option<BorrowedFd<'a>>,
        pulse: &'a mut Pulse,
    ) -> Self {
        Self { source, known, copy, pulse, buffer: Vec::new(), unsynced: 0 }
    }

    /// The manifest of what was surveyed below the source.
    pub(crate) fn run(mut self, found: &[Found]) -> Result<Manifest, ScanError> {
        let mut items = Vec::with_capacity(found.len());
        for Found { path, what } in found {
            items.push(match what {
                What::Directory => self.directory(path)?,
                What::Link(target) => self.link(path, target)?,
                What::File(stamp) => match self.known.get(path) {
                    Some((identity, item)) if *identity == Identity::of(stamp) => item.clone(),
                    _ => self.file(path, stamp)?,
                },
            });
            self.pulse.beat();
        }
        Ok(Manifest::from_items(items).map_err(BundleError::from)?)
    }

    fn directory(&self, path: &str) -> Result<Item, ScanError> {
        if let Some(copy) = self.copy {
            make_directory(copy, path).map_err(ScanError::Copy)?;
        }
        Ok(Item::directory(path))
    }

    fn link(&self, path: &str, target: &str) -> Result<Item, ScanError> {
        if let Some(copy) = self.copy {
            symlinkat(target, copy, path).map_err(|error| ScanError::Copy(error.into()))?;
        }
        Ok(Item::link(path, target))
    }

    fn file(&mut self, path: &str, stamp: &Stamp) -> Result<Item, ScanError> {
        let source = open_file(self.source, path, stamp)?;
        let mut copy = None;
        if let Some(target) = self.copy {
            copy = Some(create(target, path).map_err(ScanError::Copy)?);
        }
        let digest = self.digest(&source, copy.as_mut(), path)?;
        check_unchanged(&source, path, stamp)?;
        if let Some(copy) = copy {
            finish(&copy, stamp).map_err(ScanError::Copy)?;
            self.sync(&copy, stamp.size)?;
        }
        Ok(Item::file(path, stamp.is_executable(), stamp.size, digest))
    }

    fn digest(
        &mut self,
        source: &File,
        mut copy: Option<&mut File>,
        path: &str,
    ) -> Result<Digest, ScanError> {
        let Self { buffer, pulse, .. } = self;
        buffer.resize(1 << 20, 0);
        let failed = |error| ScanError::Source(format!("{path}: {error}"));
        Digest::read(source, buffer, failed, |bytes| {
            if let Some(copy) = copy.as_mut() {
                copy.write_all(bytes).map_err(ScanError::Copy)?;
            }
            pulse.beat();
            if pulse.is_late() { Err(ScanError::Late) } else { Ok(()) }
        })
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
    pub(crate) fn of(stamp: &Stamp) -> Self {
        let Stamp { inode, size, modified, changed, .. } = *stamp;
        Self { inode, size, modified, changed }
    }
}

impl From<BundleError> for ScanError {
    fn from(error: BundleError) -> Self {
        Self::Source(error.to_string())
    }
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

/// Same modes everywhere.
fn finish(copy: &File, source: &Stamp) -> std::io::Result<()> {
    let mode = if source.is_executable() { 0o555 } else { 0o444 };
    fchmod(copy, Mode::from_raw_mode(mode))?;
    match source.give_time(copy) {
        // Only a convenience.
        Ok(()) | Err(Errno::INVAL | Errno::PERM) => Ok(()),
        Err(error) => Err(error.into()),
    }
}
