//! This node: its configuration, the service account, and the jobs it still has to attest.

use std::{thread::sleep, time::Instant};

use anyhow::{Context, Result};
use sluice_site::{
    Site,
    paths::Roots,
    record::{self, Record},
};
use sluice_sys::{identity::as_user, jobs::Incarnation, trusted::read_trusted};

use crate::{outage::Outage, patience::Patience, report};

/// What every part of the worker needs to know of the host.
pub(crate) struct Host {
    pub(crate) roots: Roots,
    pub(crate) site: Site,
    /// Uid and gid of the service account, to whom the shared places belong.
    pub(crate) service: (u32, u32),
}

impl Host {
    /// The one that is configured below these roots.
    fn load(roots: &Roots) -> Result<Self> {
        let site = Site::read(&roots.etc.join("sluice.toml"))?;
        let service = site.service()?;
        Ok(Self { roots: roots.clone(), site, service })
    }

    /// The same, once the configuration can be read: jobs end whatever state that is in.
    pub(crate) fn once_configured(roots: &Roots, patience: &Patience) -> Result<Self> {
        let started = Instant::now();
        let mut outage = Outage::default();
        loop {
            match Self::load(roots) {
                Err(error) if started.elapsed() < patience.give_up => {
                    if outage.goes_on(Instant::now(), patience.silence) {
                        let _ = report::unconfigured(roots, &error);
                    }
                    sleep(patience.slowest);
                }
                loaded => return loaded,
            }
        }
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
