//! The store is asked where the ledger may not know: it may be lost, or put back from a backup. Each
//! open run is asked for once in the life of a process, before anything else is decided about it;
//! so is a published one whose owner is to be told again. Scans of known runs ask nothing.

use crate::{
    clock,
    judge::{ended::EndedRun, now::Now},
    ledger::{Id, Identity, LedgerError, Row},
    outcome::{Code, Reason, Recheck, State, Stop},
    serve::crawler::Crawler,
    store::{Standing, Store},
};

impl Crawler {
    /// What the store says of an open run; none where it leaves the decision to the rules.
    pub(crate) async fn recall(
        &self,
        entry: &Row,
        run: &EndedRun,
        now: &Now,
    ) -> Option<Result<(), Stop>> {
        let id = Id::of(&entry.name);
        if self.loaded().is_none_or(|schedule| schedule.asked(id)) {
            return None;
        }
        let Identity { run_id, owner, .. } = run.identity();
        let verdict = match self.store.of(&owner) {
            Ok(store) => match self.first_standing(&store, &owner, &run_id, now).await {
                Ok(Standing::Unknown) => None,
                Ok(Standing::Withdrawn(why)) => Some(Err(Stop::withdrawn(&why))),
                Ok(Standing::Published(found)) if found.is_of(run, &owner) => Some(Ok(())),
                Ok(Standing::Published(_)) => {
                    let message = "the store has another manifest in the run's place";
                    Some(Err(Stop::hold(Code::ObjectExists, message)))
                }
                Err(Stop::Retry(reason)) => {
                    Some(Err(self.judge_failure(&store, reason, now).await))
                }
                Err(stop) => Some(Err(stop)),
            },
            Err(stop) => Some(Err(stop)),
        };
        // What can't be a key is for the rules to say.
        let verdict = verdict.filter(
            |verdict| !matches!(verdict, Err(Stop::Hold(reason)) if reason.is(Code::NameRefused)),
        );
        if !matches!(verdict, Some(Err(Stop::Retry(_)))) {
            self.loaded().into_iter().for_each(|mut schedule| schedule.note_asked(id));
        }
        verdict
    }

    /// The same for an owner who may have no results yet: the bucket is made then.
    async fn first_standing(
        &self,
        store: &Store,
        owner: &str,
        run_id: &str,
        now: &Now,
    ) -> Result<Standing, Stop> {
        if let Some(outage) = now.outage(store.url()) {
            return Err(Stop::Retry(outage));
        }
        store.probe().await.map_err(|stop| self.note_outage(store, stop, now))?;
        store.standing(owner, run_id).await
    }

    /// Looks in the store for a run that the ledger calls published, before its owner is told so
    /// again.
    pub(crate) async fn confirm(&self, entry: &Row) -> Result<(), LedgerError> {
        let standing = match &entry.identity {
            Some(run) => self.standing(&run.owner, &run.run_id).await,
            None => Ok(Standing::Unknown),
        };
        match standing {
            Err(stop) => {
                tracing::debug!(
                    run = entry.name,
                    "it isn't known whether it is published: {stop:?}"
                );
                self.put_back(&entry.name, Recheck::Steady, None);
                return Ok(());
            }
            Ok(Standing::Withdrawn(why)) => {
                let (reason, now) = (Reason::new(Code::Withdrawn, why), clock::text());
                self.ledger.set_state(&entry.name, State::Withdrawn, reason, None, &now).await?;
            }
            Ok(_) => self.ledger.untell(&entry.name).await?,
        }
        self.put_back(&entry.name, Recheck::Never, None);
        Ok(())
    }

    pub(crate) async fn standing(&self, owner: &str, run_id: &str) -> Result<Standing, Stop> {
        self.store.of(owner)?.standing(owner, run_id).await
    }
}
