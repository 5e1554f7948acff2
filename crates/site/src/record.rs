//! The record of an admitted job: all that the attestation needs when the job is gone.

use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use rustix::fs::OFlags;
use serde::{Deserialize, Serialize};
use sluice_policy::digest::Digest;
use sluice_policy::entry::Output;
use sluice_sys::beneath::{open_beneath, open_dir};
use sluice_sys::jobs::{Incarnation, JobDir};
use sluice_sys::read_limited;
use time::OffsetDateTime;

/// Upper bound of a record's file, in bytes.
pub const MAX_BYTES: usize = 1 << 20;

/// An admitted job.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Record {
    /// Always 1.
    pub format: u32,
    /// The cluster's name.
    pub cluster: String,
    /// Job id.
    pub job: u32,
    /// How often it had been requeued.
    pub restart: u32,
    /// Name of its published results.
    pub run_id: String,
    /// The node that admitted it: the batch host.
    pub node: String,
    /// All its nodes.
    pub nodes: Vec<String>,
    /// User name.
    pub user: String,
    /// User id.
    pub uid: u32,
    /// Group id.
    pub gid: u32,
    /// Refusal code of a job that ran all the same, in `mode=confine`. It has no entry: the
    /// fields that speak of one are empty.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub held: Option<String>,
    /// `NAME@VERSION`.
    pub entry: String,
    /// Digest of the entry's file.
    pub entry_digest: Digest,
    /// Serial of the set it was admitted under.
    pub serial: u64,
    /// Digest of the bundle.
    pub digest: Digest,
    /// Digest of the runtime, where the entry names one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub runtime_digest: Option<Digest>,
    /// When the node's copy of the bundle was last hashed.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        with = "sluice_policy::time::rfc3339::option"
    )]
    pub bundle_hashed: Option<OffsetDateTime>,
    /// The same of the runtime.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        with = "sluice_policy::time::rfc3339::option"
    )]
    pub runtime_hashed: Option<OffsetDateTime>,
    /// Principals who signed the entry.
    pub signers: Vec<String>,
    /// The drop box.
    pub run_dir: PathBuf,
    /// The sealed run directory, where the job really writes.
    pub sealed: PathBuf,
    /// When it was admitted.
    #[serde(with = "sluice_policy::time::rfc3339")]
    pub started: OffsetDateTime,
    /// Unguessable name of its status file, 32 hex digits.
    pub status_token: String,
    /// The entry's release rules.
    pub outputs: Vec<Output>,
}

impl Record {
    /// Which start of the job it is about.
    pub fn incarnation(&self) -> Incarnation {
        Incarnation { job: self.job, restart: self.restart }
    }

    /// The record of a job that runs on this node; none if it has just ended, or is of steps on
    /// trial.
    pub fn of_running(dir: &JobDir) -> io::Result<Option<Self>> {
        let read = || {
            let file =
                open_beneath(open_dir(dir.path())?, Path::new(JobDir::RECORD), OFlags::RDONLY)?;
            read_limited(file, MAX_BYTES)
        };
        match read() {
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            bytes => Ok(Some(Self::parse(&bytes?)?)),
        }
    }

    /// Parses a record's file.
    pub fn parse(bytes: &[u8]) -> Result<Self, serde_json::Error> {
        serde_json::from_slice(bytes)
    }

    /// The record's file.
    pub fn to_json(&self) -> Result<Vec<u8>, serde_json::Error> {
        serde_json::to_vec(self)
    }
}

/// The published name of a run: `<run dir's last name>-<cluster>-<job>.<restart>`, with every
/// byte outside `[A-Za-z0-9._-]` as %XX.
pub fn run_id(run_name: &[u8], cluster: &str, incarnation: Incarnation) -> String {
    let tail = format!("-{cluster}-{incarnation}");
    let mut id = String::new();
    for byte in run_name.iter().chain(tail.as_bytes()) {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'.' | b'_' | b'-' => id.push(*byte as char),
            _ => id.push_str(&format!("%{byte:02X}")),
        }
    }
    id
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn run_ids_are_encoded() {
        let id =
            |name: &str, restart| run_id(name.as_bytes(), "lab", Incarnation { job: 7, restart });
        assert_eq!(id("run-1", 0), "run-1-lab-7.0");
        assert_eq!(id("a b/ü", 2), "a%20b%2F%C3%BC-lab-7.2");
    }
}
