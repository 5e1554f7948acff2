//! Telling owners: the status files follow the ledger.

use std::{path::Path, sync::Arc, time::Instant};

use tokio::task::spawn_blocking;

use crate::{
    failpoint,
    ledger::{LedgerError, Row},
    outcome::Notice,
    serve::{crawler::Crawler, health::Part, status},
    store::Store,
};

/// Status files written between two notes of it in the ledger.
const TOLD_AT_ONCE: u32 = 512;

impl Crawler {
    /// Brings the status files up to the ledger, also those that a kill left behind. What can't be
    /// written is tried again an interval later.
    pub(crate) async fn tell(&self) -> Result<(), LedgerError> {
        if self.told_again.get().is_some_and(|again| Instant::now() < again) {
            return Ok(());
        }
        loop {
            let untold = self.ledger.untold(TOLD_AT_ONCE).await?;
            let asked = untold.len();
            let (config, store) = (Arc::clone(&self.config), self.store.clone());
            let work = spawn_blocking(move || {
                let write = |entry: Row| tell(&config.site.status, &store, entry);
                let (told, failed): (Vec<_>, Vec<_>) =
                    untold.into_iter().map(write).partition(Result::is_ok);
                let told: Vec<String> = told.into_iter().flatten().collect();
                (told, failed.into_iter().find_map(Result::err))
            });
            let (told, failed) = work.await.unwrap_or_default();
            told.iter().for_each(|name| failpoint::reached("told", name));
            if !told.is_empty() {
                self.ledger.told(told).await?;
            }
            match failed {
                Some(error) => {
                    self.health.failed(Part::Status, error);
                    self.told_again.set(Some(Instant::now() + self.config.interval));
                    return Ok(());
                }
                None if asked > 0 => self.health.works(Part::Status),
                None => {}
            }
            if asked < TOLD_AT_ONCE as usize {
                return Ok(());
            }
        }
    }
}

/// Writes one status file; says whose it was.
fn tell(dir: &Path, store: &Store, entry: Row) -> Result<String, String> {
    let Row { name, state, reason, identity, changed, .. } = entry;
    // Only a verified attestation says whose run it is.
    let Some(run) = identity else { return Ok(name) };
    let (notice, place) = (Notice::new(state, &reason), store.place(&run.owner, &run.run_id));
    status::write(dir, &run, state, notice, &place, &changed)
        .map(|()| name)
        .map_err(|error| format!("they can't be written in {}: {error}", dir.display()))
}
