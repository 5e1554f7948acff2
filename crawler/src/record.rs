//! Writing down what a pass decided: log, audit log, ledger, status file.

use serde::Serialize;
use serde_json::json;

use crate::{
    crawler::{Crawler, Now},
    ledger::{Entry, Identity, LedgerError, State},
    outcome::{Reason, Stop},
    status,
};

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
    Retry,
}

impl Pass {
    pub(crate) fn count(&mut self, outcome: Outcome) {
        *match outcome {
            Outcome::Published => &mut self.published,
            Outcome::Failed => &mut self.failed,
            Outcome::Held => &mut self.held,
            Outcome::Waiting => &mut self.waiting,
            Outcome::Retry => &mut self.retry,
        } += 1;
    }
}

impl Crawler {
    /// Writes down what became of a run, if that is news.
    pub(crate) fn record(
        &self,
        entry: &Entry,
        run: Option<&Identity>,
        verdict: Result<(), Stop>,
        now: &Now,
    ) -> Result<Outcome, LedgerError> {
        let (outcome, reason) = match verdict {
            Ok(()) => (Outcome::Published, Reason::new("policy-passed", "")),
            Err(Stop::Fail(reason)) => (Outcome::Failed, reason),
            Err(Stop::Hold(reason)) => (Outcome::Held, reason),
            Err(Stop::HoldContent(reason)) => {
                self.refused.borrow_mut().extend(now.serial().map(|at| (entry.name.clone(), at)));
                (Outcome::Held, reason)
            }
            Err(Stop::Wait(reason)) => (Outcome::Waiting, reason),
            Err(Stop::Retry(reason)) => (Outcome::Retry, reason),
        };
        let state = match outcome {
            Outcome::Published => State::Published,
            Outcome::Failed => State::Failed,
            Outcome::Held => State::Held,
            _ if self.ledger.begun(&entry.name)? => State::Publishing,
            _ => State::Seen,
        };
        // The words of a store's error differ from one try to the next.
        let known = match outcome {
            Outcome::Retry => entry.reason.code == reason.code,
            _ => entry.reason == reason,
        };
        if known && entry.state == state {
            return Ok(outcome);
        }
        announce(&entry.name, run, outcome, &reason);
        if matches!(state, State::Held | State::Failed) && !self.log_hold(entry, run, &reason) {
            return Ok(Outcome::Retry);
        }
        self.ledger.settle(&entry.name, state, &reason, run, &now.text)?;
        Ok(outcome)
    }

    fn log_hold(&self, entry: &Entry, run: Option<&Identity>, reason: &Reason) -> bool {
        let detail = json!({
            "attestation": entry.name,
            "run-id": run.map(|run| &run.run_id),
            "code": reason.code,
            "message": reason.message,
        });
        let written = self.audit.borrow_mut().append("hold", detail, true);
        if let Err(error) = &written {
            tracing::error!(attestation = entry.name, "{error}");
        }
        written.is_ok()
    }

    /// Brings the status files up to the ledger, also those that a kill left behind.
    pub(crate) fn tell(&self) -> Result<(), LedgerError> {
        let mut told = Vec::new();
        for entry in self.ledger.untold()? {
            let place = |run: &Identity| self.store.url(&run.owner, &run.run_id);
            match status::write(&self.config.site.status, &entry, place) {
                Ok(()) => told.push(entry.name),
                Err(error) => {
                    tracing::warn!(attestation = entry.name, "no status file: {error}");
                }
            }
        }
        self.ledger.told(&told)
    }
}

fn announce(name: &str, run: Option<&Identity>, outcome: Outcome, reason: &Reason) {
    let run = run.map_or(name, |run| &run.run_id);
    let Reason { code, message } = reason;
    match outcome {
        Outcome::Published => tracing::info!(run, "published"),
        Outcome::Failed => tracing::info!(run, code, "failed: {message}"),
        Outcome::Waiting => tracing::info!(run, code, "waiting: {message}"),
        Outcome::Held => tracing::warn!(run, code, "held: {message}"),
        Outcome::Retry => tracing::warn!(run, code, "to be tried again: {message}"),
    }
}
