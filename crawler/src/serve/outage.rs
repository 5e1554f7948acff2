//! Whether the store failed for one run or for all.

use crate::{
    judge::now::Now,
    outcome::{Cause, Code, Reason, Stop},
    serve::crawler::Crawler,
    store::Store,
};

impl Crawler {
    /// What fails is this run's own affair as long as the store takes another object.
    pub(crate) async fn judge_failure(&self, store: &Store, reason: Reason, now: &Now) -> Stop {
        let known = now.outage(store.url()).is_some();
        if known || !matches!(reason.cause, Some(Cause::Own(code)) if code.is_outage()) {
            return Stop::Retry(reason);
        }
        match store.try_out().await {
            // In the store's own words: those of one run's object are not for all others.
            Err(stop) => self.note_outage(store, stop, now),
            Ok(()) if store.refuses(&reason) => Stop::hold(Code::StoreRefused, reason.message),
            Ok(()) => Stop::Retry(reason),
        }
    }

    /// Has the other runs of `store` wait, too.
    pub(crate) fn note_outage(&self, store: &Store, stop: Stop, now: &Now) -> Stop {
        if let Stop::Retry(reason) = &stop {
            now.note_outage(store.url(), reason);
        }
        stop
    }
}
