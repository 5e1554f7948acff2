//! Takes runs from their attestation to a final state. Whatever it does may be cut off at any
//! point by kill -9 and is taken up again by the next pass.

use std::{
    cell::{RefCell, RefMut},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use futures_util::{StreamExt, stream};
use serde_json::json;
use sluice_policy::{digest::Digest, entry::Entry as Approved, time::format};
use ssh_key::PublicKey;
use time::{Duration, OffsetDateTime};
use tokio::{sync::OnceCell, task::spawn_blocking};

use crate::{
    allowlist::Allowlist,
    attested::Attested,
    buffers::Buffers,
    clock,
    config::Config,
    discovery::{incarnation, scan},
    edge, examine,
    journal::Journal,
    ledger::{Entry, Ledger, LedgerError, State},
    metrics::Metrics,
    outcome::{Reason, Stop},
    publish::{Plan, Retracted, publish, retract},
    record::{Outcome, Pass},
    roll::{Id, Roll},
    store::Store,
    unattested, weskit,
};

/// Runs that are looked at at the same time.
const AT_ONCE: usize = 48;
/// Runs between two looks at what else has happened.
const BATCH: usize = 1024;
/// Status files aren't synced, so after a start the youngest are written again.
const RETOLD: Duration = Duration::minutes(10);

/// Errors that end a pass; errors of one run don't.
#[derive(Debug, thiserror::Error)]
pub enum PassError {
    /// No memory, no work.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// The spool is not there.
    #[error("the attestation spool {0} can't be read: {1}")]
    Spool(String, #[source] std::io::Error),
    /// The run directories are not there.
    #[error("the run directories below {0} can't be looked through: {1}")]
    Runs(PathBuf, #[source] std::io::Error),
    /// The store doesn't answer.
    #[error("{0}")]
    Store(String),
    /// Requests of other commands.
    #[error("the requests in {0} can't be worked on: {1}")]
    Requests(PathBuf, #[source] std::io::Error),
}

/// The crawler with everything it works with.
pub struct Crawler {
    pub(crate) config: Arc<Config>,
    ca: Arc<PublicKey>,
    pub(crate) store: Store,
    pub(crate) ledger: Ledger,
    pub(crate) journal: Journal,
    /// What the service has done since its start.
    pub metrics: Metrics,
    buffers: Buffers,
    roll: OnceCell<RefCell<Roll>>,
    unattested: RefCell<unattested::Scan>,
    /// Serial of the set that the last pass saw.
    serial: RefCell<Option<u64>>,
}

/// What holds for one pass.
pub(crate) struct Now {
    time: OffsetDateTime,
    pub(crate) text: String,
    allowlist: Result<Allowlist, Stop>,
    /// Set once the store doesn't answer, so that the other runs needn't find out themselves.
    outage: Mutex<Option<Reason>>,
}

impl Now {
    /// Serial of the set in force, if there is one.
    pub(crate) fn serial(&self) -> Option<u64> {
        self.allowlist.as_ref().ok().map(Allowlist::serial)
    }

    fn outage(&self) -> Option<Reason> {
        self.outage.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn note_outage(&self, reason: &Reason) {
        *self.outage.lock().unwrap_or_else(PoisonError::into_inner) = Some(reason.clone());
    }
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
        Self {
            config: Arc::new(config),
            ca: Arc::new(ca),
            store,
            ledger,
            journal,
            metrics: Metrics::new(),
            buffers: Buffers::new(),
            roll: OnceCell::new(),
            unattested: RefCell::default(),
            serial: RefCell::default(),
        }
    }

    /// Looks for new runs, then at every run that isn't final.
    pub async fn pass(&self) -> Result<Pass, PassError> {
        self.reconcile().await?;
        let entries = self.ledger.unsettled().await?;
        let now = Arc::new(self.now().await);
        let mut pass = Pass::default();
        for batch in entries.chunks(BATCH) {
            pass += self.attend_all(batch.to_vec(), &now).await?;
        }
        self.tell().await?;
        Ok(pass)
    }

    /// Enters the runs of the spool that aren't known: a readdir, whatever their number.
    pub async fn reconcile(&self) -> Result<usize, PassError> {
        self.roll().await?;
        self.take_requests().await?;
        let Config { spool, site, require_attestation, .. } = &*self.config;
        let known = |name: &str| self.loaded().is_some_and(|roll| roll.knows(Id::of(name)));
        let mut names = scan(spool, &site.cluster, known)
            .map_err(|error| PassError::Spool(spool.display().to_string(), error))?;
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
        unattested::is_name(name) || incarnation(name, &self.config.site.cluster).is_some()
    }

    /// Looks at some of the runs that are due; the result says nothing where none was.
    pub async fn attend_due(&self) -> Result<Option<Pass>, PassError> {
        let names = self.roll().await?.borrow().due(BATCH);
        if names.is_empty() {
            return Ok(None);
        }
        let mut entries = Vec::new();
        for name in names {
            entries.extend(self.ledger.entry(&name).await?);
        }
        let now = Arc::new(self.now().await);
        Ok(Some(self.attend_all(entries, &now).await?))
    }

    /// When the next run is due.
    pub(crate) async fn next_due(&self) -> Result<Option<std::time::Instant>, PassError> {
        Ok(self.roll().await?.borrow().next())
    }

    /// Has a finished run looked at once more.
    pub(crate) fn reopen(&self, name: String) {
        if let Some(mut roll) = self.loaded() {
            roll.add(name);
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
    fn await_log(&self, entry: &Entry, run_dir: &Path, verdict: &Result<(), Stop>) {
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
        if !entries.is_empty()
            && let Err(Stop::Retry(reason)) = self.store.probe().await
        {
            now.note_outage(&reason);
        }
        let mut pass = Pass::default();
        let mut attended =
            stream::iter(entries).map(|entry| self.attend(entry, now)).buffer_unordered(AT_ONCE);
        while let Some(outcome) = attended.next().await {
            pass.count(outcome?);
        }
        self.tell().await?;
        Ok(pass)
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
        let now = Now { time, text: format(time), allowlist, outage: Mutex::default() };
        *self.serial.borrow_mut() = now.serial();
        now
    }

    /// What is in memory, read from the ledger at the first call.
    async fn roll(&self) -> Result<&RefCell<Roll>, LedgerError> {
        self.roll
            .get_or_try_init(async || {
                self.ledger.tell_again(&format(clock::now() - RETOLD)).await?;
                let mut roll = Roll::new(self.ledger.known(|name| Some(Id::of(name))).await?);
                for Entry { name, .. } in self.ledger.unsettled().await? {
                    roll.add(name);
                }
                Ok(RefCell::new(roll))
            })
            .await
    }

    /// What is in memory; every caller got here through [`Self::roll`].
    pub(crate) fn loaded(&self) -> Option<RefMut<'_, Roll>> {
        self.roll.get().map(RefCell::borrow_mut)
    }

    async fn attend(&self, entry: Entry, now: &Arc<Now>) -> Result<Outcome, LedgerError> {
        if entry.state == State::Withdrawing {
            return self.record_withdrawal(&entry, now).await;
        }
        if let Some(outage) = now.outage()
            && entry.reason.code == outage.code
        {
            return self.record(&entry, None, Err(Stop::Retry(outage)), now).await;
        }
        if self.still_refused(&entry, now) {
            return self
                .record(&entry, None, Err(Stop::HoldContent(entry.reason.clone())), now)
                .await;
        }
        let (run, approved) = self.verify(&entry.name, now).await;
        let run = match run {
            Ok(run) => run,
            Err(stop) => {
                let verdict = Err(stop);
                if let Some(run_dir) = unattested::run_dir(&self.config.site.runs, &entry.name) {
                    self.await_log(&entry, &run_dir, &verdict);
                }
                return self.record(&entry, None, verdict, now).await;
            }
        };
        edge::reached("verified", &entry.name);
        let mut verdict = match approved {
            Ok(approved) => self.decide(&entry, &run, approved, now).await,
            Err(stop) => Err(stop),
        };
        if let Err(Stop::Hold(_) | Stop::HoldContent(_)) = &verdict
            && self.begun(&entry).await?
        {
            verdict = match self.take_back(&entry, &run, &now.text).await {
                Ok(Retracted::Published) => Ok(()),
                Ok(Retracted::Gone | Retracted::Foreign) => verdict,
                Err(stop) => Err(stop),
            };
        }
        self.await_log(&entry, Path::new(&run.predicate.submitted_run_dir), &verdict);
        self.record(&entry, Some(run.identity()), verdict, now).await
    }

    /// Content is not read again until the rules may have changed.
    fn still_refused(&self, entry: &Entry, now: &Now) -> bool {
        let run = Id::of(&entry.name);
        let refused = |serial| self.loaded().is_some_and(|roll| roll.refused(run, serial));
        now.serial().is_some_and(refused)
    }

    /// Reads an attestation, and says whether its run may be looked at for release.
    async fn verify(
        &self,
        name: &str,
        now: &Arc<Now>,
    ) -> (Result<Arc<Attested>, Stop>, Result<Arc<Approved>, Stop>) {
        let (config, ca, now, name) =
            (self.config.clone(), self.ca.clone(), now.clone(), name.to_owned());
        let work = spawn_blocking(move || {
            let run = if unattested::is_name(&name) {
                let allowlist = now.allowlist.as_ref().map_err(Stop::clone);
                allowlist
                    .and_then(|allowlist| unattested::read(&config, allowlist, &name, now.time))
            } else {
                Attested::read(&config, &ca, &name, now.time)
            };
            let run = run.map(Arc::new);
            let approved = run.as_ref().map_err(Stop::clone).and_then(|run| {
                let allowlist = now.allowlist.as_ref().map_err(Stop::clone)?;
                examine::admissible(&config, allowlist, run, now.time)
            });
            (run, approved)
        });
        work.await.unwrap_or_else(|error| (Err(broken(&error)), Err(broken(&error))))
    }

    async fn decide(
        &self,
        entry: &Entry,
        run: &Arc<Attested>,
        approved: Arc<Approved>,
        now: &Arc<Now>,
    ) -> Result<(), Stop> {
        let largest = run.files.iter().map(|file| file.bytes).max().unwrap_or(0);
        let buffer = self.buffers.take(largest).await;
        let examined = Arc::clone(run);
        let work = spawn_blocking(move || examine::releasable(&examined, &approved));
        let sealed = work.await.map_err(broken)??;
        drop(buffer);
        edge::reached("examined", &entry.name);
        if let Some(outage) = now.outage() {
            return Err(Stop::Retry(outage));
        }
        let time = self.begin(entry, run, &now.text).await?;
        edge::reached("begun", &entry.name);
        let permit = async |manifest: &[u8]| {
            let (now, again) = (now.clone(), run.clone());
            let work = spawn_blocking(move || {
                let allowlist = now.allowlist.as_ref().map_err(Stop::clone)?;
                allowlist.check_still_not_revoked(&again, clock::now())
            });
            work.await.map_err(broken)??;
            self.log_publishing(run, manifest).await?;
            edge::reached("permitted", &entry.name);
            Ok(())
        };
        let plan = Plan::new(run, &time);
        let store = self.store.of(&run.identity().owner)?;
        let result = publish(&store, &self.buffers, &sealed, plan, permit).await;
        if result.is_ok() {
            let bytes = run.files.iter().map(|file| file.bytes).sum();
            self.metrics.published(bytes, run.predicate.ended, clock::now());
        }
        if let Err(Stop::Retry(reason)) = &result
            && matches!(reason.code.as_str(), "store-unavailable" | "store-denied")
        {
            now.note_outage(reason);
        }
        result
    }

    /// The decision is on the disk before its effect can be seen.
    async fn log_publishing(&self, run: &Attested, manifest: &[u8]) -> Result<(), Stop> {
        let detail = json!({
            "run-id": run.predicate.run_id,
            "entry": run.predicate.entry,
            "state": run.release_state(),
            "attestation": run.attestation().map(Digest::of),
            // Names every file with its digest.
            "manifest": Digest::of(manifest),
            "files": run.files.len(),
            "bytes": run.files.iter().map(|file| file.bytes).sum::<u64>(),
        });
        self.journal.append("publish", detail).await
    }

    async fn begin(&self, entry: &Entry, run: &Attested, now: &str) -> Result<String, Stop> {
        self.ledger.begin(&entry.name, run.identity(), now).await.map_err(unwritable)
    }

    /// A run that is held after all leaves nothing of an interrupted attempt behind, unless that
    /// attempt had come to its end.
    async fn take_back(&self, entry: &Entry, run: &Attested, now: &str) -> Result<Retracted, Stop> {
        let time = self.begin(entry, run, now).await?;
        let store = self.store.of(&run.identity().owner)?;
        let retracted = retract(&store, &Plan::new(run, &time)).await?;
        if retracted != Retracted::Published {
            self.ledger.forget(&entry.name).await.map_err(unwritable)?;
        }
        Ok(retracted)
    }
}

fn unwritable(error: LedgerError) -> Stop {
    Stop::retry("ledger-unwritable", error.to_string())
}

/// A panic in the reading and judging of one run is that run's alone.
fn broken(error: impl std::fmt::Display) -> Stop {
    Stop::hold("internal-error", format!("the crawler failed at this run: {error}"))
}
