use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use sluice_sys::jobs::Incarnation;

/// How far the plugin goes; the `mode=` word of its line in plugstack.conf.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
    /// Nothing is decided and nothing is touched.
    Off,
    /// The verdict is logged; the job runs untouched.
    Observe,
    /// Every job is sealed; one that would be refused runs all the same, and its results are held.
    Confine,
    /// Unapproved jobs are refused, approved ones are sealed.
    Enforce,
}

impl Mode {
    /// From lax to strict.
    pub const ALL: [Self; 4] = [Self::Off, Self::Observe, Self::Confine, Self::Enforce];

    /// The word after `mode=`.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Observe => "observe",
            Self::Confine => "confine",
            Self::Enforce => "enforce",
        }
    }

    /// The mode that a word stands for.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|mode| mode.word() == word)
    }
}

/// What the plugin learned about a step before its first task was forked.
///
/// Everything here comes from slurmstepd or slurmctld, yet `work_dir` and the bytes behind
/// `script` are still the user's choice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Facts {
    /// [`crate::FORMAT`].
    pub format: u32,
    /// Mode of this node.
    pub mode: Mode,
    /// Slurm's name of this node.
    pub node: String,
    /// Version of Slurm the plugin was built for, such as `22.05`.
    pub slurm: String,
    /// Which kind of step is starting.
    pub step: Step,
    /// What an srun step brings along to show that it comes from inside its job.
    #[serde(default)]
    pub ticket: Option<String>,
    /// The job it belongs to.
    pub job: JobFacts,
}

/// Kinds of steps that run user code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Step {
    /// The batch script.
    Batch,
    /// `LaunchParameters=use_interactive_step`.
    Interactive,
    /// An srun step, by its number.
    Run(u32),
}

/// Slurm's own record of a job.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct JobFacts {
    /// Job id.
    pub id: u32,
    /// How often it has been requeued.
    pub restart: u32,
    /// User.
    pub uid: u32,
    /// Primary group.
    pub gid: u32,
    /// Supplementary groups.
    pub groups: Vec<u32>,
    /// Account, empty where the cluster keeps no accounts.
    pub account: String,
    /// Partition.
    pub partition: String,
    /// Start of this incarnation, in seconds since the epoch.
    pub start_time: i64,
    /// Nodes of the allocation.
    pub nodes: Vec<String>,
    /// Whether it is an element of an array.
    pub array: bool,
    /// Whether it is a component of a heterogeneous job.
    pub het: bool,
    /// Working directory; the user's choice.
    pub work_dir: PathBuf,
    /// Spooled batch script and its number of arguments; only for [`Step::Batch`].
    pub script: Option<PathBuf>,
    /// Arguments after the script.
    pub script_args: usize,
}

impl Facts {
    /// Which start of the job this is.
    pub fn incarnation(&self) -> Incarnation {
        Incarnation { job: self.job.id, restart: self.job.restart }
    }
}
