//! The run directory as the user sees it: parameters are taken out of it, the verdict goes in.
//! Everything is done with the user's own rights, so nothing can be reached through it that the
//! user couldn't reach anyway.

use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::path::Path;

use rustix::fs::{Dir, FileType, Mode, OFlags, fstat, mkdirat};
use sluice_policy::path::{is_clean_absolute, is_plain_word};
use sluice_protocol::Code;
use sluice_sys::{atomic, beneath, read_limited};

use crate::refused::Refused;
use crate::user::User;

/// Upper bound of a file taken into the sealed run directory, in bytes.
const MAX_FILE: usize = 1 << 20;
/// Sluice's own directory in the drop box.
const OWN: &str = ".sluice";

pub(crate) struct DropBox {
    dir: OwnedFd,
    path: String,
}

impl DropBox {
    pub(crate) fn open(path: &Path, runs: &Path, user: &User) -> Result<Self, Refused> {
        let refuse = |why: String| {
            Refused::new(
                Code::RunDirectoryRefused,
                format!("the run directory {}: {why}", path.display()),
            )
        };
        let text = path.to_str().filter(|text| is_clean_absolute(text));
        let text = text.ok_or_else(|| refuse("it must be a plain absolute path".into()))?;
        if !path.starts_with(runs) || path == runs {
            return Err(refuse(format!("it must lie below {}; submit from there", runs.display())));
        }
        // The shell makes it PWD, and some script of a workflow gives that to a shell.
        if !path.strip_prefix(runs).is_ok_and(|below| below.to_str().is_some_and(is_plain_word)) {
            let why = "its name may have letters, digits and . _ - + @ = : , only; rename it";
            return Err(refuse(why.into()));
        }
        let dir = user
            .act(|| beneath::open_dir(path))?
            .map_err(|error| refuse(format!("{error}; no part of it may be a link")))?;
        let stat = fstat(&dir).map_err(|error| refuse(error.to_string()))?;
        if stat.st_uid != user.uid {
            return Err(refuse(format!("it belongs to uid {}, not to {}", stat.st_uid, user.name)));
        }
        if stat.st_mode & 0o002 != 0 {
            return Err(refuse("everybody may write there; run chmod o-w".into()));
        }
        Ok(Self { dir, path: text.into() })
    }

    pub(crate) fn path(&self) -> &str {
        &self.path
    }

    /// The content of a file that the template names.
    pub(crate) fn read(&self, name: &str, user: &User) -> Result<Vec<u8>, Refused> {
        let refuse = |why: &dyn std::fmt::Display| {
            Refused::new(Code::FileRefused, format!("{name} in the run directory: {why}"))
        };
        user.act(|| {
            let file = beneath::open_beneath(&self.dir, Path::new(name), OFlags::RDONLY)
                .map_err(|error| refuse(&error))?;
            let stat = fstat(&file).map_err(|error| refuse(&error))?;
            if FileType::from_raw_mode(stat.st_mode) != FileType::RegularFile {
                return Err(refuse(&"it must be a regular file"));
            }
            if stat.st_nlink != 1 {
                return Err(refuse(&"it has several names (hard links); copy it"));
            }
            read_limited(file, MAX_FILE).map_err(|error| refuse(&error))
        })?
    }

    /// Names that stand there beside the taken files, at most `max`.
    pub(crate) fn others(
        &self,
        taken: &[(String, Vec<u8>)],
        max: usize,
        user: &User,
    ) -> Vec<String> {
        let list = || -> io::Result<Vec<String>> {
            let mut names = Vec::new();
            for item in Dir::read_from(&self.dir)? {
                let name = item?.file_name().to_string_lossy().into_owned();
                let expected = matches!(name.as_str(), "." | ".." | OWN);
                if !expected && taken.iter().all(|(file, _)| *file != name) {
                    names.push(name);
                }
                if names.len() == max {
                    break;
                }
            }
            Ok(names)
        };
        // Only for the log: a directory that its owner can't list is no reason to refuse.
        user.act(list).ok().and_then(Result::ok).unwrap_or_default()
    }

    /// Leaves a file for the user in Sluice's own directory; best effort, it is never read by Sluice.
    pub(crate) fn leave(&self, name: &str, text: &str, user: &User) {
        let write = || -> io::Result<()> {
            // There already, most often; if it is something else, opening it fails.
            let _ = mkdirat(&self.dir, OWN, Mode::from_raw_mode(0o755));
            let own = beneath::open_beneath(self.dir.as_fd(), Path::new(OWN), OFlags::DIRECTORY)?;
            atomic::write(&own, name, text.as_bytes(), 0o644)
        };
        let _ = user.act(write);
    }
}
