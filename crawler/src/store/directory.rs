//! A directory as a store: what it is still writing lies there under a name of its own.

use std::{fs, io, path::Path};

/// Bytes of a name, less what is put behind a staged one.
const LONGEST_NAME: usize = 255 - 10;

/// Removes what a killed crawler left half-written below `dir`.
pub(super) fn clear_staged(dir: &Path) -> io::Result<()> {
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

/// Whether a directory can hold an object, also while it is written under its staged name.
pub(super) fn fits(key: &str) -> bool {
    key.split('/').all(|name| name.len() <= LONGEST_NAME)
}

/// How a directory store names what it is still writing.
pub(super) fn is_staged(name: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    name.rsplit_once('#').is_some_and(|(_, number)| digits(number))
}
