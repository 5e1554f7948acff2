//! Whether what a run rests on still stands. A run rests on the entry it was admitted under, as the
//! set of that time has it: a later set without the entry, or a key that has expired since, change
//! nothing about a run that was rightly admitted. What the set in force takes back does.

use std::{
    collections::{HashMap, hash_map::Entry as Slot},
    path::Path,
    sync::{Arc, Mutex, PoisonError},
};

use sluice_policy::{attestation::Basis, entry::Entry, revocation::Revoked};
use sluice_site::{
    Site,
    sets::{SetError, Sets, VerifiedEntry, VerifiedSet},
};
use time::OffsetDateTime;

use crate::{
    judge::ended::EndedRun,
    outcome::{Code, Stop},
};

/// The sets, and the one in force when the pass began.
pub struct Allowlist {
    sets: Sets,
    current: VerifiedSet,
    time: OffsetDateTime,
    /// Sets that runs of this pass were admitted under.
    opened: Mutex<HashMap<u64, Result<Arc<VerifiedSet>, Stop>>>,
}

impl Allowlist {
    /// Opens the sets that `etc` publishes, and takes new ones into `state`.
    pub fn open(site: &Site, etc: &Path, state: &Path, now: OffsetDateTime) -> Result<Self, Stop> {
        let sets = Sets::open_below(site, etc, state).map_err(unavailable)?;
        let current = sets.current(now).map_err(unavailable)?;
        Ok(Self { sets, current, time: now, opened: Mutex::default() })
    }

    /// Serial of the set in force.
    pub fn serial(&self) -> u64 {
        self.current.serial()
    }

    /// The entry that the run was admitted under, if bundle, runtime, entry, its signers' keys and
    /// the node's key still stand.
    pub fn entry(&self, run: &EndedRun) -> Result<Arc<Entry>, Stop> {
        self.entry_under(run, &self.current)
    }

    /// An entry of the set in force, for a run that nobody attested.
    pub fn current_entry(&self, id: &str) -> Result<VerifiedEntry, Stop> {
        self.current.entry(id, self.time).map_err(|error| stop(self.serial(), id, &error))
    }

    /// Whether it stands at a later time of the pass, too.
    pub fn check_still_not_revoked(&self, run: &EndedRun, now: OffsetDateTime) -> Result<(), Stop> {
        let current = self.sets.current(now).map_err(unavailable)?;
        match current.serial() == self.serial() {
            true => Ok(()),
            false => self.entry_under(run, &current).map(drop),
        }
    }

    fn entry_under(&self, run: &EndedRun, current: &VerifiedSet) -> Result<Arc<Entry>, Stop> {
        check_revoked(current.revoked(), run)?;
        let Basis { serial, entry: id, entry_digest, .. } = &run.basis;
        let stop = |error: SetError| stop(*serial, id, &error);
        let set = match self.opened.lock().unwrap_or_else(PoisonError::into_inner).entry(*serial) {
            Slot::Occupied(known) => known.get().clone(),
            Slot::Vacant(slot) => {
                let set = self.sets.serial(*serial, self.time).map(Arc::new);
                slot.insert(set.map_err(stop)).clone()
            }
        }?;
        let verified = set.entry_under(id, run.admitted(), current.revoked()).map_err(stop)?;
        if verified.digest != *entry_digest {
            return Err(Stop::hold(
                Code::EntryDiffers,
                format!("{id} of set {serial} is not the entry that was attested"),
            ));
        }
        Ok(Arc::new(verified.entry))
    }
}

fn stop(serial: u64, id: &str, error: &SetError) -> Stop {
    let message = format!("the run's entry {id} doesn't stand in set {serial}: {error}");
    match error {
        SetError::State(_) => Stop::retry(Code::AllowlistUnavailable, message),
        SetError::Revoked { .. } => Stop::hold(Code::Revoked, message),
        _ => Stop::hold(Code::EntryUnavailable, message),
    }
}

fn check_revoked(revoked: &Revoked, run: &EndedRun) -> Result<(), Stop> {
    let digest = run.basis.digests().find_map(|digest| revoked.digest(&digest));
    let key = run.attestation().and_then(|attestation| revoked.key(&attestation.node_key));
    match digest.or(key) {
        None => Ok(()),
        Some(why) => {
            Err(Stop::hold(Code::Revoked, format!("what the run rests on was taken back: {why}")))
        }
    }
}

/// Nothing leaves while revocations may be unheard of. An expired set is no fault of this host: the
/// runs wait for the controller's next one.
fn unavailable(error: SetError) -> Stop {
    let message = format!("revocations can't be checked: {error}");
    match error {
        SetError::Expired { .. } => Stop::wait(Code::AllowlistExpired, message),
        _ => Stop::retry(Code::AllowlistUnavailable, message),
    }
}
