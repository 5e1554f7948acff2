//! What can be found on a node, by stable names that a site may accept.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// A setting that would weaken the sandbox.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Finding {
    /// Its stable name, by which a site may accept it.
    pub name: String,
    /// What there is.
    pub what: String,
    /// What to do about it.
    pub remedy: String,
    /// The program that it would run outside the sandbox.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) program: Option<PathBuf>,
}

/// Every kernel has it, and only who may run on the node makes it harmless.
pub(crate) const BY_NUMBER: &str = "visible-by-number";

/// What only a host where users log in can find, with `sluice check`: it refuses no job.
pub const SLURMD_REACHABLE: &str = "slurmd-reachable";

/// The names of all findings.
pub const NAMES: [&str; 14] = [
    "contain-spank",
    "core-dumps",
    "namespaces",
    "oci-runtime",
    "pam-exec",
    "slurm-conf",
    SLURMD_REACHABLE,
    "task-epilog",
    "unkillable-step-program",
    BY_NUMBER,
    "visible-gauges",
    "visible-kernel-log",
    "visible-locks",
    "visible-processes",
];

impl Finding {
    pub(crate) fn new(name: &str, what: impl Into<String>, remedy: &str) -> Self {
        Self { name: name.into(), what: what.into(), remedy: remedy.into(), program: None }
    }
}
