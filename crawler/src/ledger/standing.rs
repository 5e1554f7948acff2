//! Where all runs stand together, which a restart doesn't change.

use std::collections::BTreeMap;

use rusqlite::{Connection, OptionalExtension};

use super::rows::{cause, counts, rule};
use crate::outcome::{Notice, Reason, State};

/// For whoever watches the service.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    /// Runs in each state.
    pub states: Vec<(State, i64)>,
    /// Held runs by the code that their owners read: metrics are for more eyes than a reviewer's.
    pub held: BTreeMap<&'static str, i64>,
    /// When the run was entered that has waited longest, RFC 3339.
    pub waiting_since: Option<String>,
    /// When a scan last went well, RFC 3339.
    pub scanned: Option<String>,
}

impl Standing {
    pub(super) fn read(db: &Connection) -> rusqlite::Result<Self> {
        let oldest = "SELECT min(noted) FROM run WHERE state IN ('seen', 'publishing')";
        let scanned = "SELECT time FROM mark WHERE name = 'scan'";
        Ok(Self {
            states: counts(db)?,
            held: held(db)?,
            waiting_since: db.query_row(oldest, [], |row| row.get(0))?,
            scanned: db.query_row(scanned, [], |row| row.get(0)).optional()?,
        })
    }
}

fn held(db: &Connection) -> rusqlite::Result<BTreeMap<&'static str, i64>> {
    let mut select = db.prepare_cached(
        "SELECT code, rule, count(*) FROM run WHERE state = 'held' GROUP BY code, rule",
    )?;
    let mut rows = select.query([])?;
    let mut held = BTreeMap::new();
    while let Some(row) = rows.next()? {
        let reason = Reason { cause: cause(row, 0)?, message: String::new(), rule: rule(row, 1)? };
        *held.entry(Notice::new(State::Held, &reason).code()).or_default() +=
            row.get::<_, i64>(2)?;
    }
    Ok(held)
}
