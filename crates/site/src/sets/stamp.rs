//! What was found when a kept set was verified, so that it isn't found anew for every job.

use std::os::fd::BorrowedFd;
use std::path::Path;

use rustix::fs::OFlags;
use serde::{Deserialize, Serialize};
use sluice_policy::digest::Digest;
use sluice_sys::{atomic, beneath::open_beneath, read_limited};
use time::OffsetDateTime;

use super::{SetError, own};

const FILE: &str = "verified.json";
/// Its upper bound, in bytes.
const MAX_BYTES: usize = 4096;

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct Stamp {
    pub(super) serial: u64,
    #[serde(with = "sluice_policy::time::rfc3339")]
    pub(super) issued: OffsetDateTime,
    #[serde(with = "sluice_policy::time::rfc3339")]
    pub(super) expires: OffsetDateTime,
    /// Fingerprint of the key that signed the index.
    pub(super) key: String,
    /// Digest of the `allowed_signers` that it was verified with.
    pub(super) allowed_signers: Digest,
    /// Digest of what it takes back; of nothing if it has no such file.
    pub(super) revoked: Digest,
}

impl Stamp {
    /// What was noted, unless that was altered or is an older release's.
    pub(super) fn read(set: BorrowedFd<'_>) -> Option<Self> {
        let file = open_beneath(set, Path::new(FILE), OFlags::RDONLY).ok()?;
        let bytes = read_limited(file, MAX_BYTES).ok()?;
        serde_json::from_slice(own::noted(&bytes)?).ok()
    }

    pub(super) fn write(&self, set: BorrowedFd<'_>) -> Result<(), SetError> {
        let bytes = serde_json::to_vec(self).map_err(SetError::state)?;
        atomic::write(set, FILE, &own::note(&bytes), 0o600).map_err(SetError::state)
    }
}
