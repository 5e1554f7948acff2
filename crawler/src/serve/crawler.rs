//! The crawler with everything that it works with.

use std::{
    cell::{Cell, RefCell, RefMut},
    path::{Path, PathBuf},
    sync::Arc,
    time::Instant,
};

use sluice_policy::time::format;
use sluice_site::shared::spooled_job;
use ssh_key::PublicKey;
use time::Duration;
use tokio::sync::{OnceCell, Semaphore};

use crate::{
    clock,
    config::Config,
    discover::spool::Spool,
    judge::{now::Now, unattested},
    ledger::{Id, Ledger, LedgerError, Row, journal::Journal},
    outcome::Recheck,
    publish::buffers::Buffers,
    serve::{health::Health, metrics::Metrics, schedule::Schedule},
    store::Store,
};

/// Status files aren't synced, so after a start the youngest are written again.
const RETOLD: Duration = Duration::minutes(10);
/// Runs whose figures are drawn at the same time: each takes a processor and up to 2 GiB.
const DRAWN_AT_ONCE: usize = 2;

/// Takes runs from their attestation to a final state. Whatever it does may be cut off at any point by
/// kill -9 and is taken up again by the next pass.
pub struct Crawler {
    /// What it works with.
    pub config: Arc<Config>,
    /// Certifies the nodes.
    pub ca: Arc<PublicKey>,
    pub(crate) store: Store,
    pub(crate) ledger: Ledger,
    pub(crate) journal: Journal,
    /// What the service has done since its start.
    pub metrics: Metrics,
    /// What doesn't work now.
    pub health: Health,
    /// Contents in memory.
    pub(crate) buffers: Buffers,
    /// Large attestations in memory.
    pub(crate) statements: Buffers,
    /// Turns of the runs whose figures are drawn.
    pub(crate) drawing: Arc<Semaphore>,
    /// Status files that couldn't be written are tried again then.
    pub(crate) told_again: Cell<Option<Instant>>,
    schedule: OnceCell<RefCell<Schedule>>,
    pub(crate) attested: RefCell<Spool>,
    pub(crate) unattested: RefCell<unattested::Scan>,
    /// Serial of the set that the last pass saw.
    pub(crate) serial: RefCell<Option<u64>>,
}

impl Crawler {
    /// Puts the parts together; nothing is done yet.
    pub fn new(
        config: Config,
        ca: PublicKey,
        store: Store,
        ledger: Ledger,
        journal: Journal,
    ) -> Self {
        let metrics = Metrics::new();
        metrics.warn_of_unattested(!config.require_attestation);
        Self {
            config: Arc::new(config),
            ca: Arc::new(ca),
            store,
            ledger,
            journal,
            metrics,
            health: Health::default(),
            buffers: Buffers::new(),
            statements: Buffers::new(),
            drawing: Arc::new(Semaphore::new(DRAWN_AT_ONCE)),
            told_again: Cell::default(),
            schedule: OnceCell::new(),
            attested: RefCell::default(),
            unattested: RefCell::default(),
            serial: RefCell::default(),
        }
    }

    /// The same crawler under another configuration.
    pub fn under(self, config: Config, ca: PublicKey, store: Store) -> Self {
        let Self { ledger, journal, metrics, health, drawing, .. } = self;
        metrics.warn_of_unattested(!config.require_attestation);
        Self { metrics, health, drawing, ..Self::new(config, ca, store, ledger, journal) }
    }

    /// When runs are to be looked at, read from the ledger at the first call.
    pub(crate) async fn schedule(&self) -> Result<&RefCell<Schedule>, LedgerError> {
        self.schedule
            .get_or_try_init(async || {
                self.ledger.tell_again(&format(clock::now() - RETOLD)).await?;
                let known = self.ledger.known(|name| Some(Id::of(name))).await?;
                let mut schedule = Schedule::new(known);
                for entries in [self.ledger.unsettled().await?, self.ledger.doubted().await?] {
                    entries.into_iter().for_each(|Row { name, .. }| schedule.add(name));
                }
                Ok(RefCell::new(schedule))
            })
            .await
    }

    /// The same once it was read: every caller got here through [`Self::schedule`].
    pub(crate) fn loaded(&self) -> Option<RefMut<'_, Schedule>> {
        self.schedule.get().map(RefCell::borrow_mut)
    }

    /// Has a run that was looked at looked at again.
    pub(crate) fn put_back(&self, name: &str, recheck: Recheck, now: Option<&Now>) {
        if let Some(mut schedule) = self.loaded() {
            let serial = now.and_then(Now::serial);
            schedule.put_back(Id::of(name), recheck, self.config.interval, serial);
        }
    }

    /// Has a finished run looked at once more.
    pub(crate) fn reopen(&self, name: String) {
        if let Some(mut schedule) = self.loaded() {
            schedule.reopen(name);
        }
    }

    /// Whether something is awaited of the run of this attestation.
    pub(crate) fn waits(&self, name: &str) -> bool {
        self.loaded().is_some_and(|schedule| schedule.waits(Id::of(name)))
    }

    /// Runs of which something is awaited, and the directories it will come to.
    pub(crate) fn waiting_places(&self) -> Vec<(String, Vec<PathBuf>)> {
        self.loaded().map(|schedule| schedule.places()).unwrap_or_default()
    }

    /// Whether an event's file can be a run; scans find only such.
    pub(crate) fn is_run(&self, name: &str) -> bool {
        unattested::is_name(name) || spooled_job(name, &self.config.site.cluster).is_some()
    }

    /// Where attestations come in.
    pub(crate) fn spool(&self) -> &Path {
        &self.config.spool
    }

    /// Where other commands leave what the daemon is to do.
    pub(crate) fn requests(&self) -> PathBuf {
        self.config.state.join("requests")
    }

    /// Time between two scans.
    pub(crate) fn interval(&self) -> std::time::Duration {
        self.config.interval
    }
}
