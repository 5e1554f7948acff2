//! The job that asks to run.

use std::path::PathBuf;

use sluice_protocol::{Facts, Mode};
use sluice_site::paths::Roots;
use sluice_site::{Site, users};
use sluice_sys::jobs::{Incarnation, JobDir};
use time::OffsetDateTime;

/// A job, and the site whose rules it is judged by.
#[derive(Clone, Copy)]
pub(crate) struct Job<'a> {
    pub(crate) facts: &'a Facts,
    pub(crate) site: &'a Site,
    pub(crate) roots: &'a Roots,
    pub(crate) now: OffsetDateTime,
}

impl Job<'_> {
    /// Whether it is any of Sluice's business.
    pub(crate) fn is_in_scope(&self) -> bool {
        let job = &self.facts.job;
        self.site.scope.as_ref().is_none_or(|scope| {
            scope.covers(&job.partition, &job.account, users::name_of(job.uid).as_deref())
        })
    }

    /// Whether it runs untouched, whatever is decided.
    pub(crate) fn is_observed(&self) -> bool {
        self.facts.mode == Mode::Observe
    }

    /// Which start of the job this is.
    pub(crate) fn incarnation(&self) -> Incarnation {
        self.facts.incarnation()
    }

    /// The directory of the sealed run directory, which the service account owns.
    pub(crate) fn sealed_dir(&self) -> PathBuf {
        self.site.sealed_dir(self.incarnation())
    }

    /// The job's record on this node.
    pub(crate) fn record(&self) -> JobDir {
        self.roots.jobs().dir(self.incarnation().into())
    }
}
