//! A verified set, read from the copy that only root can write.

use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::path::Path;

use rustix::fs::{Dir, OFlags};
use sluice_policy::digest::Digest;
use sluice_policy::entry::{Entry, Output};
use sluice_policy::manifest::Manifest;
use sluice_policy::revocation::Revoked;
use sluice_policy::set::{ENTRIES, entry_file, entry_of, manifest_file};
use sluice_policy::signers::AllowedSigners;
use sluice_sys::beneath::open_beneath;
use time::OffsetDateTime;

use super::intake::check;
use super::stamp::Stamp;
use super::verifier::check_in_force;
use super::{Files, SetError, Signers, Verifier};
use crate::Policy;

/// A set whose index was verified and whose files are the listed ones.
pub struct VerifiedSet {
    dir: OwnedFd,
    stamp: Stamp,
    revoked: Revoked,
    policy: Policy,
    keys: AllowedSigners,
    pub(super) passed_over: Option<SetError>,
}

/// An entry with enough valid signatures.
#[derive(Clone, Debug)]
pub struct VerifiedEntry {
    /// The entry.
    pub entry: Entry,
    /// Digest of the entry's file.
    pub digest: Digest,
    /// Principals who signed, sorted.
    pub signers: Vec<String>,
}

impl VerifiedSet {
    pub(super) fn open(
        dir: OwnedFd,
        serial: u64,
        policy: &Policy,
        signers: &Signers,
        now: OffsetDateTime,
    ) -> Result<Self, SetError> {
        let known = Stamp::read(dir.as_fd());
        let verify = || -> Result<Stamp, SetError> {
            let stamp = check(dir.as_fd(), policy, signers, now)?;
            stamp.write(dir.as_fd())?;
            Ok(stamp)
        };
        let mut stamp = match known.filter(|stamp| stamp.allowed_signers == signers.digest) {
            Some(stamp) => stamp,
            None => verify()?,
        };
        let (revoked, bytes) = Files::new(dir.as_fd()).revoked()?;
        if stamp.serial != serial || stamp.revoked != Digest::of(&bytes) {
            return Err(SetError::state(format!("allowlist/{serial} was altered")));
        }
        // Older releases noted the first who had signed, taken back or not.
        if revoked.key(&stamp.key).is_some() {
            stamp = verify()?;
        }
        Ok(Self {
            dir,
            stamp,
            revoked,
            policy: policy.clone(),
            keys: signers.keys.clone(),
            passed_over: None,
        })
    }

    pub(super) fn check_in_force(
        &self,
        min_serial: u64,
        now: OffsetDateTime,
    ) -> Result<(), SetError> {
        check_in_force(self.stamp.serial, self.stamp.expires, min_serial, now)
    }

    /// The set's serial.
    pub fn serial(&self) -> u64 {
        self.stamp.serial
    }

    /// When the set was made.
    pub fn issued(&self) -> OffsetDateTime {
        self.stamp.issued
    }

    /// When the set ceases to hold.
    pub fn expires(&self) -> OffsetDateTime {
        self.stamp.expires
    }

    /// What the set takes back.
    pub fn revoked(&self) -> &Revoked {
        &self.revoked
    }

    /// Why a newer published set isn't in force in place of this one.
    pub fn passed_over(&self) -> Option<&SetError> {
        self.passed_over.as_ref()
    }

    fn read(&self, file: &str) -> Option<Vec<u8>> {
        Files::new(self.dir.as_fd()).read(file).ok()?
    }

    /// The manifest of a bundle, if the set brings it.
    pub fn manifest(&self, digest: &Digest) -> Option<Manifest> {
        let bytes = self.read(&manifest_file(digest))?;
        Manifest::parse(&bytes).ok().filter(|_| Digest::of(&bytes) == *digest)
    }

    /// The release rules of all entries that can be read, signed enough or not.
    pub fn outputs(&self) -> io::Result<Vec<Output>> {
        let entries = open_beneath(&self.dir, Path::new(ENTRIES), OFlags::DIRECTORY)?;
        let mut outputs = Vec::new();
        for file in Dir::read_from(entries)? {
            let file = file?;
            let entry = file.file_name().to_str().ok().and_then(entry_of).map(entry_file);
            let Some(bytes) = entry.and_then(|file| self.read(&file)) else { continue };
            outputs.extend(Entry::parse(&bytes).map(|entry| entry.output).unwrap_or_default());
        }
        Ok(outputs)
    }

    /// The entry `NAME@VERSION`, if policy finds enough signatures on it and neither its bundle
    /// nor its runtime is revoked.
    pub fn entry(&self, id: &str, now: OffsetDateTime) -> Result<VerifiedEntry, SetError> {
        self.entry_under(id, now, &self.revoked)
    }

    /// The same under the revocations of another set: whether what this set approved at `then`
    /// still stands. Keys that have expired since, and entries that later sets no longer have,
    /// don't matter to a job that was admitted then; what was taken back does.
    pub fn entry_under(
        &self,
        id: &str,
        then: OffsetDateTime,
        revoked: &Revoked,
    ) -> Result<VerifiedEntry, SetError> {
        let verifier = Verifier { keys: &self.keys, policy: &self.policy, now: then };
        let examined = verifier.entry(&Files::new(self.dir.as_fd()), id, revoked)?;
        match examined.faults.into_iter().next() {
            Some(fault) => Err(fault),
            None => Ok(VerifiedEntry {
                entry: examined.entry,
                digest: examined.digest,
                signers: examined.signers,
            }),
        }
    }
}
