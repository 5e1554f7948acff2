//! Writing down what a look at a run decided: log, audit log, ledger.

use serde_json::json;
use sluice_site::audit::Event;

use crate::{
    failpoint,
    judge::now::Now,
    ledger::{Identity, LedgerError, Row},
    outcome::{Code, Outcome, Reason, Recheck, State, Step, Stop, next},
    serve::{crawler::Crawler, health::Part},
};

impl Crawler {
    /// Writes down what became of a run, if that is news.
    pub(crate) async fn record(
        &self,
        entry: &Row,
        run: Option<Identity>,
        verdict: Result<(), Stop>,
        now: &Now,
    ) -> Result<Outcome, LedgerError> {
        let outcome = Outcome::of(&verdict);
        let reason = match verdict {
            Ok(()) => Reason::new(Code::PolicyPassed, ""),
            Err(stop) => stop.reason().clone(),
        };
        if outcome.is_retry() {
            self.metrics.failed(reason.code());
        }
        let begun = outcome.is_open() && self.begun(entry).await?;
        let step = next(entry.state, begun, outcome);
        if !self.move_on(entry, run, outcome, step, reason, now).await? {
            self.put_back(&entry.name, Recheck::Steady, None);
            return Ok(Outcome::Retry);
        }
        self.put_back(&entry.name, step.recheck, Some(now));
        Ok(outcome)
    }

    /// Has a run looked at again, as if this look had not been.
    pub(crate) fn put_off(&self, entry: &Row, reason: &Reason) -> Outcome {
        self.metrics.failed(reason.code());
        self.put_back(&entry.name, Recheck::Steady, None);
        Outcome::Retry
    }

    /// Takes a run back and writes down how that came out.
    pub(crate) async fn record_withdrawal(
        &self,
        entry: &Row,
        now: &Now,
    ) -> Result<Outcome, LedgerError> {
        let taken = self.take_down(entry, now).await;
        // Whatever is in its way, the crawler goes on with it.
        let outcome = match (&taken, Outcome::of(&taken)) {
            (Ok(()), _) => Outcome::Withdrawn,
            (Err(_), Outcome::RetryLater) => Outcome::RetryLater,
            (Err(_), _) => Outcome::Retry,
        };
        let step = next(entry.state, entry.begun, outcome);
        match taken {
            Ok(()) => {
                let reason = entry.reason.clone();
                self.ledger.set_state(&entry.name, step.state, reason, None, &now.text).await?;
                failpoint::reached("withdrawn", &entry.name);
                announce(&entry.name, entry.identity.as_ref(), outcome, &entry.reason);
            }
            Err(stop) => self.note_remains(entry, stop.reason()).await?,
        }
        self.put_back(&entry.name, step.recheck, Some(now));
        Ok(outcome)
    }

    /// What can't be taken back yet is said once, and stands in the ledger if it is in the store.
    async fn note_remains(&self, entry: &Row, reason: &Reason) -> Result<(), LedgerError> {
        let remains = reason.is(Code::VersionsRemain);
        let said = remains && entry.remains.as_ref() == Some(&reason.message);
        if said {
            return Ok(());
        }
        if remains {
            self.ledger.remain(&entry.name, &reason.message).await?;
        }
        let (code, message) = (reason.code(), &reason.message);
        tracing::warn!(attestation = entry.name, code, "not withdrawn yet: {message}");
        Ok(())
    }

    /// Whether all of it stands where it belongs; what the audit log doesn't take isn't decided.
    async fn move_on(
        &self,
        entry: &Row,
        run: Option<Identity>,
        outcome: Outcome,
        step: Step,
        reason: Reason,
        now: &Now,
    ) -> Result<bool, LedgerError> {
        if !is_news(entry, outcome, step.state, &reason) {
            return Ok(true);
        }
        if let Some(event) = step.audit {
            if let Err(stop) = self.log(event, entry, run.as_ref(), &reason).await {
                self.health.failed(Part::Audit, &stop.reason().message);
                return Ok(false);
            }
            self.health.works(Part::Audit);
        }
        let (told, words) = (run.clone(), reason.clone());
        self.ledger.set_state(&entry.name, step.state, reason, run, &now.text).await?;
        announce(&entry.name, told.as_ref(), outcome, &words);
        failpoint::reached("settled", &entry.name);
        Ok(true)
    }

    /// Whether objects of a run may exist by now.
    pub(crate) async fn begun(&self, entry: &Row) -> Result<bool, LedgerError> {
        let now = async || self.ledger.entry(&entry.name).await;
        Ok(entry.begun || now().await?.is_some_and(|entry| entry.begun))
    }

    async fn log(
        &self,
        event: Event,
        entry: &Row,
        run: Option<&Identity>,
        reason: &Reason,
    ) -> Result<(), Stop> {
        let detail = json!({
            "attestation": entry.name,
            "run-id": run.map(|run| &run.run_id),
            "code": reason.code(),
            "message": reason.message,
            "rule": reason.rule,
        });
        self.journal.append(event, detail).await
    }
}

/// Whether a run's owner or a reviewer learns something new.
fn is_news(entry: &Row, outcome: Outcome, state: State, reason: &Reason) -> bool {
    // The words of a store's error differ from one try to the next.
    let same = if outcome.is_retry() || reason.is(Code::StoreRefused) {
        entry.reason.cause == reason.cause
    } else {
        entry.reason == *reason
    };
    // A try that began and failed as the one before is no news either.
    !same || (entry.state != state && !outcome.is_retry())
}

fn announce(name: &str, run: Option<&Identity>, outcome: Outcome, reason: &Reason) {
    let run = run.map_or(name, |run| &run.run_id);
    let (code, message) = (reason.code(), &reason.message);
    match outcome {
        Outcome::Published => tracing::info!(run, "published"),
        Outcome::Failed => tracing::info!(run, code, "failed: {message}"),
        Outcome::Withdrawn => tracing::info!(run, "withdrawn: {message}"),
        Outcome::Waiting => tracing::info!(run, code, "waiting: {message}"),
        Outcome::Held | Outcome::Refused => tracing::warn!(run, code, "held: {message}"),
        Outcome::Retry | Outcome::RetryLater => {
            tracing::warn!(run, code, "to be tried again: {message}")
        }
    }
}
