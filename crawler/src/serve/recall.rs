//! The store is asked where the ledger may not know: it may be lost, or put back from a backup. Each
//! open run is asked for once in the life of a process, before anything else is decided about it;
//! so is a published one whose owner is to be told again. Scans of known runs ask nothing.

use sluice_site::shared::spooled;

use crate::{
    clock,
    error::PassError,
    judge::{attested, ended::EndedRun, now::Now},
    ledger::{Entry, Identity, LedgerError, State},
    outcome::{Reason, Stop},
    publish::send::ATTESTATION,
    serve::{attend::unwritable, crawler::Crawler, roll::Id},
    store::{Standing, Store},
};

impl Crawler {
    /// What the store says of an open run; none where it leaves the decision to the rules.
    pub(crate) async fn recall(
        &self,
        entry: &Entry,
        run: &EndedRun,
        now: &Now,
    ) -> Option<Result<(), Stop>> {
        let id = Id::of(&entry.name);
        if self.loaded().is_none_or(|roll| roll.asked(id)) {
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
                    Some(Err(Stop::hold("object-exists", message)))
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
            |verdict| !matches!(verdict, Err(Stop::Hold(reason)) if reason.code == "name-refused"),
        );
        if !matches!(verdict, Some(Err(Stop::Retry(_)))) {
            self.loaded().into_iter().for_each(|mut roll| roll.note_asked(id));
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
    pub(crate) async fn confirm(&self, entry: &Entry) -> Result<(), LedgerError> {
        let id = Id::of(&entry.name);
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
                let later = Some(self.config.interval);
                self.loaded().into_iter().for_each(|mut roll| roll.postpone(id, None, later));
                return Ok(());
            }
            Ok(Standing::Withdrawn(why)) => {
                let (reason, now) = (Reason::new("withdrawn", why), clock::text());
                self.ledger.settle(&entry.name, State::Withdrawn, reason, None, &now).await?;
            }
            Ok(_) => self.ledger.untell(&entry.name).await?,
        }
        self.loaded().into_iter().for_each(|mut roll| roll.close(id));
        Ok(())
    }

    /// Reads what the store has of all runs back into the ledger; says how many entries changed.
    pub async fn rebuild(&self) -> Result<usize, PassError> {
        let failed = |stop: Stop| PassError::Store(stop.reason().message.clone());
        let mut owners = self.store.all_owners().await.map_err(failed)?;
        owners.extend(self.ledger.owners().await?);
        owners.sort_unstable();
        owners.dedup();
        let mut changed = 0;
        for owner in owners {
            for run_id in self.store.runs_of(&owner).await.map_err(failed)? {
                let standing = self.standing(&owner, &run_id).await.map_err(failed)?;
                let known = self.ledger.find(&run_id).await?.map(|entry| entry.state);
                let (state, reason) = match (&standing, known) {
                    (Standing::Withdrawn(why), known) if known != Some(State::Withdrawn) => {
                        (State::Withdrawn, Reason::new("withdrawn", why.clone()))
                    }
                    // What was taken back doesn't return.
                    (Standing::Published(_), Some(State::Withdrawn)) => {
                        (State::Withdrawing, Reason::new("withdrawn", "it had come back"))
                    }
                    (Standing::Published(_), Some(State::Published | State::Withdrawing)) => {
                        continue;
                    }
                    (Standing::Published(_), _) => {
                        (State::Published, Reason::new("policy-passed", ""))
                    }
                    _ => continue,
                };
                self.restore(&owner, &run_id, &standing, state, reason).await.map_err(failed)?;
                changed += 1;
            }
        }
        Ok(changed)
    }

    /// Where a run's results are by the store's word. `run` is a run id, or `OWNER/RUN-ID`.
    pub(crate) async fn locate(&self, run: &str) -> Result<Option<(String, Standing)>, Stop> {
        locate(&self.store, run).await
    }

    /// Enters a run that the store knows, with the name that its attestation has in the spool.
    pub(crate) async fn restore(
        &self,
        owner: &str,
        run_id: &str,
        standing: &Standing,
        state: State,
        reason: Reason,
    ) -> Result<String, Stop> {
        let cluster = &self.config.site.cluster;
        let name = name_of(run_id, cluster).unwrap_or_else(|| format!("{owner}/{run_id}"));
        let digest = match standing {
            Standing::Published(found) => found.digest.clone(),
            _ => String::new(),
        };
        let identity = match self.attested_there(owner, run_id, &name).await {
            Some(run) => run.identity(),
            None => Identity {
                run_id: run_id.into(),
                owner: owner.into(),
                token: String::new(),
                digest,
            },
        };
        let now = clock::text();
        self.ledger.note(vec![name.clone()], &now).await.map_err(unwritable)?;
        let settled = self.ledger.settle(&name, state, reason, Some(identity), &now).await;
        settled.map_err(unwritable)?;
        Ok(name)
    }

    /// The attestation that was published with a run: it names the owner's status file.
    async fn attested_there(&self, owner: &str, run_id: &str, name: &str) -> Option<EndedRun> {
        let store = self.store.of(owner).ok()?;
        let key = store.key(owner, run_id, ATTESTATION).ok()?;
        let bytes = store.beginning(&key).await.ok()?;
        let run = attested::verify(&self.config, &self.ca, name, bytes, clock::now()).ok()?;
        let identity = run.identity();
        (identity.owner == owner && identity.run_id == run_id).then_some(run)
    }

    async fn standing(&self, owner: &str, run_id: &str) -> Result<Standing, Stop> {
        self.store.of(owner)?.standing(owner, run_id).await
    }
}

/// Owner and standing of a run by the store's word; none where it has nothing of it.
pub async fn locate(store: &Store, run: &str) -> Result<Option<(String, Standing)>, Stop> {
    let (owners, run_id) = match run.split_once('/') {
        Some((owner, run_id)) => (vec![owner.to_owned()], run_id),
        None => (store.all_owners().await?, run),
    };
    for owner in owners {
        match store.of(&owner)?.standing(&owner, run_id).await? {
            Standing::Unknown => {}
            standing => return Ok(Some((owner, standing))),
        }
    }
    Ok(None)
}

/// The spool's name for the attestation of an attested run.
fn name_of(run_id: &str, cluster: &str) -> Option<String> {
    let (_, incarnation) = run_id.rsplit_once(&format!("-{cluster}-"))?;
    Some(spooled(cluster, incarnation.parse().ok()?))
}
