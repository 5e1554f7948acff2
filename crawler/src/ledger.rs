//! What became of every run: the crawler's memory across kills, outages and restarts.

use std::{collections::HashSet, fs::File, path::Path, time::Duration};

use rusqlite::{Connection, OpenFlags, OptionalExtension, Row, params};
use rustix::fs::{FlockOperation, flock};

use crate::outcome::Reason;

const FILE: &str = "ledger.sqlite";
const LOCK: &str = "ledger.lock";

/// One step per schema version, in order; `user_version` counts those applied.
const MIGRATIONS: &[&str] = &["
CREATE TABLE run (
    name      TEXT PRIMARY KEY,  -- file in the attestation spool
    state     TEXT NOT NULL CHECK (state IN ('seen', 'publishing', 'published', 'held', 'failed')),
    code      TEXT NOT NULL DEFAULT '',
    message   TEXT NOT NULL DEFAULT '',
    run_id    TEXT,              -- NULL until an attestation was verified
    owner     TEXT,
    token     TEXT,
    published TEXT,              -- the time manifest.json carries, kept so that a retry repeats it
    told      INTEGER NOT NULL,  -- 0 while the status file lags behind
    changed   TEXT NOT NULL
) STRICT;
CREATE INDEX run_unsettled ON run (state) WHERE state NOT IN ('published', 'failed');
CREATE INDEX run_untold ON run (name) WHERE told = 0;
"];

/// Errors of the ledger.
#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    /// A second crawler.
    #[error("another crawler works on the ledger in {0}; stop it, or leave the work to it")]
    Locked(String),
    /// Written by a later Sluice.
    #[error("the ledger has schema {0} of a later version; install that version again")]
    TooNew(u32),
    /// The state directory is not usable.
    #[error(
        "the crawler's state directory {0} is not usable: {1}; it must belong to the service account"
    )]
    Directory(String, #[source] std::io::Error),
    /// SQLite's own.
    #[error("the ledger is not usable: {0}")]
    Sqlite(#[from] rusqlite::Error),
}

/// Where a run stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum State {
    /// Known, not decided, or something is still to come.
    Seen,
    /// Objects may exist; its manifest.json may not be confirmed yet.
    Publishing,
    /// manifest.json is confirmed. Final.
    Published,
    /// A rule says no.
    Held,
    /// The job failed. Final.
    Failed,
}

/// A run in the ledger.
#[derive(Clone, Debug)]
pub struct Entry {
    /// File name in the attestation spool.
    pub name: String,
    /// Where it stands.
    pub state: State,
    /// Why; empty code when there is nothing to say.
    pub reason: Reason,
    /// Who and what it is, once an attestation was verified.
    pub identity: Option<Identity>,
    /// Last change of state, RFC 3339.
    pub changed: String,
}

/// What a verified attestation says about a run's name and owner.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// Run id.
    pub run_id: String,
    /// User name.
    pub owner: String,
    /// Name of the status file.
    pub token: String,
}

/// The only writer of a ledger, held by an flock.
pub struct Ledger {
    db: Connection,
    _lock: File,
}

/// A reader beside a running crawler.
pub struct Reader(Connection);

impl State {
    /// The word in the ledger, and in what is printed.
    pub fn word(self) -> &'static str {
        match self {
            Self::Seen => "seen",
            Self::Publishing => "publishing",
            Self::Published => "published",
            Self::Held => "held",
            Self::Failed => "failed",
        }
    }

    fn of(word: &str) -> Option<Self> {
        [Self::Seen, Self::Publishing, Self::Published, Self::Held, Self::Failed]
            .into_iter()
            .find(|state| state.word() == word)
    }
}

impl Ledger {
    /// Opens or makes the ledger in `dir`, which must exist, and takes its lock.
    pub fn open(dir: &Path) -> Result<Self, LedgerError> {
        let lock = lock(dir)?;
        let mut db = Connection::open(dir.join(FILE))?;
        db.pragma_update(None, "journal_mode", "WAL")?;
        db.pragma_update(None, "synchronous", "FULL")?;
        migrate(&mut db)?;
        Ok(Self { db, _lock: lock })
    }

    /// Enters runs not known yet, in one transaction.
    pub fn note(&self, names: &[String], now: &str) -> Result<(), LedgerError> {
        let known: HashSet<String> = self
            .db
            .prepare_cached("SELECT name FROM run")?
            .query_map([], |row| row.get(0))?
            .collect::<Result<_, _>>()?;
        let transaction = self.db.unchecked_transaction()?;
        for name in names.iter().filter(|name| !known.contains(*name)) {
            self.db
                .prepare_cached(
                    "INSERT INTO run (name, state, told, changed) VALUES (?, 'seen', 1, ?)",
                )?
                .execute([name, now])?;
        }
        transaction.commit()?;
        Ok(())
    }

