//! A bundle on disk: first surveyed, so that everything that may not be frozen is named before
//! hours of hashing, then hashed. Paths are opened beneath the root's descriptor, so neither
//! links nor mounts lead elsewhere, whoever writes to the tree meanwhile.

mod hash;
mod survey;

use std::io;
use std::os::fd::OwnedFd;
use std::path::Path;

use rustix::fs::{self, Mode, OFlags};
use sluice_policy::manifest::Manifest;
use sluice_sys::beneath;

use crate::exit::{Doing, Failure, Result};
use crate::output;

/// A surveyed tree.
pub(crate) struct Tree {
    root: OwnedFd,
    found: Vec<Found>,
}

/// What the survey says of one path.
struct Found {
    path: String,
    what: What,
}

enum What {
    Directory,
    File { executable: bool, stamp: Stamp },
    Link(String),
}

/// A file's identity and version, to notice that it changed between survey and hash.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Stamp {
    device: u64,
    inode: u64,
    mode: u32,
    size: u64,
    modified: (i64, i64),
    changed: (i64, i64),
}

impl Stamp {
    #[allow(clippy::unnecessary_cast, clippy::cast_lossless)] // widths differ by platform
    fn of(stat: &fs::Stat) -> Self {
        Self {
            device: stat.st_dev as u64,
            inode: stat.st_ino as u64,
            mode: stat.st_mode as u32,
            size: stat.st_size as u64,
            modified: (stat.st_mtime as i64, stat.st_mtime_nsec as i64),
            changed: (stat.st_ctime as i64, stat.st_ctime_nsec as i64),
        }
    }
}

/// Opens a bundle's root; here alone a link may be followed, since the caller named it.
pub(crate) fn open_root(dir: &Path) -> Result<OwnedFd> {
    fs::open(dir, OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())
        .doing(|| format!("open the bundle {}", dir.display()))
}

/// The manifest of the tree at `dir`; `links` are the absolute paths that its links may point to.
/// What may not be frozen is printed, path by path.
pub(crate) fn freeze(dir: &Path, links: &[String]) -> Result<Manifest> {
    let (tree, problems) = survey::survey(open_root(dir)?, links)?;
    for problem in &problems {
        output::note(problem);
    }
    if !problems.is_empty() {
        return Err(Failure::bad(format_args!(
            "{} has {} paths that can't be frozen; remove or replace them",
            dir.display(),
            problems.len()
        )));
    }
    tree.hash()
}

/// Opens `path` beneath the root, crossing neither links nor mounts.
fn open_beneath(root: &OwnedFd, path: &str, flags: OFlags) -> io::Result<OwnedFd> {
    let path = if path.is_empty() { "." } else { path };
    beneath::open_same_mount(root, Path::new(path), flags | OFlags::RDONLY)
}
