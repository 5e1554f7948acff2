use serde::{Deserialize, Serialize};

use crate::Mode;

/// What slurmd loaded when it started, left in [`Loaded::STAMP`] for `sluice check`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Loaded {
    /// [`crate::FORMAT`].
    pub format: u32,
    /// The plugin's version.
    pub version: String,
    /// The Slurm version that it was built for, such as `22.05`.
    pub slurm: String,
    /// Mode at slurmd's start.
    pub mode: Mode,
}

impl Loaded {
    /// The file, root's.
    pub const STAMP: &str = "/run/sluice/loaded.json";
}
