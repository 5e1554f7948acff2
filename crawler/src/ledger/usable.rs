//! Whether a ledger can be opened, without doing so: another crawler may be at work on it.

use std::path::Path;

use rustix::{
    fs::{Access, access},
    io::Errno,
};

use super::{FILE, LOCK, LedgerError, Reader, schema::MIGRATIONS};

/// Checks that what there is of a ledger in `dir` is this account's and of no later version.
pub fn check_usable(dir: &Path) -> Result<(), LedgerError> {
    for name in [LOCK, FILE, "ledger.sqlite-wal", "ledger.sqlite-shm"] {
        match access(dir.join(name), Access::READ_OK | Access::WRITE_OK) {
            Ok(()) | Err(Errno::NOENT) => {}
            Err(error) => {
                let why = format!("{name}: {error}");
                return Err(LedgerError::Directory(dir.display().to_string(), why));
            }
        }
    }
    if !dir.join(FILE).exists() {
        return Ok(());
    }
    match Reader::open(dir)?.version()? {
        version if version as usize > MIGRATIONS.len() => Err(LedgerError::TooNew(version)),
        _ => Ok(()),
    }
}
