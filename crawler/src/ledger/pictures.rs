//! Pictures that attempts at publishing drew. Another renderer draws other bytes, so an object in a
//! picture's place is ours by its digest, and only if that was entered before it was sent.

use std::collections::HashSet;

use rusqlite::Connection;
use sluice_policy::digest::Digest;

use super::{Ledger, LedgerError};

/// Path and digest of each picture of a run that may be in the store.
pub type Pictures = HashSet<(String, Digest)>;

impl Ledger {
    /// Those of all attempts at a run, this one included.
    pub async fn pictures(&self, name: &str) -> Result<Pictures, LedgerError> {
        let name = name.to_owned();
        self.call(move |db| {
            let mut select = db.prepare_cached("SELECT path, digest FROM picture WHERE run = ?")?;
            let found = select.query_map([name], |row| {
                let digest = Digest::from_hex(row.get_ref(1)?.as_str()?);
                Ok(digest.ok().map(|digest| (row.get(0), digest)))
            })?;
            let known = found.filter_map(Result::transpose);
            known.map(|it| it.and_then(|(path, digest)| Ok((path?, digest)))).collect()
        })
        .await
    }
}

/// Enters what is about to be sent.
pub(super) fn enter(db: &Connection, name: &str, pictures: &Pictures) -> rusqlite::Result<()> {
    let mut insert =
        db.prepare_cached("INSERT OR IGNORE INTO picture (run, path, digest) VALUES (?, ?, ?)")?;
    pictures
        .iter()
        .try_for_each(|(path, digest)| insert.execute([name, path, &digest.hex()]).map(drop))
}

/// Forgets those of a run: they were taken back, or are published.
pub(super) fn forget(db: &Connection, name: &str) -> rusqlite::Result<()> {
    db.prepare_cached("DELETE FROM picture WHERE run = ?")?.execute([name]).map(drop)
}
