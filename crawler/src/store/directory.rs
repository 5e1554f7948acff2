//! A directory as a store: what it is still writing lies there under a name of its own.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use object_store::{ObjectStore, Result, local::LocalFileSystem};

use super::{backend::Backend, trial::Place};
use crate::outcome::{Cause, Reason, Stop};

/// Bytes of a name, less what is put behind a staged one.
const LONGEST_NAME: usize = 255 - 10;

pub(super) struct Directory {
    files: LocalFileSystem,
    dir: PathBuf,
}

impl Directory {
    pub(super) fn open(dir: &Path) -> Result<Self> {
        // A crash of the host must not undo what the ledger calls published.
        let files = LocalFileSystem::new_with_prefix(dir)?.with_fsync(true);
        Ok(Self { files, dir: dir.to_owned() })
    }
}

impl Backend for Directory {
    fn objects(&self) -> &dyn ObjectStore {
        &self.files
    }

    fn trials(&self, prefix: &str) -> std::result::Result<Place, Stop> {
        Place::within(prefix)
    }

    /// No network is in between.
    fn refuses(&self, reason: &Reason) -> bool {
        matches!(reason.cause, Some(Cause::Own(code)) if code.is_outage())
    }

    /// Also while it is written under its staged name.
    fn fits(&self, key: &str) -> bool {
        key.split('/').all(|name| name.len() <= LONGEST_NAME)
    }

    fn clear_staged(&self, run: &str) -> io::Result<()> {
        clear_staged(&self.dir.join(run))
    }
}

/// Removes what a killed crawler left half-written below `dir`.
fn clear_staged(dir: &Path) -> io::Result<()> {
    let entries = match fs::read_dir(dir) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        entries => entries?,
    };
    for entry in entries {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            clear_staged(&entry.path())?;
        } else if entry.file_name().to_str().is_some_and(is_staged) {
            fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

/// How a directory store names what it is still writing.
pub(super) fn is_staged(name: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    name.rsplit_once('#').is_some_and(|(_, number)| digits(number))
}
