//! What became of every run: the crawler's memory across kills, outages and restarts.

mod reader;

use std::{collections::HashSet, fs::File, path::Path};

use rusqlite::{Connection, Params, Row, params};
use rustix::fs::{FlockOperation, flock};

use crate::{batch::Batch, outcome::Reason};
pub use reader::Reader;

const FILE: &str = "ledger.sqlite";
const LOCK: &str = "ledger.lock";
/// Runs that may still change by themselves.
const UNSETTLED: &str = "state NOT IN ('published', 'failed', 'withdrawn')";

/// One step per schema version, in order; `user_version` counts those applied.
const MIGRATIONS: &[&str] = &[
    "
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
",
    // SQLite can't change a CHECK, so the table is made again.
    "
DROP INDEX run_unsettled;
DROP INDEX run_untold;
ALTER TABLE run RENAME TO old;
CREATE TABLE run (
    name      TEXT PRIMARY KEY,  -- file in the attestation spool
    state     TEXT NOT NULL CHECK (state IN ('seen', 'publishing', 'published', 'held', 'failed',
                                             'withdrawing', 'withdrawn')),
    code      TEXT NOT NULL DEFAULT '',
    message   TEXT NOT NULL DEFAULT '',
    run_id    TEXT,              -- NULL until an attestation was verified
    owner     TEXT,
    token     TEXT,
    digest    TEXT,              -- of the bundle
    published TEXT,              -- the time manifest.json carries, kept so that a retry repeats it
    told      INTEGER NOT NULL,  -- 0 while the status file lags behind
    changed   TEXT NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO run (name, state, code, message, run_id, owner, token, published, told, changed)
    SELECT name, state, code, message, run_id, owner, token, published, told, changed FROM old;
DROP TABLE old;
CREATE INDEX run_unsettled ON run (state)
    WHERE state NOT IN ('published', 'failed', 'withdrawn');
CREATE INDEX run_untold ON run (told) WHERE told = 0;
CREATE INDEX run_id ON run (run_id);
",
];

/// Errors of the ledger.
#[derive(Clone, Debug, thiserror::Error)]
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
    Directory(String, String),
    /// SQLite's own: the disk is full, or broken.
    #[error("the ledger can't be used: {0}")]
    Sqlite(String),
}

impl From<rusqlite::Error> for LedgerError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sqlite(error.to_string())
    }
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
    /// Being taken back.
    Withdrawing,
    /// Taken back, with a tombstone in its place. Final.
    Withdrawn,
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
    /// Whether objects of this run may exist.
    pub begun: bool,
    /// Last change of state, RFC 3339.
    pub changed: String,
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

/// The only writer of a ledger, held by an flock.
pub struct Ledger {
    writes: Batch<Connection>,
    // Let go of after the last write.
    _lock: File,
}

impl State {
    const ALL: [Self; 7] = [
        Self::Seen,
        Self::Publishing,
        Self::Published,
        Self::Held,
        Self::Failed,
        Self::Withdrawing,
        Self::Withdrawn,
    ];

