//! Looking for runs, and at all that are open: once for a command, or as they come due for the daemon.

use std::{ops::AddAssign, sync::Arc, time::Instant};

use futures_util::{StreamExt, TryStreamExt, stream};
use serde::Serialize;
use sluice_policy::time::format;
use tokio::task::spawn_blocking;

use crate::{
    clock,
    config::Config,
    error::PassError,
    failpoint,
    judge::{allowlist::Allowlist, now::Now},
    ledger::{Id, LedgerError, Row},
    outcome::{Outcome, Recheck, State, Stop},
    serve::{crawler::Crawler, health::Part},
};

/// Runs that are looked at at the same time.
pub(crate) const AT_ONCE: usize = 48;
/// Runs that are taken in hand together.
const BATCH: usize = 1024;

/// What a pass found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Pass {
    /// Published in this pass.
    pub published: usize,
    /// Found failed in this pass.
    pub failed: usize,
    /// Held now.
    pub held: usize,
    /// Waiting for WESkit's word.
    pub waiting: usize,
    /// Taken back in this pass.
    pub withdrawn: usize,
    /// To be tried again: a store or a disk didn't do its part.
    pub retry: usize,
}

impl Pass {
    fn count(&mut self, outcome: Outcome) {
        *match outcome {
            Outcome::Published => &mut self.published,
            Outcome::Failed => &mut self.failed,
            Outcome::Held | Outcome::Refused => &mut self.held,
            Outcome::Waiting => &mut self.waiting,
            Outcome::Withdrawn => &mut self.withdrawn,
            Outcome::Retry | Outcome::RetryLater => &mut self.retry,
        } += 1;
    }
}

impl AddAssign for Pass {
    fn add_assign(&mut self, other: Self) {
        self.published += other.published;
        self.failed += other.failed;
        self.held += other.held;
        self.waiting += other.waiting;
        self.withdrawn += other.withdrawn;
        self.retry += other.retry;
    }
}

impl Crawler {
    /// Looks for new runs, then at every run that isn't final.
    pub async fn pass(&self) -> Result<Pass, PassError> {
        self.reconcile().await?;
        let entries = self.ledger.unsettled().await?;
        let now = Arc::new(self.now().await);
        if !entries.is_empty() {
            self.try_store(&now).await;
        }
        self.confirm_all(self.ledger.doubted().await?).await?;
        let mut pass = Pass::default();
        for batch in entries.chunks(BATCH) {
            pass += self.attend_all(batch.to_vec(), &now).await?;
        }
        self.tell().await?;
        Ok(pass)
    }

    /// Enters the runs of the spool that aren't known: at most a readdir, whatever their number.
    pub async fn reconcile(&self) -> Result<usize, PassError> {
        self.schedule().await?;
        self.take_requests().await?;
        let Config { spool, site, require_attestation, .. } = &*self.config;
        let known = |name: &str| self.loaded().is_some_and(|schedule| schedule.knows(Id::of(name)));
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
        let schedule = self.schedule().await?;
        let fresh: Vec<String> = {
            let mut schedule = schedule.borrow_mut();
            names.iter().for_each(|name| schedule.hurry(Id::of(name)));
            let new = |name: &String| self.is_run(name) && !schedule.knows(Id::of(name));
            names.into_iter().filter(new).collect()
        };
        if !fresh.is_empty() {
            self.ledger.note(fresh.clone(), &format(clock::now())).await?;
        }
        for name in fresh {
            failpoint::reached("noted", &name);
            schedule.borrow_mut().add(name);
        }
        Ok(())
    }

    /// Takes some of the runs that are due, each of which is then to be given to [`Self::look_at`].
    pub(crate) async fn take_due(&self) -> Result<Vec<String>, PassError> {
        Ok(self.schedule().await?.borrow_mut().take_due(BATCH))
    }

    /// Looks at one run.
    pub(crate) async fn look_at(&self, name: String, now: Arc<Now>) {
        let looked = match self.ledger.entry(&name).await {
            Ok(Some(entry)) if !entry.state.is_final() => self.attend(entry, &now).await.map(drop),
            Ok(Some(entry)) if entry.state == State::Published => self.confirm(&entry).await,
            Ok(_) => {
                self.put_back(&name, Recheck::Never, None);
                Ok(())
            }
            Err(error) => Err(error),
        };
        if let Err(error) = looked {
            self.health.failed(Part::Ledger, error);
            self.put_back(&name, Recheck::Steady, None);
        }
    }

    /// When the next run is due.
    pub(crate) async fn next_due(&self) -> Result<Option<Instant>, PassError> {
        Ok(self.schedule().await?.borrow().next())
    }

    /// Has all open runs looked at if another set is in force than at the last pass.
    pub async fn notice_new_set(&self) -> Result<(), PassError> {
        let before = *self.serial.borrow();
        let now = self.now().await;
        if now.serial() != before {
            self.schedule().await?.borrow_mut().hurry_all();
        }
        Ok(())
    }

    async fn confirm_all(&self, entries: Vec<Row>) -> Result<(), LedgerError> {
        stream::iter(entries)
            .map(async |entry| self.confirm(&entry).await)
            .buffer_unordered(AT_ONCE)
            .try_collect()
            .await
    }

    async fn attend_all(&self, entries: Vec<Row>, now: &Arc<Now>) -> Result<Pass, LedgerError> {
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
        let allowlist = opened.await.unwrap_or_else(|error| Err(Stop::broken(error)));
        let now = Now::new(time, allowlist);
        *self.serial.borrow_mut() = now.serial();
        now
    }
}
