//! Whether a run may leave: its attestation, what it rests on, and the entry's rules for its files.

pub mod allowlist;
pub mod attested;
pub mod ended;
pub(crate) mod examine;
pub(crate) mod figure;
pub(crate) mod now;
pub mod readiness;
pub mod release;
pub mod released;
pub mod sealed;
pub mod unattested;
pub mod weskit;
