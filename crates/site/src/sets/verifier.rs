//! Whether a set's signatures hold: asked by nodes of the copy that they keep, and by whoever prepares
//! a set of what lies there.

use std::io::ErrorKind;

use sluice_policy::digest::Digest;
use sluice_policy::entry::{self, Entry, EntryError, is_entry_id};
use sluice_policy::index;
use sluice_policy::revocation::{self, Revoked};
use sluice_policy::set::{INDEX, REVOKED, entry_file};
use sluice_policy::signature::{Signer, verify};
use sluice_policy::signers::AllowedSigners;
use time::OffsetDateTime;

use super::{Files, SetError};
use crate::Policy;

/// What signatures are held against.
#[derive(Clone, Copy)]
pub struct Verifier<'a> {
    /// `allowed_signers`.
    pub keys: &'a AllowedSigners,
    /// Who may approve and revoke what.
    pub policy: &'a Policy,
    /// When the keys have to be valid.
    pub now: OffsetDateTime,
}

/// An entry and what stands against it.
#[derive(Debug)]
pub struct ExaminedEntry {
    /// The entry.
    pub entry: Entry,
    /// Digest of the entry's file.
    pub digest: Digest,
    /// Principals whose signatures count, sorted.
    pub signers: Vec<String>,
    /// Why it approves nothing; the one that nodes tell is the first.
    pub faults: Vec<SetError>,
}

/// Who has signed a file.
#[derive(Default)]
struct Signed {
    valid: Vec<Signer>,
    /// With keys taken back since, and why they were.
    taken_back: Vec<(Signer, String)>,
    /// Why other signatures don't count.
    reasons: String,
}

/// Whether a set of this serial still holds.
pub fn check_in_force(
    serial: u64,
    expires: OffsetDateTime,
    min_serial: u64,
    now: OffsetDateTime,
) -> Result<(), SetError> {
    if serial < min_serial {
        return Err(SetError::Behind { serial, floor: min_serial });
    }
    if expires <= now {
        return Err(SetError::Expired { serial, at: expires });
    }
    Ok(())
}

