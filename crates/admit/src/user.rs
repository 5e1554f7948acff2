//! The job's user.

use sluice_protocol::Code;
use sluice_site::users;
use sluice_sys::identity::{as_member, as_user};

use crate::job::Job;
use crate::refused::Refused;

pub(crate) struct User {
    pub(crate) uid: u32,
    pub(crate) gid: u32,
    groups: Vec<u32>,
    pub(crate) name: String,
    /// Uid and gid of the service account.
    pub(crate) service: (u32, u32),
}

impl User {
    pub(crate) fn of(Job { facts, site, .. }: &Job<'_>) -> Result<Self, Refused> {
        let job = &facts.job;
        let service =
            site.service().map_err(|error| Refused::new(Code::ConfigurationInvalid, error))?;
        if job.uid == 0 || job.uid == service.0 {
            let message = "root and the service account may not run workflows; use a user account";
            return Err(Refused::new(Code::OutOfScope, message));
        }
        let name = users::name_of(job.uid).ok_or_else(|| {
            let message = format!("this node knows no user {}; check its name service", job.uid);
            Refused::new(Code::FactsInvalid, message)
        })?;
        Ok(Self { uid: job.uid, gid: job.gid, groups: job.groups.clone(), name, service })
    }

    /// Names of all the user's groups.
    pub(crate) fn group_names(&self) -> Vec<String> {
        let mut gids = self.groups.clone();
        gids.push(self.gid);
        users::group_names(&gids)
    }

    /// Works on files as the user.
    pub(crate) fn act<T>(&self, work: impl FnOnce() -> T) -> Result<T, Refused> {
        as_member(self.uid, self.gid, &self.groups, work)
            .map_err(Refused::internal("the user's identity"))
    }

    /// Works on files as the service account.
    pub(crate) fn serve<T>(&self, work: impl FnOnce() -> T) -> Result<T, Refused> {
        let (uid, gid) = self.service;
        as_user(uid, gid, work).map_err(Refused::internal("the service account's identity"))
    }
}
