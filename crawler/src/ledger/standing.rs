//! Where all runs stand together, which a restart doesn't change.

use rusqlite::{Connection, OptionalExtension};

use super::{State, rows::counts};

/// For whoever watches the service.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    /// Runs in each state.
    pub states: Vec<(State, i64)>,
    /// Held runs by code.
    pub held: Vec<(String, i64)>,
    /// When the run was entered that has waited longest, RFC 3339.
    pub waiting_since: Option<String>,
    /// When a scan last went well, RFC 3339.
    pub scanned: Option<String>,
}

impl Standing {
    pub(super) fn read(db: &Connection) -> rusqlite::Result<Self> {
        let mut held =
            db.prepare_cached("SELECT code, count(*) FROM run WHERE state = 'held' GROUP BY code")?;
        let held = held.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
        let oldest = "SELECT min(noted) FROM run WHERE state IN ('seen', 'publishing')";
        let scanned = "SELECT time FROM mark WHERE name = 'scan'";
        Ok(Self {
            states: counts(db)?,
            held: held.collect::<Result<_, _>>()?,
            waiting_since: db.query_row(oldest, [], |row| row.get(0))?,
            scanned: db.query_row(scanned, [], |row| row.get(0)).optional()?,
        })
    }
}
