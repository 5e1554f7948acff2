//! The walk.

use std::ffi::CStr;
use std::io::ErrorKind;
use std::os::fd::OwnedFd;

use rustix::fs::{self, AtFlags, Dir, FileType, Mode, OFlags};
use sluice_policy::manifest::{self, ManifestError};

use super::{Found, Stamp, Tree, What, open_beneath};
use crate::exit::{Doing, Failure, Result};

/// Walks the tree; the second part names what may not be frozen, one line each.
pub(super) fn survey(root: OwnedFd, links: &[String]) -> Result<(Tree, Vec<String>)> {
    let output = regular_stdout();
    let mut walk = Walk { root, links, output, found: Vec::new(), problems: Vec::new() };
    let mut pending = vec![String::new()];
    while let Some(directory) = pending.pop() {
        pending.extend(walk.directory(&directory)?);
    }
    Ok((Tree { root: walk.root, found: walk.found }, walk.problems))
}

struct Walk<'a> {
    root: OwnedFd,
    links: &'a [String],
    output: Option<(u64, u64)>,
    found: Vec<Found>,
    problems: Vec<String>,
}

impl Walk<'_> {
    /// Takes in one directory's entries and returns its subdirectories. One descriptor is open
    /// at a time, so depth costs none.
    fn directory(&mut self, at: &str) -> Result<Vec<String>> {
        let fd = match open_beneath(&self.root, at, OFlags::DIRECTORY) {
            Ok(fd) => fd,
            Err(error) if error.kind() == ErrorKind::CrossesDevices => {
                self.problems
                    .push(format!("{at}: a mount point; a bundle lies on one file system"));
                return Ok(Vec::new());
            }
            Err(error) => return Err(error).doing(|| format!("open the directory {at}")),
        };
        let mut below = Vec::new();
        for entry in Dir::read_from(&fd).doing(|| format!("read the directory {at}"))? {
            let entry = entry.doing(|| format!("read the directory {at}"))?;
            let name = entry.file_name();
            if matches!(name.to_bytes(), b"." | b"..") {
                continue;
            }
            let Some(path) = self.path(at, name) else { continue };
            let Some(what) = self.what(&fd, name, &path)? else { continue };
            if matches!(what, What::Directory) {
                below.push(path.clone());
            }
            self.found.push(Found { path, what });
            if self.found.len() > manifest::MAX_ENTRIES {
                return Err(Failure::bad(ManifestError::TooLarge));
            }
        }
        Ok(below)
    }

    /// The path in the manifest, unless the name can't stand there.
    fn path(&mut self, at: &str, name: &CStr) -> Option<String> {
        let join = |name: &str| match at {
            "" => name.to_owned(),
            _ => format!("{at}/{name}"),
        };
        let problem = match name.to_str() {
            Ok(name) => match manifest::check_name(&join(name)) {
                Ok(()) => return Some(join(name)),
                Err(error) => error.to_string(),
            },
            Err(_) => format!("{}: its name is not UTF-8", join(&name.to_string_lossy())),
        };
        self.problems.push(problem);
        None
    }

    /// What lies there, unless it can't be frozen.
    fn what(&mut self, fd: &OwnedFd, name: &CStr, path: &str) -> Result<Option<What>> {
        let stat =
            fs::statat(fd, name, AtFlags::SYMLINK_NOFOLLOW).doing(|| format!("look at {path}"))?;
        let stamp = Stamp::of(&stat);
        let mode = Mode::from_raw_mode(stat.st_mode);
        let what = match FileType::from_raw_mode(stat.st_mode) {
            FileType::Directory => return Ok(Some(What::Directory)),
            FileType::RegularFile if mode.intersects(Mode::SUID | Mode::SGID) => {
                "a set-user-ID or set-group-ID file"
            }
            FileType::RegularFile if self.output == Some((stamp.device, stamp.inode)) => {
                "standard output itself; write the manifest outside the bundle"
            }
            FileType::RegularFile => {
                return Ok(Some(What::File { executable: mode.contains(Mode::XUSR), stamp }));
            }
            FileType::Symlink => return self.link(fd, name, path),
            FileType::Fifo => "a FIFO",
            FileType::Socket => "a socket",
            _ => "a device",
        };
        self.problems.push(format!("{path}: {what}"));
        Ok(None)
    }

    fn link(&mut self, fd: &OwnedFd, name: &CStr, path: &str) -> Result<Option<What>> {
        let target =
            fs::readlinkat(fd, name, Vec::new()).doing(|| format!("read the link {path}"))?;
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

/// Identity of the file that standard output goes to, if it goes to a file.
fn regular_stdout() -> Option<(u64, u64)> {
    let stat = fs::fstat(rustix::stdio::stdout()).ok()?;
    let stamp = Stamp::of(&stat);
    (FileType::from_raw_mode(stat.st_mode) == FileType::RegularFile)
        .then_some((stamp.device, stamp.inode))
}
