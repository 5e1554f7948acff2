//! tombstone.json: what stands in a withdrawn run's place.

use serde::{Deserialize, Serialize};

use crate::outcome::{Code, Stop};

/// Says that a run was taken back, and why.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct Tombstone {
    format: u32,
    run_id: String,
    state: String,
    why: String,
    withdrawn: String,
}

impl Tombstone {
    /// Of a run that was taken back at the time `now`.
    pub(crate) fn new(run_id: &str, why: &str, now: &str) -> Self {
        Self {
            format: 1,
            run_id: run_id.into(),
            state: "withdrawn".into(),
            why: why.into(),
            withdrawn: now.into(),
        }
    }

    /// As it is written.
    pub(crate) fn to_bytes(&self) -> Result<Vec<u8>, Stop> {
        let text = serde_json::to_vec_pretty(self);
        text.map_err(|error| Stop::hold(Code::InternalError, error.to_string()))
    }

    /// Why a run was taken back, by the tombstone that was found of it.
    pub(crate) fn why(bytes: &[u8]) -> String {
        let found = serde_json::from_slice(bytes);
        found.map_or_else(|_| "the store has a tombstone".into(), |found: Self| found.why)
    }
}
