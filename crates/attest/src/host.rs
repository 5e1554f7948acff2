//! This node: its configuration, the service account, and the jobs it still has to attest.

use std::{fs, path::PathBuf};

use anyhow::{Context, Result};
use sluice_site::{
    Site,
    paths::Roots,
    record::{self, Record},
};
use sluice_sys::{identity::as_user, trusted::read_trusted};

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
    pub(crate) fn record(&self, incarnation: &str) -> Result<Record> {
        let path = pending(&self.roots).join(format!("{incarnation}.json"));
        let bytes = read_trusted(&path, record::MAX_BYTES)?;
        Record::parse(&bytes).with_context(|| path.display().to_string())
    }

    /// Where the nodes of running jobs say that they are done.
    pub(crate) fn running(&self) -> PathBuf {
        self.site.attestations.join("running")
    }
}

/// Durable records of the jobs admitted here and not attested yet.
pub(crate) fn pending(roots: &Roots) -> PathBuf {
    roots.state.join("pending")
}

/// Names, `JOB.RESTART`, of the pending incarnations; of one job, or of all.
pub(crate) fn incarnations(roots: &Roots, job: Option<u32>) -> Result<Vec<String>> {
    let dir = pending(roots);
    if !dir.exists() {
        return Ok(Vec::new());
    }
    let mut names = Vec::new();
    for entry in fs::read_dir(&dir).with_context(|| dir.display().to_string())? {
        let name = entry?.file_name();
        if let Some(name) = name.to_str().and_then(|name| name.strip_suffix(".json"))
            && job_of(name).is_some_and(|id| job.is_none_or(|job| job == id))
        {
            names.push(name.to_owned());
        }
    }
    names.sort();
    Ok(names)
}

/// The incarnation's volatile state on this node.
pub(crate) fn run_dir(roots: &Roots, incarnation: &str) -> PathBuf {
    roots.run.join("jobs").join(incarnation)
}

/// The job of a name `JOB.RESTART`, or `JOB.RESTART-trial` for its steps on trial.
pub(crate) fn job_of(name: &str) -> Option<u32> {
    let (job, _) = name.split_once('.')?;
    job.parse().ok()
}
