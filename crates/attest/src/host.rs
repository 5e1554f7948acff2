//! This node: its configuration, the service account, and the jobs it still has to attest.

use anyhow::{Context, Result};
use sluice_site::{
    Site,
    paths::Roots,
    record::{self, Record},
};
use sluice_sys::{identity::as_user, jobs::Incarnation, trusted::read_trusted};

/// What every part of the worker needs to know of the host.
pub(crate) struct Host {
    pub(crate) roots: Roots,
    pub(crate) site: Site,
    /// Uid and gid of the service account, to whom the shared places belong.
    pub(crate) service: (u32, u32),
}

impl Host {
    /// The system's own.
    pub(crate) fn load() -> Result<Self> {
        let site = Site::load()?;
        let service = site.service()?;
        Ok(Self { roots: Roots::system(), site, service })
    }

    /// Does something with shared files, as the account they belong to.
    pub(crate) fn as_service<T>(&self, work: impl FnOnce() -> Result<T>) -> Result<T> {
        as_user(self.service.0, self.service.1, work).context("identity of the service account")?
    }

    /// The record of a pending incarnation.
    pub(crate) fn record(&self, incarnation: Incarnation) -> Result<Record> {
        let path = self.roots.pending().record(incarnation);
        let bytes = read_trusted(&path, record::MAX_BYTES)?;
        Record::parse(&bytes).with_context(|| path.display().to_string())
    }
}
