//! A run in memory.

use sluice_policy::digest::Digest;

/// Half of its name's digest, which is shorter than any name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Id([u8; 16]);

impl Id {
    /// Of the run that the ledger has under `name`.
    pub fn of(name: &str) -> Self {
        let digest = Digest::of(name.as_bytes());
        let (half, _) = digest.as_bytes().split_at(16);
        let mut id = [0; 16];
        id.copy_from_slice(half);
        Self(id)
    }
}
