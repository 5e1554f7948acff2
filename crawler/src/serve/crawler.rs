//! Takes runs from their attestation to a final state. Whatever it does may be cut off at any
//! point by kill -9 and is taken up again by the next pass.

use std::{
    cell::{Cell, RefCell, RefMut},
    path::{Path, PathBuf},
    sync::Arc,
    time::Instant,
};

use futures_util::{StreamExt, stream};
use sluice_policy::time::format;
use sluice_site::shared::spooled_job;
use ssh_key::PublicKey;
use time::Duration;
use tokio::{sync::OnceCell, task::spawn_blocking};

use crate::{
    clock,
    config::Config,
    discover::spool::Spool,
    edge,
    error::PassError,
    judge::{allowlist::Allowlist, now::Now, unattested, weskit},
    ledger::{Entry, Ledger, LedgerError, State, journal::Journal},
    outcome::Stop,
    publish::buffers::Buffers,
    serve::{
        attend::broken,
        health::{Health, Part},
        metrics::Metrics,
        record::Pass,
        roll::{Id, Roll},
    },
    store::Store,
};

/// Runs that are looked at at the same time.
pub(crate) const AT_ONCE: usize = 48;
/// Runs that are taken in hand together.
const BATCH: usize = 1024;
/// Status files aren't synced, so after a start the youngest are written again.
const RETOLD: Duration = Duration::minutes(10);