impl Verifier<'_> {
    /// What the set takes back, and the digest of that file. One approver's signature is enough, since
    /// it only takes away; so is one by a key that the file itself takes back.
    pub fn revoked(&self, files: &Files<'_>) -> Result<(Revoked, Digest), SetError> {
        let (revoked, bytes) = files.revoked()?;
        if !bytes.is_empty() {
            let may = |principal: &str| self.policy.may_revoke(principal);
            let (namespace, none) = (revocation::NAMESPACE, Revoked::default());
            let signed = self.signed(files, REVOKED, namespace, &bytes, &none, may)?;
            signed.somebody(REVOKED)?;
        }
        Ok((revoked, Digest::of(&bytes)))
    }

    /// Somebody whose signature of the index counts under what the set takes back.
    pub fn index(
        &self,
        files: &Files<'_>,
        bytes: &[u8],
        revoked: &Revoked,
    ) -> Result<Signer, SetError> {
        self.signed(files, INDEX, index::NAMESPACE, bytes, revoked, |_| true)?.somebody(INDEX)
    }

    /// The entry `NAME@VERSION` under what is `revoked`.
    pub fn entry(
        &self,
        files: &Files<'_>,
        id: &str,
        revoked: &Revoked,
    ) -> Result<ExaminedEntry, SetError> {
        let file = entry_file(id);
        let bytes = match is_entry_id(id) {
            true => files.read(&file).map_err(SetError::state)?,
            false => None,
        };
        let bytes = bytes.ok_or_else(|| SetError::NotListed(id.into()))?;
        let invalid = |why: String| SetError::EntryInvalid { id: id.into(), why };
        let entry = Entry::parse(&bytes).map_err(|error| match error {
            EntryError::TooNew(_) => {
                SetError::EntryTooNew { id: id.into(), why: error.to_string() }
            }
            error => invalid(error.to_string()),
        })?;
        if entry.id() != id {
            return Err(invalid(format!("the file says {}", entry.id())));
        }
        let may = |principal: &str| self.policy.may_approve(principal, &entry);
        let signed = self.signed(files, &file, entry::NAMESPACE, &bytes, revoked, may);
        let signed = signed.map_err(|error| match error {
            SetError::Invalid(why) => invalid(why),
            error => error,
        })?;
        let digest = Digest::of(&bytes);
        let mut faults = Vec::new();
        faults.extend(self.too_few(&signed, &entry));
        let runtime = entry.runtime.as_ref().map(|runtime| ("the runtime", &runtime.digest));
        let digests = [("the workflow", &entry.digest), ("the approval", &digest)];
        for (what, digest) in digests.into_iter().chain(runtime) {
            faults.extend(revoked.digest(digest).map(|why| SetError::Revoked {
                what: format!("{what} {digest}"),
                why: why.into(),
            }));
        }
        let signers = signed.valid.into_iter().map(|signer| signer.principal).collect();
        Ok(ExaminedEntry { entry, digest, signers, faults })
    }

    /// Whether `principal` has signed the entry, whatever policy and revocations make of it.
    pub fn has_signed(
        &self,
        files: &Files<'_>,
        principal: &str,
        id: &str,
    ) -> Result<bool, SetError> {
        let file = entry_file(id);
        let bytes = files.read(&file).map_err(SetError::state)?.unwrap_or_default();
        let is_them = |name: &str| name == principal;
        let (namespace, none) = (entry::NAMESPACE, Revoked::default());
        Ok(!self.signed(files, &file, namespace, &bytes, &none, is_them)?.valid.is_empty())
    }

    fn too_few(&self, signed: &Signed, entry: &Entry) -> Option<SetError> {
        let needed = self.policy.needed();
        let valid = || signed.valid.iter().map(|signer| signer.principal.as_str());
        let found = self.policy.given(valid(), entry);
        if found == needed {
            return None;
        }
        let taken_back = signed.taken_back.iter().map(|(signer, _)| signer.principal.as_str());
        let before = self.policy.given(valid().chain(taken_back), entry);
        Some(match signed.taken_back.first() {
            Some((signer, why)) if before == needed => SetError::Revoked {
                what: format!("the key {} that signed {}", signer.fingerprint, entry.id()),
                why: why.clone(),
            },
            _ => {
                let why = signed.reasons.clone();
                SetError::Unsigned { id: entry.id(), found, needed, why }
            }
        })
    }

    fn signed(
        &self,
        files: &Files<'_>,
        file: &str,
        namespace: &str,
        bytes: &[u8],
        revoked: &Revoked,
        may: impl Fn(&str) -> bool,
    ) -> Result<Signed, SetError> {
        let mut signed = Signed::default();
        let signatures = files.signatures(file).map_err(|error| match error.kind() {
            ErrorKind::InvalidData => SetError::invalid(error),
            _ => SetError::state(error),
        })?;
        for (principal, armored) in signatures {
            signed.reasons +=
                &match verify(self.keys, &principal, namespace, bytes, &armored, self.now) {
                    Ok(_) if !may(&principal) => format!("; {principal} may not approve it"),
                    Ok(signer) => match revoked.key(&signer.fingerprint) {
                        None => {
                            signed.valid.push(signer);
                            String::new()
                        }
                        Some(why) => {
                            let key = &signer.fingerprint;
                            let text = format!("; {principal}: the key {key} is revoked: {why}");
                            signed.taken_back.push((signer, why.into()));
                            text
                        }
                    },
                    Err(error) => format!("; {principal}: {error}"),
                };
        }
        Ok(signed)
    }
}

impl Signed {
    /// One of those whose signature of `file` counts.
    fn somebody(self, file: &str) -> Result<Signer, SetError> {
        match (self.valid.into_iter().next(), self.taken_back.into_iter().next()) {
            (Some(signer), _) => Ok(signer),
            (None, Some((signer, why))) => {
                let what = format!("the key {} that signed {file}", signer.fingerprint);
                Err(SetError::Revoked { what, why })
            }
            (None, None) => {
                Err(SetError::invalid(format!("{file} has no valid signature{}", self.reasons)))
            }
        }
    }
}
