//! Freezing a tree.

use std::os::fd::{AsFd, OwnedFd};
use std::path::Path;

use rustix::fs::{self, FileType, Mode, OFlags, fstat};
use sluice_policy::manifest::Manifest;
use sluice_site::bundle::{self, BundleError, Found, Stamp, What};
use sluice_sys::beneath;

use crate::exit::{Doing, Exit, Failure, Result};
use crate::{output, progress};

/// Opens a bundle's root; here alone a link may be followed, since the caller named it.
pub(crate) fn open_root(dir: &Path) -> Result<OwnedFd> {
    fs::open(dir, OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())
        .doing(|| format!("open the bundle {}", dir.display()))
}

/// The manifest of the tree at `dir`; `links` are the absolute paths that its links may point to.
pub(crate) fn freeze(dir: &Path, links: &[String]) -> Result<Manifest> {
    let (root, found) = survey(dir, links)?;
    let bar = progress::bar(bytes(&found));
    let manifest = bundle::hash(root.as_fd(), &found, &|bytes| bar.inc(bytes));
    bar.finish_and_clear();
    manifest.map_err(|error| failure(dir, error))
}

/// What is in the tree at `dir`, and the root. What may not be frozen is printed, path by path.
pub(crate) fn survey(dir: &Path, links: &[String]) -> Result<(OwnedFd, Vec<Found>)> {
    let root = open_root(dir)?;
    let failed = |error| failure(dir, error);
    let mut survey = bundle::survey(root.as_fd(), links, &mut || ()).map_err(failed)?;
    survey.problems.extend(own_output(&survey.found));
    for problem in &survey.problems {
        output::note(problem);
    }
    if !survey.problems.is_empty() {
        return Err(Failure::bad(format_args!(
            "{} has {} paths that can't be frozen; remove or replace them",
            dir.display(),
            survey.problems.len()
        )));
    }
    Ok((root, survey.found))
}

/// Bytes of all files together.
pub(crate) fn bytes(found: &[Found]) -> u64 {
    let size = |found: &Found| match found.what {
        What::File(stamp) => stamp.size,
        What::Directory | What::Link(_) => 0,
    };
    found.iter().map(size).sum()
}

/// The target of a link in a bundle.
pub(crate) fn read_link(root: &OwnedFd, path: &str) -> std::io::Result<String> {
    let (parent, name) = path.rsplit_once('/').unwrap_or((".", path));
    let dir = beneath::open_beneath(root, Path::new(parent), OFlags::DIRECTORY)?;
    let target = fs::readlinkat(dir, name, Vec::new())?;
    target.into_string().map_err(std::io::Error::other)
}

pub(crate) fn failure(dir: &Path, error: BundleError) -> Failure {
    match error {
        BundleError::Io { path, source } => {
            let exit = match source.kind() {
                std::io::ErrorKind::PermissionDenied => Exit::NotPermitted,
                _ => Exit::Environment,
            };
            Failure::new(exit, format_args!("cannot read {}/{path}: {source}", dir.display()))
        }
        error => Failure::bad(error),
    }
}

/// Standard output may go to a file, but not into the bundle that it is to describe.
fn own_output(found: &[Found]) -> Option<String> {
    let stat = fstat(rustix::stdio::stdout()).ok()?;
    if FileType::from_raw_mode(stat.st_mode) != FileType::RegularFile {
        return None;
    }
    let own = Stamp::of(&stat);
    let is_own = |stamp: &Stamp| (stamp.device, stamp.inode) == (own.device, own.inode);
    let at = found.iter().find(|it| matches!(&it.what, What::File(stamp) if is_own(stamp)))?;
    let path = &at.path;
    Some(format!("{path}: standard output itself; write the manifest outside the bundle"))
}