    /// The word in the ledger, and in what is printed.
    pub fn word(self) -> &'static str {
        match self {
            Self::Seen => "seen",
            Self::Publishing => "publishing",
            Self::Published => "published",
            Self::Held => "held",
            Self::Failed => "failed",
            Self::Withdrawing => "withdrawing",
            Self::Withdrawn => "withdrawn",
        }
    }

    /// Whether a run stays where it is, unless somebody asks for more.
    pub fn is_final(self) -> bool {
        matches!(self, Self::Published | Self::Failed | Self::Withdrawn)
    }

    fn of(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.word() == word)
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
        let writes = Batch::start("ledger", db, transaction).map_err(|error| {
            LedgerError::Directory(dir.display().to_string(), error.to_string())
        })?;
        Ok(Self { writes, _lock: lock })
    }

    async fn call<T: Send + 'static>(
        &self,
        write: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, LedgerError> {
        let write = |db: &mut Connection| write(db).map_err(|error| error.to_string());
        self.writes.call(write).await.map_err(LedgerError::Sqlite)
    }

    /// What `id` makes of the names of all runs.
    pub async fn known<T: Eq + std::hash::Hash + Send + 'static>(
        &self,
        id: impl Fn(&str) -> Option<T> + Send + 'static,
    ) -> Result<HashSet<T>, LedgerError> {
        self.call(move |db| {
            let mut statement = db.prepare("SELECT name FROM run")?;
            let names = statement.query_map([], |row| Ok(id(row.get_ref(0)?.as_str()?)))?;
            names.filter_map(Result::transpose).collect()
        })
        .await
    }

    /// Enters runs, unless they are known.
    pub async fn note(&self, names: Vec<String>, now: &str) -> Result<(), LedgerError> {
        let now = now.to_owned();
        self.call(move |db| {
            let mut insert = db.prepare_cached(
                "INSERT INTO run (name, state, told, changed) VALUES (?, 'seen', 1, ?)
                     ON CONFLICT DO NOTHING",
            )?;
            names.iter().try_for_each(|name| insert.execute([name, &now]).map(drop))
        })
        .await
    }

    /// Every run that is not in a final state, by name.
    pub async fn unsettled(&self) -> Result<Vec<Entry>, LedgerError> {
        self.call(|db| select(db, UNSETTLED, [])).await
    }

    /// One run.
    pub async fn entry(&self, name: &str) -> Result<Option<Entry>, LedgerError> {
        let name = name.to_owned();
        self.call(move |db| Ok(select(db, "name = ?", [name])?.pop())).await
    }

    /// The run with this run id.
    pub async fn find(&self, run_id: &str) -> Result<Option<Entry>, LedgerError> {
        let run_id = run_id.to_owned();
        self.call(move |db| Ok(select(db, "run_id = ?", [run_id])?.pop())).await
    }

    /// Up to `limit` runs whose status file lags behind.
    pub async fn untold(&self, limit: u32) -> Result<Vec<Entry>, LedgerError> {
        self.call(move |db| select(db, &format!("told = 0 LIMIT {limit}"), [])).await
    }

    /// Notes that objects of this run may exist from now on, and returns the time its manifest
    /// carries: `now`, or that of the first attempt.
    pub async fn begin(&self, name: &str, run: Identity, now: &str) -> Result<String, LedgerError> {
        let (name, now) = (name.to_owned(), now.to_owned());
        self.call(move |db| {
            db.prepare_cached(
                "UPDATE run SET state = 'publishing', run_id = ?2, owner = ?3, token = ?4,
                 digest = ?5, published = coalesce(published, ?6) WHERE name = ?1
                 RETURNING published",
            )?
            .query_row([name, run.run_id, run.owner, run.token, run.digest, now], |row| row.get(0))
        })
        .await
    }

    /// Forgets the first attempt, after its objects were taken back.
    pub async fn forget(&self, name: &str) -> Result<(), LedgerError> {
        let name = name.to_owned();
        self.call(move |db| {
            db.prepare_cached("UPDATE run SET published = NULL WHERE name = ?")?
                .execute([name])
                .map(drop)
        })
        .await
    }

    /// Puts a run into a state; its status file lags until [`Ledger::told`].
    pub async fn settle(
        &self,
        name: &str,
        state: State,
        reason: Reason,
        run: Option<Identity>,
        now: &str,
    ) -> Result<(), LedgerError> {
        let (name, now) = (name.to_owned(), now.to_owned());
        self.call(move |db| {
            db.prepare_cached(
                "UPDATE run SET state = ?2, code = ?3, message = ?4, changed = ?5,
                     run_id = coalesce(?6, run_id), owner = coalesce(?7, owner),
                     token = coalesce(?8, token), digest = coalesce(?9, digest),
                     told = coalesce(?8, token) IS NULL WHERE name = ?1",
            )?
            .execute(params![
                name,
                state.word(),
                reason.code,
                reason.message,
                now,
                run.as_ref().map(|run| &run.run_id),
                run.as_ref().map(|run| &run.owner),
                run.as_ref().map(|run| &run.token),
                run.as_ref().map(|run| &run.digest),
            ])
            .map(drop)
        })
        .await
    }

    /// Notes that the status files of these runs say what the ledger says.
    pub async fn told(&self, names: Vec<String>) -> Result<(), LedgerError> {
        self.call(move |db| {
            let mut update = db.prepare_cached("UPDATE run SET told = 1 WHERE name = ?")?;
            names.iter().try_for_each(|name| update.execute([name]).map(drop))
        })
        .await
    }

    /// Has the status files written again of runs that changed after `time`.
    pub async fn tell_again(&self, time: &str) -> Result<(), LedgerError> {
        let time = time.to_owned();
        self.call(move |db| {
            let again = "UPDATE run SET told = 0 WHERE changed >= ? AND token IS NOT NULL";
            db.execute(again, [time]).map(drop)
        })
        .await
    }

    /// How many runs are in each state.
    pub async fn counts(&self) -> Result<Vec<(State, i64)>, LedgerError> {
        self.call(counts).await
    }
}

