use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use sluice_protocol::Filesystem;
use time::OffsetDateTime;

use super::JobState;
use crate::digest::Digest;

/// A job as it was admitted: what its record says of it, and later its attestation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Run {
    /// Cluster.
    pub cluster: String,
    /// Job id.
    pub job: u32,
    /// How often the job had been requeued.
    pub restart: u32,
    /// Name of its published results.
    pub run_id: String,
    /// The node that admitted it, which also signs: the batch host.
    pub node: String,
    /// All its nodes.
    pub nodes: Vec<String>,
    /// User name.
    pub user: String,
    /// User id.
    pub uid: u32,
    /// Refusal code of a job that ran unapproved, in `mode=confine`: nothing of it is released, and
    /// its [`Basis`] is empty.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub held: Option<String>,
    /// The drop box.
    #[serde(alias = "run-dir")] // In the records of older releases.
    pub submitted_run_dir: PathBuf,
    /// The sealed run directory, where the job really writes.
    pub sealed: PathBuf,
    /// When it was admitted.
    #[serde(with = "crate::time::rfc3339")]
    pub started: OffsetDateTime,
    /// Names the user's status file, and nobody guesses it; 32 hexadecimal digits.
    pub status_token: String,
}

/// What a run rests on: the entry and the code that it was admitted with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Basis {
    /// `NAME@VERSION` of the entry.
    pub entry: String,
    /// Digest of the entry file's bytes.
    pub entry_digest: Digest,
    /// Serial of the allowlist that admitted the job.
    pub serial: u64,
    /// Digest of the bundle.
    pub digest: Digest,
    /// Digest of the runtime, if the entry has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub runtime_digest: Option<Digest>,
    /// The file system of the bundle if it is an image, whose digest is that of the file; none if it is a
    /// directory, whose digest is that of its manifest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bundle_image: Option<Filesystem>,
    /// The same of the runtime.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub runtime_image: Option<Filesystem>,
    /// When the node's copy of the bundle was last hashed.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        with = "crate::time::rfc3339::option"
    )]
    pub bundle_hashed: Option<OffsetDateTime>,
    /// The same of the runtime.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        with = "crate::time::rfc3339::option"
    )]
    pub runtime_hashed: Option<OffsetDateTime>,
    /// Principals whose signatures approved the entry.
    pub signers: Vec<String>,
}

/// How a run ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct End {
    /// When it had wholly ended.
    #[serde(with = "crate::time::rfc3339")]
    pub ended: OffsetDateTime,
    /// Exit code; 128 + signal when killed.
    pub exit_code: i32,
    /// Slurm's word for how it ended, or ours.
    pub state: JobState,
    /// A signal ended a step before the script did, or the owner's signals could not be kept away:
    /// the results may be less than the whole.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub interfered: bool,
}

impl Basis {
    /// All that may be taken back by its digest: bundle, runtime and entry.
    pub fn digests(&self) -> impl Iterator<Item = Digest> {
        [Some(self.digest), self.runtime_digest, Some(self.entry_digest)].into_iter().flatten()
    }

    /// Of a run that nothing was approved for.
    pub fn none() -> Self {
        let nothing = Digest::of(b"");
        Self {
            entry: String::new(),
            entry_digest: nothing,
            serial: 0,
            digest: nothing,
            runtime_digest: None,
            bundle_image: None,
            runtime_image: None,
            bundle_hashed: None,
            runtime_hashed: None,
            signers: Vec::new(),
        }
    }
}
