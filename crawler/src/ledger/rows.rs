//! A run as the ledger has it.

use rusqlite::{Connection, Params};
use sluice_policy::entry::Rule;

use crate::outcome::{Cause, Reason, State};

/// A run in the ledger.
#[derive(Clone, Debug)]
pub struct Row {
    /// File name in the attestation spool.
    pub name: String,
    /// Where it stands.
    pub state: State,
    /// Why.
    pub reason: Reason,
    /// Who and what it is, once an attestation was verified.
    pub identity: Option<Identity>,
    /// Whether objects of this run may exist.
    pub begun: bool,
    /// Last change of state, RFC 3339.
    pub changed: String,
    /// What a withdrawal couldn't take back yet.
    pub remains: Option<String>,
}

/// What a verified attestation says about a run's name and owner.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// Run id.
    pub run_id: String,
    /// User name, as part of a key.
    pub owner: String,
    /// Name of the status file.
    pub token: String,
    /// Digest of the bundle.
    pub digest: String,
}

pub(super) fn counts(db: &Connection) -> rusqlite::Result<Vec<(State, i64)>> {
    let mut statement =
        db.prepare_cached("SELECT state, count(*) FROM run GROUP BY state ORDER BY state")?;
    let counts = statement.query_map([], |row| Ok((state(row, 0)?, row.get(1)?)))?;
    counts.collect()
}

pub(super) fn select(
    db: &Connection,
    condition: &str,
    values: impl Params,
) -> rusqlite::Result<Vec<Row>> {
    let mut statement = db.prepare_cached(&format!(
        "SELECT name, state, code, message, run_id, owner, token, digest, published IS NOT NULL,
         changed, rule, remains FROM run WHERE {condition}"
    ))?;
    let mut entries: Vec<_> = statement.query_map(values, entry)?.collect::<Result<_, _>>()?;
    entries.sort_unstable_by(|a: &Row, b| a.name.cmp(&b.name));
    Ok(entries)
}

fn entry(row: &rusqlite::Row<'_>) -> rusqlite::Result<Row> {
    let identity = match (row.get(4)?, row.get(5)?, row.get(6)?) {
        (Some(run_id), Some(owner), Some(token)) => {
            let digest: Option<String> = row.get(7)?;
            Some(Identity { run_id, owner, token, digest: digest.unwrap_or_default() })
        }
        _ => None,
    };
    Ok(Row {
        name: row.get(0)?,
        state: state(row, 1)?,
        reason: Reason { cause: cause(row, 2)?, message: row.get(3)?, rule: rule(row, 10)? },
        identity,
        begun: row.get(8)?,
        changed: row.get(9)?,
        remains: row.get(11)?,
    })
}

fn state(row: &rusqlite::Row<'_>, column: usize) -> rusqlite::Result<State> {
    let word: String = row.get(column)?;
    State::of(&word).ok_or_else(|| unknown(column, format!("unknown state {word:?}").into()))
}

/// A word that no code has is another version's.
pub(super) fn cause(row: &rusqlite::Row<'_>, column: usize) -> rusqlite::Result<Option<Cause>> {
    Ok(Cause::of(row.get_ref(column)?.as_str()?))
}

pub(super) fn rule(row: &rusqlite::Row<'_>, column: usize) -> rusqlite::Result<Option<Rule>> {
    let text: Option<String> = row.get(column)?;
    let rule = text.map(|text| serde_json::from_str(&text)).transpose();
    rule.map_err(|error| unknown(column, error.into()))
}

fn unknown(column: usize, error: Box<dyn std::error::Error + Send + Sync>) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(column, rusqlite::types::Type::Text, error)
}
