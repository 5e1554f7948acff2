//! The walk.

use std::ffi::CStr;
use std::io::ErrorKind;
use std::os::fd::{BorrowedFd, OwnedFd};

use rustix::fs::{AtFlags, Dir, FileType, Mode, OFlags, readlinkat, statat};
use sluice_policy::manifest::{self, ManifestError};

use super::{BundleError, Found, Stamp, What, open};

/// A surveyed tree.
#[derive(Debug, Default)]
pub struct Survey {
    /// What a manifest will list, directories before what they hold.
    pub found: Vec<Found>,
    /// What can't be in a bundle, a line each.
    pub problems: Vec<String>,
}

/// Even the slowest file system lists so many in a second or two, and a look at the clock is a
/// part of what one costs on a fast one.
const ENTRIES_A_BEAT: usize = 64;

/// Walks the tree at `root` and keeps what it finds; `links` are the absolute paths that its links
/// may point to. `beat` is called as it gets on.
pub fn survey(
    root: BorrowedFd<'_>,
    links: &[String],
    beat: &mut dyn FnMut(),
) -> Result<Survey, BundleError> {
    let mut found = Vec::new();
    let mut keep = |path: &str, what| found.push(Found { path: path.into(), what });
    let problems = walk(root, links, beat, &mut keep)?;
    Ok(Survey { found, problems })
}

/// Walks the tree as [`survey`] does and only tells `tell`; returns the problems.
pub fn walk(
    root: BorrowedFd<'_>,
    links: &[String],
    beat: &mut dyn FnMut(),
    tell: &mut dyn FnMut(&str, What),
) -> Result<Vec<String>, BundleError> {
    let mut walk = Walk { root, links, beat, tell, entries: 0, problems: Vec::new() };
    // An explicit stack: depth costs neither stack space nor descriptors.
    let mut pending = vec![String::new()];
    while let Some(directory) = pending.pop() {
        pending.extend(walk.directory(&directory)?);
    }
    Ok(walk.problems)
}

struct Walk<'a> {
    root: BorrowedFd<'a>,
    links: &'a [String],
    beat: &'a mut dyn FnMut(),
    tell: &'a mut dyn FnMut(&str, What),
    entries: usize,
    problems: Vec<String>,
}

impl Walk<'_> {
    /// Takes in one directory's entries and returns its subdirectories.
    fn directory(&mut self, at: &str) -> Result<Vec<String>, BundleError> {
        let shown = if at.is_empty() { "." } else { at };
        let fd = match open(self.root, at, OFlags::DIRECTORY) {
            Ok(fd) => fd,
            Err(error) if error.kind() == ErrorKind::CrossesDevices => {
                let problem = format!("{at}: a mount point; a bundle lies on one file system");
                self.problems.push(problem);
                return Ok(Vec::new());
            }
            Err(error) => return Err(BundleError::io(shown)(error)),
        };
        let mut below = Vec::new();
        // One buffer for all paths, since a bundle has many.
        let mut path = if at.is_empty() { String::new() } else { format!("{at}/") };
        let above = path.len();
        for entry in Dir::read_from(&fd).map_err(BundleError::at(shown))? {
            let entry = entry.map_err(BundleError::at(shown))?;
            let name = entry.file_name();
            if matches!(name.to_bytes(), b"." | b"..") {
                continue;
            }
            if self.entries.is_multiple_of(ENTRIES_A_BEAT) {
                (self.beat)();
            }
            self.entries += 1;
            if self.entries > manifest::MAX_ENTRIES {
                return Err(ManifestError::TooLarge.into());
            }
            path.truncate(above);
            if !self.can_stand(&mut path, name) {
                continue;
            }
            let Some(what) = self.what(&fd, name, &path)? else { continue };
            if what == What::Directory {
                below.push(path.clone());
            }
            (self.tell)(&path, what);
        }
        Ok(below)
    }

    /// Appends the name to the path above it, and whether that can stand in a manifest.
    fn can_stand(&mut self, path: &mut String, name: &CStr) -> bool {
        let Ok(name) = name.to_str() else {
            let name = name.to_string_lossy();
            self.problems.push(format!("{path}{name}: its name is not UTF-8"));
            return false;
        };
        path.push_str(name);
        manifest::check_name(path).map_err(|error| self.problems.push(error.to_string())).is_ok()
    }

    /// What lies there, unless it can't be in a bundle.
    fn what(&mut self, fd: &OwnedFd, name: &CStr, path: &str) -> Result<Option<What>, BundleError> {
        let stat = statat(fd, name, AtFlags::SYMLINK_NOFOLLOW).map_err(BundleError::at(path))?;
        let mode = Mode::from_raw_mode(stat.st_mode);
        let problem = match FileType::from_raw_mode(stat.st_mode) {
            FileType::Directory => return Ok(Some(What::Directory)),
            FileType::RegularFile if mode.intersects(Mode::SUID | Mode::SGID) => {
                "a setuid or setgid file; run chmod u-s,g-s"
            }
            FileType::RegularFile => return Ok(Some(What::File(Stamp::of(&stat)))),
            FileType::Symlink => return self.link(fd, name, path),
            FileType::Fifo => "a FIFO; remove it",
            FileType::Socket => "a socket; remove it",
            _ => "a device; remove it",
        };
        self.problems.push(format!("{path}: {problem}"));
        Ok(None)
    }

    fn link(&mut self, fd: &OwnedFd, name: &CStr, path: &str) -> Result<Option<What>, BundleError> {
        let target = readlinkat(fd, name, Vec::new()).map_err(BundleError::at(path))?;
        let problem = match target.into_string() {
            Ok(target) => match manifest::check_link(path, &target, self.links) {
                Ok(()) => return Ok(Some(What::Link(target))),
                Err(error) => error.to_string(),
            },
            Err(_) => format!("{path}: a link whose target is not UTF-8"),
        };
        self.problems.push(problem);
        Ok(None)
    }
}
