//! Whether what a run rests on still stands. One pass sees one allowlist, so that a verdict on an
//! entry is made once for all its runs; a set published meanwhile counts at once.

use std::{
    collections::{HashMap, hash_map::Entry as Slot},
    path::Path,
    sync::{Arc, Mutex, PoisonError},
};

use sluice_policy::{attestation::Predicate, digest::Digest, entry::Entry};
use sluice_site::{
    Site,
    sets::{SetError, Sets, VerifiedSet},
};
use time::OffsetDateTime;

use crate::{attested::Attested, outcome::Stop};

/// The sets, and the one in force when the pass began.
pub struct Allowlist {
    sets: Sets,
    current: VerifiedSet,
    time: OffsetDateTime,
    entries: Mutex<HashMap<(u64, String), Verdict>>,
}

/// An entry and its file's digest, or why it doesn't stand.
type Verdict = Result<(Arc<Entry>, Digest), Stop>;

impl Allowlist {
    /// Opens the sets that `etc` publishes, and takes new ones into `state`.
    pub fn open(site: &Site, etc: &Path, state: &Path, now: OffsetDateTime) -> Result<Self, Stop> {
        let sets = Sets::open_below(site, etc, state).map_err(unavailable)?;
        let current = sets.current(now).map_err(unavailable)?;
        Ok(Self { sets, current, time: now, entries: Mutex::default() })
    }

    /// Serial of the set in force.
    pub fn serial(&self) -> u64 {
        self.current.serial()
    }

    /// The entry that the run was admitted under, from the set of that time.
    pub fn entry(&self, run: &Predicate) -> Result<Arc<Entry>, Stop> {
        let (entry, digest) = self.verdict(run.serial, &run.entry)?;
        if digest != run.entry_digest {
            return Err(Stop::hold(
                "entry-differs",
                format!("{} of set {} is not the entry that was attested", run.entry, run.serial),
            ));
        }
        Ok(entry)
    }

    /// Whether bundle, runtime, entry, their signers' keys and the node's key still stand.
    pub fn check_not_revoked(&self, run: &Attested) -> Result<(), Stop> {
        check_revoked(&self.current, run)?;
        // The signers' keys are known to the set alone, so the entry has to be on the one in force.
        self.verdict(self.serial(), &run.predicate.entry).map(drop)
    }

    /// The same at a later time of the pass.
    pub fn check_still_not_revoked(&self, run: &Attested, now: OffsetDateTime) -> Result<(), Stop> {
        let current = self.sets.current(now).map_err(unavailable)?;
        if current.serial() == self.serial() {
            return Ok(());
        }
        check_revoked(&current, run)?;
        self.verdict(current.serial(), &run.predicate.entry).map(drop)
    }

    fn verdict(&self, serial: u64, id: &str) -> Verdict {
        match self
            .entries
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .entry((serial, id.to_owned()))
        {
            Slot::Occupied(known) => known.get().clone(),
            Slot::Vacant(slot) => slot.insert(self.judge(serial, id)).clone(),
        }
    }

    fn judge(&self, serial: u64, id: &str) -> Verdict {
        let set = self.sets.serial(serial, self.time);
        match set.and_then(|set| set.entry(id, self.time)) {
            Ok(verified) => Ok((Arc::new(verified.entry), verified.digest)),
            Err(error) => {
                let message =
                    format!("the run's entry {id} doesn't stand in set {serial}: {error}");
                Err(match error {
                    SetError::State(_) => Stop::retry("allowlist-unavailable", message),
                    SetError::Revoked { .. } => Stop::hold("revoked", message),
                    _ => Stop::hold("entry-unavailable", message),
                })
            }
        }
    }
}

fn check_revoked(set: &VerifiedSet, run: &Attested) -> Result<(), Stop> {
    let Predicate { digest, runtime_digest, entry_digest, .. } = &run.predicate;
    let digests = [Some(digest), runtime_digest.as_ref(), Some(entry_digest)];
    let digest = digests.into_iter().flatten().find_map(|digest| set.revoked().digest(digest));
    match digest.or(set.revoked().key(&run.node_key)) {
        None => Ok(()),
        Some(why) => {
            Err(Stop::hold("revoked", format!("what the run rests on was taken back: {why}")))
        }
    }
}

fn unavailable(error: SetError) -> Stop {
    Stop::retry("allowlist-unavailable", format!("revocations can't be checked: {error}"))
}
