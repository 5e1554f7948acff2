//! Publishes what signed attestations and release rules let out, once and whole.
//!
//! A run goes through the folders in this order: [`discover`] finds its attestation, [`judge`]
//! verifies it and applies the entry's rules, [`publish`] sends its files to the [`store`], and the
//! [`ledger`] remembers where it stands. [`serve`] drives all of it.

pub mod clock;
pub mod config;
pub mod discover;
pub mod error;
pub mod failpoint;
pub mod judge;
pub mod key;
pub mod ledger;
pub mod outcome;
pub mod publish;
pub mod serve;
pub mod store;
