//! What became of every run: the crawler's memory across kills, outages and restarts.

mod batch;
mod id;
pub mod journal;
mod pictures;
mod reader;
mod released;
mod rows;
mod schema;
mod standing;
mod uploads;
mod usable;

use std::{collections::HashSet, fs::File, path::Path};

use rusqlite::{Connection, Params, params};
use rustix::fs::{FlockOperation, flock};

use batch::Batch;

use crate::outcome::{Code, Reason, State, Stop};
pub use id::Id;
pub use pictures::Pictures;
pub use reader::Reader;
pub use released::{Counted, Differing};
pub use rows::{Identity, Row};
use rows::{counts, select};
use schema::migrate;
pub use standing::Standing;
pub use usable::check_usable;

const FILE: &str = "ledger.sqlite";
const LOCK: &str = "ledger.lock";
/// Runs that may still change by themselves.
const UNSETTLED: &str = "state NOT IN ('published', 'failed', 'withdrawn')";

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

/// A run waits for the ledger.
impl From<LedgerError> for Stop {
    fn from(error: LedgerError) -> Self {
        Self::retry(Code::LedgerUnwritable, error.to_string())
    }
}

/// The only writer of a ledger, held by an flock.
pub struct Ledger {
    writes: Batch<Connection>,
    // Let go of after the last write.
    _lock: File,
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

    /// One statement that changes something.
    async fn execute(
        &self,
        sql: &'static str,
        values: impl Params + Send + 'static,
    ) -> Result<(), LedgerError> {
        self.call(move |db| db.prepare_cached(sql)?.execute(values).map(drop)).await
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
                "INSERT INTO run (name, state, told, changed, noted) VALUES (?1, 'seen', 1, ?2, ?2)
                     ON CONFLICT DO NOTHING",
            )?;
            names.iter().try_for_each(|name| insert.execute([name, &now]).map(drop))
        })
        .await
    }

    /// Every run that is not in a final state, by name.
    pub async fn unsettled(&self) -> Result<Vec<Row>, LedgerError> {
        self.call(|db| select(db, UNSETTLED, [])).await
    }

    /// One run.
    pub async fn entry(&self, name: &str) -> Result<Option<Row>, LedgerError> {
        let name = name.to_owned();
        self.call(move |db| Ok(select(db, "name = ?", [name])?.pop())).await
    }

    /// The run with this run id.
    pub async fn find(&self, run_id: &str) -> Result<Option<Row>, LedgerError> {
        let run_id = run_id.to_owned();
        self.call(move |db| Ok(select(db, "run_id = ?", [run_id])?.pop())).await
    }

    /// Up to `limit` runs whose status file lags behind.
    pub async fn untold(&self, limit: u32) -> Result<Vec<Row>, LedgerError> {
        self.call(move |db| select(db, &format!("told = 0 LIMIT {limit}"), [])).await
    }

    /// Notes that objects of this run may exist from now on, and returns the time its manifest
    /// carries: `now`, or that of the first attempt.
    pub async fn begin(&self, name: &str, run: Identity, now: &str) -> Result<String, LedgerError> {
        let (name, now) = (name.to_owned(), now.to_owned());
        self.call(move |db| begin(db, &name, &run, &now)).await
    }

    /// Forgets the first attempt, after its objects were taken back.
    pub async fn forget(&self, name: &str) -> Result<(), LedgerError> {
        let name = name.to_owned();
        self.call(move |db| {
            pictures::forget(db, &name)?;
            let forget = "UPDATE run SET published = NULL WHERE name = ?";
            db.prepare_cached(forget)?.execute([name]).map(drop)
        })
        .await
    }

    /// Puts a run into a state; its status file lags until [`Ledger::told`].
    pub async fn set_state(
        &self,
        name: &str,
        state: State,
        reason: Reason,
        run: Option<Identity>,
        now: &str,
    ) -> Result<(), LedgerError> {
        let (name, now) = (name.to_owned(), now.to_owned());
        let rule = reason.rule.as_ref().map(|rule| serde_json::json!(rule).to_string());
        self.call(move |db| {
            if state.is_final() {
                pictures::forget(db, &name)?;
            }
            db.prepare_cached(
                "UPDATE run SET state = ?2, code = ?3, message = ?4, changed = ?5,
                     run_id = coalesce(?6, run_id), owner = coalesce(?7, owner),
                     token = coalesce(?8, token), digest = coalesce(?9, digest),
                     told = coalesce(?8, token) IS NULL, rule = ?10 WHERE name = ?1",
            )?
            .execute(params![
                name,
                state.word(),
                reason.code(),
                reason.message,
                now,
                run.as_ref().map(|run| &run.run_id),
                run.as_ref().map(|run| &run.owner),
                run.as_ref().map(|run| &run.token),
                run.as_ref().map(|run| &run.digest),
                rule,
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

    /// Has the status files written again of runs that changed after `time`. Those of published
    /// runs wait for [`Ledger::untell`]: a ledger from a backup may call a run published that has
    /// been withdrawn since.
    pub async fn tell_again(&self, time: &str) -> Result<(), LedgerError> {
        let time = time.to_owned();
        self.call(move |db| {
            let again = "UPDATE run SET told = CASE state WHEN 'published' THEN 2 ELSE 0 END
                 WHERE (changed >= ? OR told <> 1) AND token IS NOT NULL";
            db.execute(again, [time]).map(drop)
        })
        .await
    }

    /// Published runs whose owners are to be told again once the store has been asked.
    pub async fn doubted(&self) -> Result<Vec<Row>, LedgerError> {
        self.call(|db| select(db, "told = 2", [])).await
    }

    /// Has a run's status file written again.
    pub async fn untell(&self, name: &str) -> Result<(), LedgerError> {
        self.execute("UPDATE run SET told = 0 WHERE name = ?", [name.to_owned()]).await
    }

    /// Everybody who has runs here.
    pub async fn owners(&self) -> Result<Vec<String>, LedgerError> {
        self.call(|db| {
            let mut owners =
                db.prepare("SELECT DISTINCT owner FROM run WHERE owner IS NOT NULL")?;
            let owners = owners.query_map([], |row| row.get(0))?;
            owners.collect()
        })
        .await
    }

    /// Notes what of a run that is being withdrawn is still readable.
    pub async fn remain(&self, name: &str, what: &str) -> Result<(), LedgerError> {
        let values = [name, what].map(str::to_owned);
        self.execute("UPDATE run SET remains = ?2 WHERE name = ?1", values).await
    }

    /// Notes that a scan went well.
    pub async fn mark_scan(&self, now: &str) -> Result<(), LedgerError> {
        let mark = "INSERT OR REPLACE INTO mark (name, time) VALUES ('scan', ?)";
        self.execute(mark, [now.to_owned()]).await
    }

    /// What whoever watches the service is told.
    pub async fn standing(&self) -> Result<Standing, LedgerError> {
        self.call(Standing::read).await
    }

    /// How many runs are in each state.
    pub async fn counts(&self) -> Result<Vec<(State, i64)>, LedgerError> {
        self.call(counts).await
    }
}

fn begin(db: &Connection, name: &str, run: &Identity, now: &str) -> rusqlite::Result<String> {
    let Identity { run_id, owner, token, digest } = run;
    db.prepare_cached(
        "UPDATE run SET state = 'publishing', run_id = ?2, owner = ?3, token = ?4,
         digest = ?5, published = coalesce(published, ?6) WHERE name = ?1
         RETURNING published",
    )?
    .query_row([name, run_id, owner, token, digest, now], |row| row.get(0))
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

#[cfg(test)]
mod tests;
