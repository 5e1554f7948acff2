//! A batch job: what is needed to judge its script.

use std::ops::Deref;

use sluice_protocol::Sandbox;
use sluice_site::record::run_id;

use crate::drop_box::DropBox;
use crate::job::Job;
use crate::refused::Refused;
use crate::user::User;
use crate::{facts, sandbox};

/// A batch job in its drop box: all that is known of it before its script is looked at.
pub(crate) struct Batch<'a> {
    job: Job<'a>,
    pub(crate) user: User,
    pub(crate) drop_box: DropBox,
    pub(crate) sandbox: Sandbox,
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
