//! An entry of the allowlist: one approved workflow, and what it may read and release.

mod check;
mod check_output;
mod disclosure;
mod output;
mod parameters;
mod rules;

pub use check::{EntryError, is_entry_id, is_name, is_version};
pub use disclosure::{Contributors, Counts, Dominance, Earlier, Percent, Zero, stands_for};
pub use output::{ContentKind, MAX_STREAMED_BYTES, MAX_WHOLE_BYTES, Output};
pub use parameters::{Parameters, Syntax};
pub use rules::{Rule, Rules};

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use crate::digest::Digest;

/// The namespace its signatures are made in.
pub const NAMESPACE: &str = "sluice-entry@v1";
/// Largest entry, in bytes.
pub const MAX_BYTES: usize = 64 << 10;

/// An approved workflow.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Entry {
    /// 1, or 2 for keys that came later.
    pub format: u32,
    /// Name of the workflow.
    pub name: String,
    /// Its version.
    pub version: String,
    /// Digest of its bundle.
    pub digest: Digest,
    /// What runs it; for people.
    pub engine: String,
    /// Which network its jobs see.
    pub network: Network,
    /// Whether its jobs may start steps.
    pub steps: Steps,
    /// What becomes of standard output and error.
    pub stdio: Stdio,
    /// Where the bundle came from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<Source>,
    /// Who approved it and why.
    pub approval: Approval,
    /// Who may run it, where and when.
    #[serde(default)]
    pub scope: Scope,
    /// A second bundle with the engine and its interpreter.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub runtime: Option<Runtime>,
    /// What it takes from the host.
    #[serde(default)]
    pub system: System,
    /// Data sets that its jobs see.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub data: Vec<Data>,
    /// What its parameters must be; the one YAML or JSON file that each script names.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parameters: Option<Parameters>,
    /// Scripts that may start it.
    pub command: Vec<Command>,
    /// Files that may leave.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub output: Vec<Output>,
}

/// Which network a job sees.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Network {
    /// Loopback only.
    None,
    /// The host's, to speak with Slurm: munge, and TCP to the ports that the site names.
    Slurm,
}

/// Whether a job may start steps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Steps {
    /// It may not.
    None,
    /// With srun, inside its own allocation.
    Inside,
}

/// What becomes of standard output and error.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stdio {
    /// Kept in the sealed run directory.
    Sealed,
    /// Thrown away.
    Discard,
}

/// Where a bundle came from; for people and provenance.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// `https://` URL of the repository.
    pub url: String,
    /// The commit, 40 lower-case hexadecimal digits.
    pub commit: String,
    /// The signed tag that names it; verified when the entry is added.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tag: Option<String>,
}

/// The decision behind an entry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Approval {
    /// Principal who approved.
    pub by: String,
    /// Identifier of the proposal.
    pub proposal: String,
    /// What it is for.
    pub purpose: String,
    /// Who asked.
    pub requester: String,
    /// When.
    #[serde(with = "crate::time::rfc3339")]
    pub at: OffsetDateTime,
    /// The version before, `NAME@VERSION`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous: Option<String>,
    /// Digest of [`crate::manifest::Manifest::difference`] from that one's bundle to this one's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub diff: Option<Digest>,
}

/// Who may run an entry, where and when. An empty list means any.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Scope {
    /// User names.
    #[serde(default)]
    pub users: Vec<String>,
    /// Group names.
    #[serde(default)]
    pub groups: Vec<String>,
    /// Slurm accounts.
    #[serde(default)]
    pub accounts: Vec<String>,
    /// Clusters.
    #[serde(default)]
    pub clusters: Vec<String>,
    /// Slurm partitions.
    #[serde(default)]
    pub partitions: Vec<String>,
    /// Not admitted before.
    #[serde(
        default,
        with = "crate::time::rfc3339::option",
        skip_serializing_if = "Option::is_none"
    )]
    pub not_before: Option<OffsetDateTime>,
    /// Not admitted at or after.
    #[serde(
        default,
        with = "crate::time::rfc3339::option",
        skip_serializing_if = "Option::is_none"
    )]
    pub not_after: Option<OffsetDateTime>,
    /// How often each user may run it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_runs: Option<MaxRuns>,
}

/// How often each user may run an entry. Differences between the results of many runs tell more
/// than each of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct MaxRuns {
    /// Admitted runs of one user, 1 to 1,000,000.
    pub per_user: u32,
    /// Within that many days, 1 to 3650.
    pub days: u32,
}

/// The bundle with the engine and its interpreter.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Runtime {
    /// Name below the host's `runtimes`.
    pub name: String,
    /// Version below that.
    pub version: String,
    /// Digest of the bundle.
    pub digest: Digest,
}

/// What a bundle takes from the host.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct System {
    /// Absolute targets that links of the bundle may have.
    #[serde(default)]
    pub links: Vec<String>,
}

/// A data set and where jobs see it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Data {
    /// Its name in the host's configuration.
    pub name: String,
    /// Absolute path in the job.
    pub at: String,
}

/// A script that may start the workflow.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Command {
    /// A [`crate::template::Template`].
    pub script: String,
}

impl Entry {
    /// Reads an entry; its signatures are the caller's to check.
    pub fn parse(bytes: &[u8]) -> Result<Self, EntryError> {
        check::parse(bytes)
    }

    /// The release rules alone, of an entry or of a draft that has nothing else yet.
    pub fn parse_outputs(bytes: &[u8]) -> Result<Vec<Output>, EntryError> {
        check_output::read(bytes)
    }

    /// `NAME@VERSION`.
    pub fn id(&self) -> String {
        format!("{}@{}", self.name, self.version)
    }
}

#[cfg(test)]
mod tests;
