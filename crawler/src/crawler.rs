//! One pass over all runs that aren't final. Whatever it does may be cut off at any point by
//! kill -9 and is taken up again by the next pass.

use std::{cell::RefCell, collections::HashMap};

use futures_util::{StreamExt, stream};
use serde_json::json;
use sluice_policy::{digest::Digest, time::format};
use sluice_site::audit::Audit;
use ssh_key::PublicKey;
use time::OffsetDateTime;

use crate::{
    allowlist::Allowlist,
    attested::Attested,
    config::Config,
    discovery,
    ledger::{Entry, Ledger, LedgerError},
    outcome::{Reason, Stop},
    publish::{Plan, Retracted, publish, retract},
    readiness,
    record::{Outcome, Pass},
    release,
    sealed::Sealed,
    store::Store,
    weskit,
};

/// Runs that are sent at the same time; each holds at most one part of a file in memory.
const AT_ONCE: usize = 32;

/// Errors that end a pass; errors of one run don't.
#[derive(Debug, thiserror::Error)]
pub enum PassError {
    /// No memory, no work.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// The spool is not there.
    #[error("the attestation spool {0} can't be read: {1}")]
    Spool(String, #[source] std::io::Error),
}

/// The crawler with everything it works with.
pub struct Crawler {
    pub(crate) config: Config,
    ca: PublicKey,
    pub(crate) store: Store,
    pub(crate) ledger: Ledger,
    pub(crate) audit: RefCell<Audit>,
    /// Runs held for their content, and the set's serial that was in force then.
    pub(crate) refused: RefCell<HashMap<String, u64>>,
}

/// What holds for one pass.
pub(crate) struct Now {
    time: OffsetDateTime,
    pub(crate) text: String,
    allowlist: Result<Allowlist, Stop>,
    /// Set once the store doesn't answer, so that the other runs needn't find out themselves.
    outage: RefCell<Option<Reason>>,
}

impl Now {
    /// Serial of the set in force, if there is one.
    pub(crate) fn serial(&self) -> Option<u64> {
        self.allowlist.as_ref().ok().map(Allowlist::serial)
    }
}

impl Crawler {
    /// Puts the parts together; nothing is done yet.
    pub fn new(config: Config, ca: PublicKey, store: Store, ledger: Ledger, audit: Audit) -> Self {
        let (audit, refused) = (RefCell::new(audit), RefCell::default());
        Self { config, ca, store, ledger, audit, refused }
    }

    /// Looks at every run that isn't final.
    pub async fn pass(&self) -> Result<Pass, PassError> {
        let now = self.now();
        let names = discovery::scan(&self.config.spool, &self.config.site.cluster)
            .map_err(|error| PassError::Spool(self.config.spool.display().to_string(), error))?;
        self.ledger.note(&names, &now.text)?;
        let mut pass = Pass::default();
        let mut attended = stream::iter(self.ledger.unsettled()?)
            .map(|entry| self.attend(entry, &now))
            .buffer_unordered(AT_ONCE);
        while let Some(state) = attended.next().await {
            pass.count(state?);
        }
        self.tell()?;
        Ok(pass)
    }

    fn now(&self) -> Now {
        let time = OffsetDateTime::now_utc();
        let allowlist = self.allowlist(time);
        Now { time, text: format(time), allowlist, outage: RefCell::default() }
    }

    /// Opened anew for each pass, since keys may have left `allowed_signers`.
    fn allowlist(&self, now: OffsetDateTime) -> Result<Allowlist, Stop> {
        let Config { site, etc, state, .. } = &self.config;
        Allowlist::open(site, etc, state, now)
    }

    async fn attend(&self, entry: Entry, now: &Now) -> Result<Outcome, LedgerError> {
        if self.still_refused(&entry, now) {
            return Ok(Outcome::Held);
        }
        let attested = Attested::read(&self.config, &self.ca, &entry.name, now.time);
        let (identity, mut verdict) = match &attested {
            Ok(run) => (Some(run.identity()), self.decide(&entry, run, now).await),
            Err(stop) => (None, Err(stop.clone())),
        };
        if let (Err(Stop::Hold(_) | Stop::HoldContent(_)), Ok(run)) = (&verdict, &attested)
            && self.ledger.begun(&entry.name)?
        {
            verdict = match self.take_back(&entry, run, &now.text).await {
                Ok(Retracted::Published) => Ok(()),
                Ok(Retracted::Gone | Retracted::Foreign) => verdict,
                Err(stop) => Err(stop),
            };
        }
        self.record(&entry, identity.as_ref(), verdict, now)
    }

    /// Content is not read again until the rules may have changed.
    fn still_refused(&self, entry: &Entry, now: &Now) -> bool {
        let serial = now.serial();
        serial.is_some() && self.refused.borrow().get(&entry.name).copied() == serial
    }

    async fn decide(&self, entry: &Entry, run: &Attested, now: &Now) -> Result<(), Stop> {
        readiness::succeeded(&run.predicate)?;
        readiness::approved(&run.predicate)?;
        let allowlist = now.allowlist.as_ref().map_err(Stop::clone)?;
        let approved = allowlist.entry(&run.predicate)?;
        allowlist.check_not_revoked(run)?;
        weskit::check(&self.config.site.runs, run.predicate.submitted_run_dir.as_ref())
            .map_err(|stop| readiness::with_grace(stop, &run.predicate, now.time))?;
        let sealed = Sealed::at(run.predicate.sealed.as_ref())?;
        release::check(&approved, run, &sealed)?;
        if let Some(outage) = now.outage.borrow().clone() {
            return Err(Stop::Retry(outage));
        }
        let time = self.begin(entry, run, &now.text)?;
        let permit = || {
            allowlist.check_still_not_revoked(run, OffsetDateTime::now_utc())?;
            self.log_publishing(run)
        };
        let result = publish(&self.store, &sealed, Plan::new(run, &time), permit).await;
        if let Err(Stop::Retry(reason)) = &result
            && reason.code == "store-unavailable"
        {
            now.outage.replace(Some(reason.clone()));
        }
        result
    }

    /// The decision is on the disk before its effect can be seen.
    fn log_publishing(&self, run: &Attested) -> Result<(), Stop> {
        let files: Vec<_> = run
            .predicate
            .files
            .iter()
            .map(|file| json!({"path": file.path, "bytes": file.bytes, "sha256": file.sha256}))
            .collect();
        let detail = json!({
            "run-id": run.predicate.run_id,
            "entry": run.predicate.entry,
            "state": "policy-passed",
            "attestation": Digest::of(&run.bytes),
            "files": files,
        });
        match self.audit.borrow_mut().append("publish", detail, true) {
            Ok(_) => Ok(()),
            Err(error) => Err(Stop::retry("audit-unwritable", error.to_string())),
        }
    }

    fn begin(&self, entry: &Entry, run: &Attested, now: &str) -> Result<String, Stop> {
        self.ledger
            .begin(&entry.name, &run.identity(), now)
            .map_err(|error| Stop::retry("ledger-unwritable", error.to_string()))
    }

    /// A run that is held after all leaves nothing of an interrupted attempt behind, unless that
    /// attempt had come to its end.
    async fn take_back(&self, entry: &Entry, run: &Attested, now: &str) -> Result<Retracted, Stop> {
        let time = self.begin(entry, run, now)?;
        let retracted = retract(&self.store, &Plan::new(run, &time)).await?;
        if retracted != Retracted::Published {
            self.ledger
                .forget(&entry.name)
                .map_err(|error| Stop::retry("ledger-unwritable", error.to_string()))?;
        }
        Ok(retracted)
    }
}