    /// Every run that is not final, by name.
    pub fn unsettled(&self) -> Result<Vec<Entry>, LedgerError> {
        select(&self.db, "state NOT IN ('published', 'failed')")
    }

    /// Every run whose status file lags behind.
    pub fn untold(&self) -> Result<Vec<Entry>, LedgerError> {
        select(&self.db, "told = 0")
    }

    /// Notes that objects of this run may exist from now on, and returns the time its manifest
    /// carries: `now`, or that of the first attempt.
    pub fn begin(&self, name: &str, run: &Identity, now: &str) -> Result<String, LedgerError> {
        let time = self.db.prepare_cached(
            "UPDATE run SET state = 'publishing', code = '', message = '', run_id = ?2, owner = ?3,
             token = ?4, published = coalesce(published, ?5), changed = ?5 WHERE name = ?1
             RETURNING published",
        )?.query_row([name, &run.run_id, &run.owner, &run.token, now], |row| row.get(0))?;
        Ok(time)
    }

    /// Whether objects of this run may exist.
    pub fn begun(&self, name: &str) -> Result<bool, LedgerError> {
        let begun: Option<bool> = self
            .db
            .prepare_cached("SELECT published IS NOT NULL FROM run WHERE name = ?")?
            .query_row([name], |row| row.get(0))
            .optional()?;
        Ok(begun.unwrap_or(false))
    }

    /// Forgets the first attempt, after its objects were taken back.
    pub fn forget(&self, name: &str) -> Result<(), LedgerError> {
        self.db
            .prepare_cached("UPDATE run SET published = NULL WHERE name = ?")?
            .execute([name])?;
        Ok(())
    }

    /// Puts a run into a state; its status file lags until [`Ledger::told`].
    pub fn settle(
        &self,
        name: &str,
        state: State,
        reason: &Reason,
        run: Option<&Identity>,
        now: &str,
    ) -> Result<(), LedgerError> {
        self.db
            .prepare_cached(
                "UPDATE run SET state = ?2, code = ?3, message = ?4, told = coalesce(?8, token) IS NULL, changed = ?5,
                 run_id = coalesce(?6, run_id), owner = coalesce(?7, owner),
                 token = coalesce(?8, token) WHERE name = ?1",
            )?
            .execute(params![
                name,
                state.word(),
                reason.code,
                reason.message,
                now,
                run.map(|run| &run.run_id),
                run.map(|run| &run.owner),
                run.map(|run| &run.token),
            ])?;
        Ok(())
    }

    /// Notes that the status files of these runs say what the ledger says.
    pub fn told(&self, names: &[String]) -> Result<(), LedgerError> {
        let transaction = self.db.unchecked_transaction()?;
        for name in names {
            self.db.prepare_cached("UPDATE run SET told = 1 WHERE name = ?")?.execute([name])?;
        }
        transaction.commit()?;
        Ok(())
    }
}

impl Reader {
    /// Opens the ledger in `dir` without its lock.
    pub fn open(dir: &Path) -> Result<Self, LedgerError> {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let db = Connection::open_with_flags(dir.join(FILE), flags)?;
        db.busy_timeout(Duration::from_secs(5))?;
        Ok(Self(db))
    }

    /// How many runs are in each state.
    pub fn counts(&self) -> Result<Vec<(State, i64)>, LedgerError> {
        let mut statement = self.0.prepare("SELECT state, count(*) FROM run GROUP BY state")?;
        let counts = statement.query_map([], |row| Ok((state(row, 0)?, row.get(1)?)))?;
        Ok(counts.collect::<Result<_, _>>()?)
    }

    /// Every run, by name.
    pub fn all(&self) -> Result<Vec<Entry>, LedgerError> {
        select(&self.0, "true")
    }

    /// Every run that is neither published nor failed.
    pub fn unsettled(&self) -> Result<Vec<Entry>, LedgerError> {
        select(&self.0, "state NOT IN ('published', 'failed')")
    }
}

fn lock(dir: &Path) -> Result<File, LedgerError> {
    let shown = || dir.display().to_string();
    let path = dir.join(LOCK);
    let file = File::options().create(true).truncate(false).write(true).open(path);
    let file = file.map_err(|error| LedgerError::Directory(shown(), error))?;
    match flock(&file, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => Ok(file),
        Err(rustix::io::Errno::WOULDBLOCK) => Err(LedgerError::Locked(shown())),
        Err(error) => Err(LedgerError::Directory(shown(), error.into())),
    }
}

