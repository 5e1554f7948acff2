//! One host's Sluice: its configuration, allowlist sets, job records and audit log.

pub mod audit;
pub mod bundle;
pub mod collect;
mod config;
mod crawler;
pub mod exit;
mod finding;
mod installed;
pub mod node;
pub mod paths;
pub mod pending;
mod policy;
pub mod record;
pub mod renderer;
mod sandbox;
pub mod sets;
pub mod shared;
mod slurm_conf;
mod store;
pub mod uids;
pub mod users;
mod values;

pub use config::{DataSet, Site, SiteError};
pub use crawler::Crawler;
pub use installed::{Installed, InstalledTwice, Meant, Version};
pub use policy::{Holder, Policy, RevokedJobs, Role};
pub use sandbox::{Ports, Sandbox};
pub use slurm_conf::SlurmConf;
pub use store::Store;