/// The crawler with everything it works with.
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
    /// Status files that couldn't be written are tried again then.
    pub(crate) told_again: Cell<Option<Instant>>,
    roll: OnceCell<RefCell<Roll>>,
    attested: RefCell<Spool>,
    unattested: RefCell<unattested::Scan>,
    /// Serial of the set that the last pass saw.
    serial: RefCell<Option<u64>>,
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
            told_again: Cell::default(),
            roll: OnceCell::new(),
            attested: RefCell::default(),
            unattested: RefCell::default(),
            serial: RefCell::default(),
        }
    }

    /// The same crawler under another configuration.
    pub fn under(self, config: Config, ca: PublicKey, store: Store) -> Self {
        let Self { ledger, journal, metrics, health, .. } = self;
        metrics.warn_of_unattested(!config.require_attestation);
        Self { metrics, health, ..Self::new(config, ca, store, ledger, journal) }
    }

    /// Looks for new runs, then at every run that isn't final.
    pub async fn pass(&self) -> Result<Pass, PassError> {
        self.reconcile().await?;
        let entries = self.ledger.unsettled().await?;
        let now = Arc::new(self.now().await);
        if !entries.is_empty() {
            self.try_store(&now).await;
        }
        for entry in self.ledger.doubted().await? {
            self.confirm(&entry).await?;
        }
        let mut pass = Pass::default();
        for batch in entries.chunks(BATCH) {
            pass += self.attend_all(batch.to_vec(), &now).await?;
        }
        self.tell().await?;
        Ok(pass)
    }

    /// Enters the runs of the spool that aren't known: at most a readdir, whatever their number.
    pub async fn reconcile(&self) -> Result<usize, PassError> {
        self.roll().await?;
        self.take_requests().await?;
        let Config { spool, site, require_attestation, .. } = &*self.config;
        let known = |name: &str| self.loaded().is_some_and(|roll| roll.knows(Id::of(name)));
        let found = self.attested.borrow_mut().scan(spool, &site.cluster, Instant::now(), known);
        let mut names =
            found.map_err(|error| PassError::Spool(spool.display().to_string(), error))?;
        if !require_attestation {
            let found = self.unattested.borrow_mut().scan(&site.runs, known);
            names.extend(found.map_err(|error| PassError::Runs(site.runs.clone(), error))?);
        }
        let found = names.len();
        self.enter(names).await?;
        Ok(found)
    }

    /// Enters runs that events told of, or has those looked at again.
    pub async fn enter(&self, names: Vec<String>) -> Result<(), PassError> {
        let roll = self.roll().await?;
        let fresh: Vec<String> = {
            let mut roll = roll.borrow_mut();
            names.iter().for_each(|name| roll.hurry(Id::of(name)));
            let new = |name: &String| self.is_run(name) && !roll.knows(Id::of(name));
            names.into_iter().filter(new).collect()
        };
        if !fresh.is_empty() {
            self.ledger.note(fresh.clone(), &format(clock::now())).await?;
        }
        for name in fresh {
            edge::reached("noted", &name);
            roll.borrow_mut().add(name);
        }
        Ok(())
    }

    /// Whether an event's file can be a run; scans find only such.
    fn is_run(&self, name: &str) -> bool {
        unattested::is_name(name) || spooled_job(name, &self.config.site.cluster).is_some()
    }

    /// Takes some of the runs that are due, each of which is then to be given to [`Self::look_at`].
    pub(crate) async fn take_due(&self) -> Result<Vec<String>, PassError> {
        Ok(self.roll().await?.borrow_mut().take_due(BATCH))
    }

    /// Looks at one run.
    pub(crate) async fn look_at(&self, name: String, now: Arc<Now>) {
        let run = Id::of(&name);
        let looked = match self.ledger.entry(&name).await {
            Ok(Some(entry)) if !entry.state.is_final() => self.attend(entry, &now).await.map(drop),
            Ok(Some(entry)) if entry.state == State::Published => self.confirm(&entry).await,
            Ok(_) => {
                self.loaded().into_iter().for_each(|mut roll| roll.close(run));
                Ok(())
            }
            Err(error) => Err(error),
        };
        if let Err(error) = looked {
            self.health.failed(Part::Ledger, error);
            let later = Some(self.config.interval);
            self.loaded().into_iter().for_each(|mut roll| roll.postpone(run, None, later));
        }
    }

    /// When the next run is due.
    pub(crate) async fn next_due(&self) -> Result<Option<Instant>, PassError> {
        Ok(self.roll().await?.borrow().next())
    }

    /// Has a finished run looked at once more.
    pub(crate) fn reopen(&self, name: String) {
        if let Some(mut roll) = self.loaded() {
            roll.reopen(name);
        }
    }

    /// Has all open runs looked at if another set is in force than at the last pass.
    pub async fn notice_new_set(&self) -> Result<(), PassError> {
        let before = *self.serial.borrow();
        let now = self.now().await;
        if now.serial() != before {
            self.roll().await?.borrow_mut().hurry_all();
        }
        Ok(())
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

    /// Whether something is awaited of the run of this attestation.
    pub(crate) fn waits(&self, name: &str) -> bool {
        self.loaded().is_some_and(|roll| roll.waits(Id::of(name)))
    }

    /// Runs of which something is awaited, and the directories it will come to.
    pub(crate) fn waiting_places(&self) -> Vec<(String, Vec<PathBuf>)> {
        self.loaded().map(|roll| roll.places()).unwrap_or_default()
    }

    /// WESkit's word may be all that is missing: an event tells of it.
    pub(crate) fn await_log(&self, entry: &Entry, run_dir: &Path, verdict: &Result<(), Stop>) {
        let missing = match verdict {
            Err(Stop::Wait(reason) | Stop::Hold(reason)) => reason.code.starts_with("log-"),
            _ => false,
        };
        if let Some(mut roll) = self.loaded() {
            let places = missing.then(|| weskit::places(&self.config.site.runs, run_dir));
            roll.wait_at(Id::of(&entry.name), places.unwrap_or_default());
        }
    }

    async fn attend_all(&self, entries: Vec<Entry>, now: &Arc<Now>) -> Result<Pass, LedgerError> {
        let mut pass = Pass::default();
        let mut attended =
            stream::iter(entries).map(|entry| self.attend(entry, now)).buffer_unordered(AT_ONCE);
        while let Some(outcome) = attended.next().await {
            pass.count(outcome?);
        }
        self.tell().await?;
        Ok(pass)
    }

    /// What holds for runs that are looked at from now on.
    pub(crate) async fn fresh_now(&self) -> Arc<Now> {
        let now = Arc::new(self.now().await);
        self.try_store(&now).await;
        now
    }

    async fn try_store(&self, now: &Now) {
        if let Err(Stop::Retry(reason)) = self.store.probe().await {
            now.note_outage(self.store.url(), &reason);
        }
    }

    async fn now(&self) -> Now {
        let time = clock::now();
        let config = Arc::clone(&self.config);
        // Opened anew for each pass, since keys may have left `allowed_signers`.
        let opened = spawn_blocking(move || {
            let Config { site, etc, state, .. } = &*config;
            Allowlist::open(site, etc, state, time)
        });
        let allowlist = opened.await.unwrap_or_else(|error| Err(broken(error)));
        let now = Now::new(time, allowlist);
        *self.serial.borrow_mut() = now.serial();
        now
    }

    /// What is in memory, read from the ledger at the first call.
    async fn roll(&self) -> Result<&RefCell<Roll>, LedgerError> {
        self.roll
            .get_or_try_init(async || {
                self.ledger.tell_again(&format(clock::now() - RETOLD)).await?;
                let mut roll = Roll::new(self.ledger.known(|name| Some(Id::of(name))).await?);
                for entries in [self.ledger.unsettled().await?, self.ledger.doubted().await?] {
                    entries.into_iter().for_each(|Entry { name, .. }| roll.add(name));
                }
                Ok(RefCell::new(roll))
            })
            .await
    }

    /// What is in memory; every caller got here through [`Self::roll`].
    pub(crate) fn loaded(&self) -> Option<RefMut<'_, Roll>> {
        self.roll.get().map(RefCell::borrow_mut)
    }
}
