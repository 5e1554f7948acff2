//! What holds while runs are looked at: the time, the set in force, and which stores are away.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use sluice_policy::time::format;
use time::OffsetDateTime;

use crate::{
    judge::allowlist::Allowlist,
    outcome::{Reason, Stop},
};

/// The same for all runs that are looked at together.
pub(crate) struct Now {
    pub(crate) time: OffsetDateTime,
    pub(crate) text: String,
    pub(crate) allowlist: Result<Allowlist, Stop>,
    /// By URL, so that other runs needn't find out themselves.
    outages: Mutex<HashMap<String, Reason>>,
}

impl Now {
    pub(crate) fn new(time: OffsetDateTime, allowlist: Result<Allowlist, Stop>) -> Self {
        Self { time, text: format(time), allowlist, outages: Mutex::default() }
    }

    /// Serial of the set in force, if there is one.
    pub(crate) fn serial(&self) -> Option<u64> {
        self.allowlist.as_ref().ok().map(Allowlist::serial)
    }

    /// Why the store at `url` is no use now, if it was found to be none.
    pub(crate) fn outage(&self, url: &str) -> Option<Reason> {
        self.outages.lock().unwrap_or_else(PoisonError::into_inner).get(url).cloned()
    }

    pub(crate) fn note_outage(&self, url: &str, reason: &Reason) {
        let mut outages = self.outages.lock().unwrap_or_else(PoisonError::into_inner);
        outages.insert(url.to_owned(), reason.clone());
    }
}
