//! Looking at a ledger beside a running crawler.

use std::{path::Path, time::Duration};

use rusqlite::{Connection, OpenFlags};

use super::{FILE, LedgerError, Row, UNSETTLED, counts, select};
use crate::outcome::State;

/// A reader beside a running crawler.
pub struct Reader(Connection);

impl Reader {
    /// Opens the ledger in `dir` without its lock.
    pub fn open(dir: &Path) -> Result<Self, LedgerError> {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let db = Connection::open_with_flags(dir.join(FILE), flags)?;
        db.busy_timeout(Duration::from_secs(5))?;
        Ok(Self(db))
    }

    /// Version of its schema.
    pub(super) fn version(&self) -> Result<u32, LedgerError> {
        Ok(self.0.pragma_query_value(None, "user_version", |row| row.get(0))?)
    }

    /// How many runs are in each state.
    pub fn counts(&self) -> Result<Vec<(State, i64)>, LedgerError> {
        Ok(counts(&self.0)?)
    }

    /// Every run, by name.
    pub fn all(&self) -> Result<Vec<Row>, LedgerError> {
        Ok(select(&self.0, "true", [])?)
    }

    /// Every run that is not in a final state.
    pub fn unsettled(&self) -> Result<Vec<Row>, LedgerError> {
        Ok(select(&self.0, UNSETTLED, [])?)
    }

    /// The run with this run id.
    pub fn find(&self, run_id: &str) -> Result<Option<Row>, LedgerError> {
        Ok(select(&self.0, "run_id = ?", [run_id])?.pop())
    }

    /// Published runs of a bundle.
    pub fn published_of(&self, digest: &str) -> Result<Vec<Row>, LedgerError> {
        Ok(select(&self.0, "state = 'published' AND digest = ?", [digest])?)
    }
}
