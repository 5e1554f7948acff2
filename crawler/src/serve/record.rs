//! Writing down what a pass decided: log, audit log, ledger, status file.

use std::{ops::AddAssign, path::Path, sync::Arc, time::Instant};

use serde::Serialize;
use serde_json::json;
use sluice_site::audit::Event;
use tokio::task::spawn_blocking;

use crate::{
    edge,
    judge::now::Now,
    ledger::{Entry, Identity, LedgerError, State},
    outcome::{Reason, Stop},
    serve::{crawler::Crawler, health::Part, notice::Notice, roll::Id, status},
    store::Store,
};

/// Status files written between two notes of it in the ledger.
const TOLD_AT_ONCE: u32 = 512;

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

/// How one run came out of a pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    Published,
    Failed,
    Held,
    Waiting,
    Withdrawn,
    Retry,
}

impl Pass {
    pub(crate) fn count(&mut self, outcome: Outcome) {
        *match outcome {
            Outcome::Published => &mut self.published,
            Outcome::Failed => &mut self.failed,
            Outcome::Held => &mut self.held,
            Outcome::Waiting => &mut self.waiting,
            Outcome::Withdrawn => &mut self.withdrawn,
            Outcome::Retry => &mut self.retry,
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
    /// Writes down what became of a run, if that is news.
    pub(crate) async fn record(
        &self,
        entry: &Entry,
        run: Option<Identity>,
        verdict: Result<(), Stop>,
        now: &Now,
    ) -> Result<Outcome, LedgerError> {
        let content = matches!(&verdict, Err(Stop::HoldContent(_)));
        let (outcome, reason) = match verdict {
            Ok(()) => (Outcome::Published, Reason::new("policy-passed", "")),
            Err(Stop::Fail(reason)) => (Outcome::Failed, reason),
            Err(Stop::Hold(reason) | Stop::HoldContent(reason)) => (Outcome::Held, reason),
            Err(Stop::Wait(reason)) => (Outcome::Waiting, reason),
            Err(Stop::Withdrawn(reason)) => (Outcome::Withdrawn, reason),
            Err(Stop::Retry(reason)) => (Outcome::Retry, reason),
        };
        if outcome == Outcome::Retry {
            self.metrics.failed(&reason.code);
        }
        // What is sent again may be large.
        let steady = (reason.code != "store-differs").then_some(self.config.interval);
        let settled = self.settle(entry, run, outcome, reason, now).await?;
        let id = Id::of(&entry.name);
        if let Some(mut roll) = self.loaded() {
            let refused = now.serial().filter(|_| content);
            match settled {
                Outcome::Published | Outcome::Failed | Outcome::Withdrawn => roll.close(id),
                Outcome::Retry => roll.postpone(id, None, steady),
                Outcome::Held | Outcome::Waiting => roll.postpone(id, refused, None),
            }
        }
        Ok(settled)
    }

    /// Has a run looked at again, as if this look had not been.
    pub(crate) fn put_off(&self, entry: &Entry, reason: &Reason) -> Outcome {
        self.metrics.failed(&reason.code);
        let later = Some(self.config.interval);
        self.loaded().into_iter().for_each(|mut roll| {
            roll.postpone(Id::of(&entry.name), None, later);
        });
        Outcome::Retry
    }

    /// Takes a run back and writes down how that came out.
    pub(crate) async fn record_withdrawal(
        &self,
        entry: &Entry,
        now: &Now,
    ) -> Result<Outcome, LedgerError> {
        let mut remains = false;
        let outcome = match self.take_down(entry, now).await {
            Ok(()) => {
                let reason = entry.reason.clone();
                self.ledger.settle(&entry.name, State::Withdrawn, reason, None, &now.text).await?;
                edge::reached("withdrawn", &entry.name);
                announce(&entry.name, entry.identity.as_ref(), Outcome::Withdrawn, &entry.reason);
                Outcome::Withdrawn
            }
            Err(stop) => {
                let Reason { code, message, .. } = stop.reason();
                remains = code == "versions-remain";
                if remains && entry.remains.as_ref() != Some(message) {
                    self.ledger.remain(&entry.name, message).await?;
                }
                if !remains || entry.remains.as_ref() != Some(message) {
                    tracing::warn!(attestation = entry.name, code, "not withdrawn yet: {message}");
                }
                Outcome::Retry
            }
        };
        let id = Id::of(&entry.name);
        if let Some(mut roll) = self.loaded() {
            match outcome {
                Outcome::Withdrawn => roll.close(id),
                // A lock lasts, and a right is given some day.
                _ if remains => roll.postpone(id, None, None),
                _ => roll.postpone(id, None, Some(self.config.interval)),
            }
        }
        Ok(outcome)
    }

    async fn settle(
        &self,
        entry: &Entry,
        run: Option<Identity>,
        outcome: Outcome,
        reason: Reason,
        now: &Now,
    ) -> Result<Outcome, LedgerError> {
        let state = match outcome {
            Outcome::Published => State::Published,
            Outcome::Failed => State::Failed,
            Outcome::Held => State::Held,
            Outcome::Withdrawn => State::Withdrawn,
            _ if self.begun(entry).await? => State::Publishing,
            _ => State::Seen,
        };
        // The words of a store's error differ from one try to the next.
        let known = match outcome {
            _ if reason.code == "store-refused" => entry.reason.code == reason.code,
            Outcome::Retry => entry.reason.code == reason.code,
            _ => entry.reason == reason,
        };
        // A try that began and failed as the one before is no news either.
        if known && (entry.state == state || outcome == Outcome::Retry) {
            return Ok(outcome);
        }
        if matches!(state, State::Held | State::Failed) {
            if let Err(stop) = self.log_hold(entry, run.as_ref(), &reason).await {
                self.health.failed(Part::Audit, &stop.reason().message);
                return Ok(Outcome::Retry);
            }
            self.health.works(Part::Audit);
        }
        let (told, words) = (run.clone(), reason.clone());
        self.ledger.settle(&entry.name, state, reason, run, &now.text).await?;
        announce(&entry.name, told.as_ref(), outcome, &words);
        edge::reached("settled", &entry.name);
        Ok(outcome)
    }

    /// Whether objects of a run may exist by now.
    pub(crate) async fn begun(&self, entry: &Entry) -> Result<bool, LedgerError> {
        let now = async || self.ledger.entry(&entry.name).await;
        Ok(entry.begun || now().await?.is_some_and(|entry| entry.begun))
    }

    async fn log_hold(
        &self,
        entry: &Entry,
        run: Option<&Identity>,
        reason: &Reason,
    ) -> Result<(), Stop> {
        let detail = json!({
            "attestation": entry.name,
            "run-id": run.map(|run| &run.run_id),
            "code": reason.code,
            "message": reason.message,
            "rule": reason.rule,
        });
        self.journal.append(Event::Hold, detail).await
    }

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
                let write = |entry: Entry| tell(&config.site.status, &store, entry);
                let (told, failed): (Vec<_>, Vec<_>) =
                    untold.into_iter().map(write).partition(Result::is_ok);
                let told: Vec<String> = told.into_iter().flatten().collect();
                (told, failed.into_iter().find_map(Result::err))
            });
            let (told, failed) = work.await.unwrap_or_default();
            told.iter().for_each(|name| edge::reached("told", name));
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
fn tell(dir: &Path, store: &Store, entry: Entry) -> Result<String, String> {
    let Entry { name, state, reason, identity, changed, .. } = entry;
    // Only a verified attestation says whose run it is.
    let Some(run) = identity else { return Ok(name) };
    let (notice, place) = (Notice::new(state, &reason), store.place(&run.owner, &run.run_id));
    status::write(dir, &run, state, notice, &place, &changed)
        .map(|()| name)
        .map_err(|error| format!("they can't be written in {}: {error}", dir.display()))
}

fn announce(name: &str, run: Option<&Identity>, outcome: Outcome, reason: &Reason) {
    let run = run.map_or(name, |run| &run.run_id);
    let Reason { code, message, .. } = reason;
    match outcome {
        Outcome::Published => tracing::info!(run, "published"),
        Outcome::Failed => tracing::info!(run, code, "failed: {message}"),
        Outcome::Withdrawn => tracing::info!(run, "withdrawn: {message}"),
        Outcome::Waiting => tracing::info!(run, code, "waiting: {message}"),
        Outcome::Held => tracing::warn!(run, code, "held: {message}"),
        Outcome::Retry => tracing::warn!(run, code, "to be tried again: {message}"),
    }
}
