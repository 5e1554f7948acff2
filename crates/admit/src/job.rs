//! The job that asks to run.

use std::ops::Deref;
use std::path::PathBuf;

use sluice_protocol::{Facts, Mode, Sandbox};
use sluice_site::paths::Roots;
use sluice_site::record::run_id;
use sluice_site::{Site, users};
use sluice_sys::jobs::{Incarnation, JobDir};
use time::OffsetDateTime;

use crate::drop_box::DropBox;
use crate::refused::Refused;
use crate::user::User;
use crate::{facts, sandbox};

/// A job, and the site whose rules it is judged by.
#[derive(Clone, Copy)]
pub(crate) struct Job<'a> {
    pub(crate) facts: &'a Facts,
    pub(crate) site: &'a Site,
    pub(crate) roots: &'a Roots,
    pub(crate) now: OffsetDateTime,
}

/// A batch job in its drop box: all that is known of it before its script is looked at.
pub(crate) struct Batch<'a> {
    job: Job<'a>,
    pub(crate) user: User,
    pub(crate) drop_box: DropBox,
    pub(crate) sandbox: Sandbox,
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
    pub(crate) fn seal(&self) -> PathBuf {
        self.site.seal(self.incarnation())
    }

    /// The job's record on this node.
    pub(crate) fn record(&self) -> JobDir {
        self.roots.jobs().dir(self.incarnation().into())
    }
}

impl<'a> Batch<'a> {
    /// Finds out what is needed to judge it; refused if it is no whole, single batch job.
    pub(crate) fn open(job: Job<'a>) -> Result<Self, Refused> {
        facts::check_kind(job.facts)?;
        let user = User::of(&job)?;
        let drop_box = DropBox::open(&job.facts.job.work_dir, &job.site.runs, &user)?;
        let sandbox = sandbox::of(&job)?;
        Ok(Self { job, user, drop_box, sandbox })
    }

    /// Name of its results.
    pub(crate) fn run_id(&self) -> String {
        let name = self.drop_box.path().rsplit('/').next().unwrap_or_default();
        run_id(name.as_bytes(), &self.site.cluster, self.incarnation())
    }
}

impl<'a> Deref for Batch<'a> {
    type Target = Job<'a>;

    fn deref(&self) -> &Job<'a> {
        &self.job
    }
}
