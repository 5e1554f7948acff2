//! Publishes what signed attestations and release rules let out, once and whole.
//!
//! A pass takes every run through the same stages: [`discovery`] finds its attestation,
//! [`attested`] verifies it, [`readiness`] and [`weskit`] say whether it may be looked at,
//! [`allowlist`] whether what it rests on still stands, [`release`] whether the entry's rules let
//! its files out, [`publish`] sends them. The [`ledger`] remembers where each run stands.

pub mod adopt;
pub mod allowlist;
mod attend;
pub mod attested;
mod batch;
pub mod buffers;
pub mod clock;
pub mod config;
pub mod crawler;
pub mod daemon;
pub mod discovery;
pub mod edge;
pub mod error;
mod examine;
pub mod health;
pub mod journal;
pub mod key;
pub mod ledger;
pub mod manifest;
pub mod metrics;
pub mod notice;
mod now;
pub mod outcome;
pub mod preflight;
pub mod publish;
pub mod readiness;
pub mod recall;
pub mod record;
pub mod release;
pub mod roll;
pub mod sealed;
pub mod signals;
pub mod status;
pub mod store;
pub mod supervisor;
mod token;
pub mod unattested;
mod uploads;
pub mod watch;
pub mod weskit;
pub mod withdraw;
mod work;
