//! The `[store]` of sluice.toml.

use std::path::PathBuf;

use serde::Deserialize;

use crate::values::is_plain;

/// Longest time that Slurm was seen to wait for a starting step without harm, in seconds.
const MAX_COLD: u64 = 300;

/// The site's rules for each node's store of verified workflows.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct Store {
    /// Most bytes of copies; the ones used longest ago go first, never one that a running job uses.
    /// Without it they stay.
    pub max_bytes: Option<u64>,
    /// How long a starting job waits while a workflow is copied and verified, in seconds.
    pub cold_seconds: u64,
    /// Workflows and runtimes that are verified and used where they lie, for want of room: their
    /// NAME/VERSION directories, root's alone, on a local file system.
    pub in_place: Vec<PathBuf>,
}

impl Default for Store {
    fn default() -> Self {
        Self { max_bytes: None, cold_seconds: MAX_COLD, in_place: Vec::new() }
    }
}

impl Store {
    pub(crate) fn check(&self) -> Result<(), String> {
        if !(1..=MAX_COLD).contains(&self.cold_seconds) {
            return Err(format!("store.cold-seconds must be between 1 and {MAX_COLD}"));
        }
        match self.in_place.iter().find(|path| !is_plain(path)) {
            Some(path) => Err(format!(
                "store.in-place: {} must be an absolute path without '.' and '..'",
                path.display()
            )),
            None => Ok(()),
        }
    }
}