fn migrate(db: &mut Connection) -> Result<(), LedgerError> {
    let transaction = db.transaction()?;
    let version: u32 = transaction.pragma_query_value(None, "user_version", |row| row.get(0))?;
    let steps = MIGRATIONS.get(version as usize..).ok_or(LedgerError::TooNew(version))?;
    for (step, reached) in steps.iter().zip(version + 1..) {
        transaction.execute_batch(step)?;
        transaction.pragma_update(None, "user_version", reached)?;
    }
    transaction.commit()?;
    Ok(())
}

fn select(db: &Connection, condition: &str) -> Result<Vec<Entry>, LedgerError> {
    let mut statement = db.prepare_cached(&format!(
        "SELECT name, state, code, message, run_id, owner, token, changed FROM run
         WHERE {condition} ORDER BY name"
    ))?;
    let entries = statement.query_map([], entry)?.collect::<Result<_, _>>()?;
    Ok(entries)
}

fn entry(row: &Row<'_>) -> rusqlite::Result<Entry> {
    let identity = match (row.get(4)?, row.get(5)?, row.get(6)?) {
        (Some(run_id), Some(owner), Some(token)) => Some(Identity { run_id, owner, token }),
        _ => None,
    };
    Ok(Entry {
        name: row.get(0)?,
        state: state(row, 1)?,
        reason: Reason { code: row.get(2)?, message: row.get(3)? },
        identity,
        changed: row.get(7)?,
    })
}

fn state(row: &Row<'_>, column: usize) -> rusqlite::Result<State> {
    let word: String = row.get(column)?;
    State::of(&word).ok_or_else(|| {
        rusqlite::Error::FromSqlConversionFailure(
            column,
            rusqlite::types::Type::Text,
            format!("unknown state {word:?}").into(),
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn identity() -> Identity {
        Identity { run_id: "r-lab-7.0".into(), owner: "alice".into(), token: "0".repeat(32) }
    }

    #[test]
    fn second_writer_is_turned_away() {
        let dir = tempfile::tempdir().unwrap();
        let first = Ledger::open(dir.path()).unwrap();
        assert!(matches!(Ledger::open(dir.path()), Err(LedgerError::Locked(_))));
        drop(first);
        Ledger::open(dir.path()).unwrap();
    }

    #[test]
    fn time_of_the_first_attempt_is_kept() {
        let dir = tempfile::tempdir().unwrap();
        let ledger = Ledger::open(dir.path()).unwrap();
        ledger.note(&["lab-7.0.json".into()], "t0").unwrap();
        assert!(!ledger.begun("lab-7.0.json").unwrap());
        assert_eq!(ledger.begin("lab-7.0.json", &identity(), "t1").unwrap(), "t1");
        drop(ledger);
        let ledger = Ledger::open(dir.path()).unwrap();
        assert!(ledger.begun("lab-7.0.json").unwrap());
        assert_eq!(ledger.begin("lab-7.0.json", &identity(), "t2").unwrap(), "t1");
        ledger.forget("lab-7.0.json").unwrap();
        assert_eq!(ledger.begin("lab-7.0.json", &identity(), "t3").unwrap(), "t3");
    }

    #[test]
    fn settled_runs_stay_settled() {
        let dir = tempfile::tempdir().unwrap();
        let ledger = Ledger::open(dir.path()).unwrap();
        let names = ["a".to_owned(), "b".to_owned()];
        ledger.note(&names, "t0").unwrap();
        let reason = Reason::new("", "");
        ledger.settle("a", State::Published, &reason, Some(&identity()), "t1").unwrap();
        ledger.note(&names, "t2").unwrap();
        let unsettled = ledger.unsettled().unwrap();
        assert_eq!(unsettled.len(), 1);
        assert_eq!(unsettled[0].name, "b");
        assert_eq!(ledger.untold().unwrap().len(), 1);
        ledger.told(&["a".to_owned()]).unwrap();
        assert!(ledger.untold().unwrap().is_empty());
        let counts = Reader::open(dir.path()).unwrap().counts().unwrap();
        assert_eq!(counts.iter().map(|(_, n)| n).sum::<i64>(), 2);
    }

    #[test]
    fn later_schema_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let db = Connection::open(dir.path().join(FILE)).unwrap();
        db.pragma_update(None, "user_version", 99).unwrap();
        drop(db);
        assert!(matches!(Ledger::open(dir.path()), Err(LedgerError::TooNew(99))));
    }
}
