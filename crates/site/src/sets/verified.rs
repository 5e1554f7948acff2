//! A verified set, read from the copy that only root can write.

use std::io;
use std::os::fd::{AsFd, OwnedFd};

use sluice_policy::digest::Digest;
use sluice_policy::entry::{self, Entry, is_entry_id};
use sluice_policy::manifest::{self, Manifest};
use sluice_policy::revocation::Revoked;
use sluice_policy::signature::{SignatureError, verify};
use sluice_policy::signers::AllowedSigners;
use time::OffsetDateTime;

use super::intake::{
    Stamp, check, read, read_stamp, reason, revoked_bytes, signatures, write_stamp,
};
use super::{SetError, Signers};
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
        let known = read_stamp(dir.as_fd());
        let stamp = match known.filter(|stamp| stamp.allowed_signers == signers.digest) {
            Some(stamp) => stamp,
            None => {
                let stamp = check(dir.as_fd(), policy, signers, now)?;
                write_stamp(dir.as_fd(), &stamp)?;
                stamp
            }
        };
        let bytes = revoked_bytes(dir.as_fd())?;
        if stamp.serial != serial || stamp.revoked != Digest::of(bytes.as_deref().unwrap_or(b"")) {
            return Err(SetError::state(format!("allowlist/{serial} was altered")));
        }
        let revoked = match bytes {
            Some(bytes) => Revoked::parse(&bytes).map_err(SetError::invalid)?,
            None => Revoked::default(),
        };
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
        let Stamp { serial, expires, .. } = self.stamp;
        if serial < min_serial {
            return Err(SetError::Behind { serial, floor: min_serial });
        }
        if expires <= now {
            return Err(SetError::Expired { serial, at: expires });
        }
        if let Some(why) = self.revoked.key(&self.stamp.key) {
            let what = format!("the key {} that signed the allowlist", self.stamp.key);
            return Err(SetError::Revoked { what, why: why.into() });
        }
        Ok(())
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

    /// The manifest of a bundle, if the set brings it.
    pub fn manifest(&self, digest: &Digest) -> Option<Manifest> {
        let file = format!("manifests/{}", digest.hex());
        let bytes = read(self.dir.as_fd(), &file, manifest::MAX_BYTES).ok()?;
        Manifest::parse(&bytes).ok().filter(|_| Digest::of(&bytes) == *digest)
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
        let not_listed = || SetError::NotListed(id.into());
        if !is_entry_id(id) {
            return Err(not_listed());
        }
        let file = format!("entries/{id}.toml");
        let bytes = match read(self.dir.as_fd(), &file, entry::MAX_BYTES) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(not_listed()),
            bytes => bytes.map_err(SetError::state)?,
        };
        let invalid = |why: String| SetError::EntryInvalid { id: id.into(), why };
        let entry = Entry::parse(&bytes).map_err(|error| invalid(error.to_string()))?;
        if entry.id() != id {
            return Err(invalid(format!("the file says {}", entry.id())));
        }
        let signers = self.entry_signers(&file, &bytes, &entry, then, revoked)?;
        let digest = Digest::of(&bytes);
        check_not_revoked(revoked, "the workflow", &entry.digest)?;
        check_not_revoked(revoked, "the approval", &digest)?;
        if let Some(runtime) = &entry.runtime {
            check_not_revoked(revoked, "the runtime", &runtime.digest)?;
        }
        Ok(VerifiedEntry { entry, digest, signers })
    }

    fn entry_signers(
        &self,
        file: &str,
        bytes: &[u8],
        entry: &Entry,
        then: OffsetDateTime,
        revoked: &Revoked,
    ) -> Result<Vec<String>, SetError> {
        let mut signers = Vec::new();
        let mut reasons = String::new();
        let mut taken_back = None;
        for (principal, armored) in signatures(self.dir.as_fd(), file).map_err(SetError::state)? {
            if !self.policy.may_approve(&principal, entry) {
                reasons += &format!("; {principal} may not approve it");
                continue;
            }
            let namespace = entry::NAMESPACE;
            match verify(&self.keys, &principal, namespace, bytes, &armored, then, revoked) {
                Ok(signer) => signers.push(signer.principal),
                Err(error) => {
                    reasons += &reason(&principal, &error);
                    if let SignatureError::Revoked { fingerprint, why } = error {
                        taken_back = Some((fingerprint, why));
                    }
                }
            }
        }
        let needed = self.policy.needed();
        let found = self.policy.given(signers.iter().map(String::as_str), entry);
        if found == needed {
            return Ok(signers);
        }
        Err(match taken_back {
            Some((fingerprint, why)) => {
                let what = format!("the key {fingerprint} that signed {}", entry.id());
                SetError::Revoked { what, why }
            }
            None => SetError::Unsigned { id: entry.id(), found, needed, why: reasons },
        })
    }
}

fn check_not_revoked(revoked: &Revoked, what: &str, digest: &Digest) -> Result<(), SetError> {
    match revoked.digest(digest) {
        Some(why) => Err(SetError::Revoked { what: format!("{what} {digest}"), why: why.into() }),
        None => Ok(()),
    }
}
