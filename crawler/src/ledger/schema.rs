//! The ledger's tables, and how those of earlier versions become them.

use rusqlite::Connection;

use super::LedgerError;

/// One step per schema version, in order; `user_version` counts those applied.
pub(super) const MIGRATIONS: &[&str] = &[
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
    // Status files of earlier versions told owners where in a file a rule failed.
    "
ALTER TABLE run ADD COLUMN rule TEXT;  -- JSON; the rule that holds the run
UPDATE run SET told = 0 WHERE state <> 'published' AND token IS NOT NULL;
",
    "
CREATE TABLE upload (        -- in parts, and perhaps unfinished
    run TEXT NOT NULL,
    key TEXT NOT NULL,
    id  TEXT NOT NULL,       -- the server's
    PRIMARY KEY (run, id)
) STRICT, WITHOUT ROWID;
",
    "
-- Beside 0 and 1, told is 2 while the store is to be asked before the status file is written.
CREATE INDEX run_doubted ON run (told) WHERE told = 2;
",
    "
ALTER TABLE run ADD COLUMN noted TEXT;  -- when it was entered
UPDATE run SET noted = changed WHERE state NOT IN ('published', 'failed', 'withdrawn');
CREATE TABLE mark (
    name TEXT PRIMARY KEY,
    time TEXT NOT NULL
) STRICT, WITHOUT ROWID;
",
    "
ALTER TABLE run ADD COLUMN remains TEXT;  -- what a withdrawal couldn't take back yet
",
    "
CREATE TABLE output (        -- whose counts are compared with each other
    id    INTEGER PRIMARY KEY,
    owner TEXT NOT NULL,
    entry TEXT NOT NULL,     -- its name, whatever its version
    glob  TEXT NOT NULL,
    UNIQUE (owner, entry, glob)
) STRICT;
CREATE TABLE released (      -- each count that a decision to publish let out; never forgotten
    output INTEGER NOT NULL,
    cell   BLOB NOT NULL,    -- digest of column and labels
    count  INTEGER NOT NULL, -- -1 for a suppressed one
    run    TEXT NOT NULL,    -- run id of the first that had it
    PRIMARY KEY (output, cell, count)
) STRICT, WITHOUT ROWID;
",
    "
CREATE TABLE picture (       -- each that was about to be sent, until its run is published
    run    TEXT NOT NULL,    -- name of its attestation
    path   TEXT NOT NULL,
    digest TEXT NOT NULL,
    PRIMARY KEY (run, path, digest)
) STRICT, WITHOUT ROWID;
",
];

/// Brings an older ledger up to date.
pub(super) fn migrate(db: &mut Connection) -> Result<(), LedgerError> {
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