fn lock(dir: &Path) -> Result<File, LedgerError> {
    let shown = || dir.display().to_string();
    let path = dir.join(LOCK);
    let file = File::options().create(true).truncate(false).write(true).open(path);
    let file = file.map_err(|error| LedgerError::Directory(shown(), error.to_string()))?;
    match flock(&file, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => Ok(file),
        Err(rustix::io::Errno::WOULDBLOCK) => Err(LedgerError::Locked(shown())),
        Err(error) => Err(LedgerError::Directory(shown(), error.to_string())),
    }
}

/// One round of writes.
fn transaction(db: &mut Connection, work: &mut dyn FnMut(&mut Connection)) -> Result<(), String> {
    let failed = |error: rusqlite::Error| format!("the ledger can't be written: {error}");
    db.execute_batch("BEGIN IMMEDIATE").map_err(failed)?;
    work(db);
    let committed = db.execute_batch("COMMIT").map_err(failed);
    if committed.is_err() && !db.is_autocommit() {
        // The first error is the one to tell.
        let _ = db.execute_batch("ROLLBACK");
    }
    committed
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

fn counts(db: &Connection) -> rusqlite::Result<Vec<(State, i64)>> {
    let mut statement =
        db.prepare_cached("SELECT state, count(*) FROM run GROUP BY state ORDER BY state")?;
    let counts = statement.query_map([], |row| Ok((state(row, 0)?, row.get(1)?)))?;
    counts.collect()
}

fn select(db: &Connection, condition: &str, values: impl Params) -> rusqlite::Result<Vec<Entry>> {
    let mut statement = db.prepare_cached(&format!(
        "SELECT name, state, code, message, run_id, owner, token, digest, published IS NOT NULL,
         changed FROM run WHERE {condition}"
    ))?;
    let mut entries: Vec<_> = statement.query_map(values, entry)?.collect::<Result<_, _>>()?;
    entries.sort_unstable_by(|a: &Entry, b| a.name.cmp(&b.name));
    Ok(entries)
}

fn entry(row: &Row<'_>) -> rusqlite::Result<Entry> {
    let identity = match (row.get(4)?, row.get(5)?, row.get(6)?) {
        (Some(run_id), Some(owner), Some(token)) => {
            let digest: Option<String> = row.get(7)?;
            Some(Identity { run_id, owner, token, digest: digest.unwrap_or_default() })
        }
        _ => None,
    };
    Ok(Entry {
        name: row.get(0)?,
        state: state(row, 1)?,
        reason: Reason { code: row.get(2)?, message: row.get(3)? },
        identity,
        begun: row.get(8)?,
        changed: row.get(9)?,
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
mod tests;
