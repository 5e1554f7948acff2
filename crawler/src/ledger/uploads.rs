//! Uploads in parts that may be unfinished.

use super::{Ledger, LedgerError};

impl Ledger {
    /// Notes an upload of a run, before the first of its parts is sent.
    pub async fn upload_begun(&self, run: &str, key: &str, id: &str) -> Result<(), LedgerError> {
        let values = [run, key, id].map(str::to_owned);
        self.execute("INSERT OR REPLACE INTO upload (run, key, id) VALUES (?, ?, ?)", values).await
    }

    /// Forgets an upload that was completed or aborted.
    pub async fn upload_over(&self, run: &str, id: &str) -> Result<(), LedgerError> {
        let values = [run, id].map(str::to_owned);
        self.execute("DELETE FROM upload WHERE run = ? AND id = ?", values).await
    }

    /// Key and id of every upload of a run.
    pub async fn uploads(&self, run: &str) -> Result<Vec<(String, String)>, LedgerError> {
        let run = run.to_owned();
        self.call(|db| {
            let mut select = db.prepare_cached("SELECT key, id FROM upload WHERE run = ?")?;
            let uploads = select.query_map([run], |row| Ok((row.get(0)?, row.get(1)?)))?;
            uploads.collect()
        })
        .await
    }
}
