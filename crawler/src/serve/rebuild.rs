//! The ledger made again from what the store has: it was lost, or put back from a backup.

use sluice_site::shared::spooled;

use crate::{
    clock,
    error::PassError,
    judge::{attested, ended::EndedRun},
    key::ATTESTATION,
    ledger::Identity,
    outcome::{Code, Reason, State, Stop},
    serve::crawler::Crawler,
    store::Standing,
};

impl Crawler {
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
                        (State::Withdrawn, Reason::new(Code::Withdrawn, why.clone()))
                    }
                    // What was taken back doesn't return.
                    (Standing::Published(_), Some(State::Withdrawn)) => {
                        (State::Withdrawing, Reason::new(Code::Withdrawn, "it had come back"))
                    }
                    (Standing::Published(_), Some(State::Published | State::Withdrawing)) => {
                        continue;
                    }
                    (Standing::Published(_), _) => {
                        (State::Published, Reason::new(Code::PolicyPassed, ""))
                    }
                    _ => continue,
                };
                self.restore(&owner, &run_id, &standing, state, reason).await.map_err(failed)?;
                changed += 1;
            }
        }
        Ok(changed)
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
        self.ledger.note(vec![name.clone()], &now).await?;
        let settled = self.ledger.set_state(&name, state, reason, Some(identity), &now).await;
        settled?;
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
}

/// The spool's name for the attestation of an attested run.
fn name_of(run_id: &str, cluster: &str) -> Option<String> {
    let (_, incarnation) = run_id.rsplit_once(&format!("-{cluster}-"))?;
    Some(spooled(cluster, incarnation.parse().ok()?))
}
