//! One host's Sluice: its configuration, allowlist sets, job records and audit log.

pub mod audit;
mod config;
pub mod paths;
pub mod record;
mod sandbox;
pub mod sets;
pub mod users;

pub use config::{Controller, Crawler, DataSet, Policy, Site, SiteError};
pub use sandbox::Sandbox;
