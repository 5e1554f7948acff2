//! The record of an admitted job: all that the attestation needs when the job is gone.

use std::io::{self, ErrorKind};
use std::path::Path;

use rustix::fs::OFlags;
use serde::{Deserialize, Serialize};
use sluice_policy::attestation::{Basis, Run};
use sluice_policy::entry::Output;
use sluice_sys::beneath::{open_beneath, open_dir};
use sluice_sys::jobs::{Incarnation, JobDir};
use sluice_sys::read_limited;

/// Upper bound of a record's file, in bytes.
pub const MAX_BYTES: usize = 1 << 20;

/// An admitted job.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Record {
    /// Always 1.
    pub format: u32,
    /// What its attestation will say of it.
    #[serde(flatten)]
    pub run: Run,
    /// What it rests on.
    #[serde(flatten)]
    pub basis: Basis,
    /// Group id.
    pub gid: u32,
    /// The entry's release rules.
    pub outputs: Vec<Output>,
}

impl Record {
    /// Which start of the job it is about.
    pub fn incarnation(&self) -> Incarnation {
        Incarnation { job: self.run.job, restart: self.run.restart }
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

    /// As release 0.1.0 wrote it.
    const OLDER: &str = r#"{"format":1,"cluster":"lab","job":7,"restart":1,"run-id":"x-lab-7.1",
        "node":"n1","nodes":["n1","n2"],"user":"alice","uid":5001,"gid":5002,"entry":"demo@1",
        "entry-digest":"sha256:0000000000000000000000000000000000000000000000000000000000000000",
        "serial":3,
        "digest":"sha256:1111111111111111111111111111111111111111111111111111111111111111",
        "bundle-hashed":"2026-07-01T09:00:00Z","signers":["c@lab"],"run-dir":"/srv/runs/x",
        "sealed":"/srv/p/s/lab/7.1/run","started":"2026-07-01T12:00:00Z",
        "status-token":"00000000000000000000000000000000",
        "outputs":[{"glob":"*.csv","kind":"csv","max-bytes":1000,"max-rows":10}]}"#;

    #[test]
    fn older_records_are_read_and_written_anew() {
        let record = Record::parse(OLDER.as_bytes()).unwrap();
        assert_eq!(record.incarnation(), Incarnation { job: 7, restart: 1 });
        assert_eq!((record.run.uid, record.gid, record.basis.serial), (5001, 5002, 3));
        assert_eq!(record.run.submitted_run_dir, Path::new("/srv/runs/x"));
        assert!(record.basis.bundle_hashed.is_some() && record.basis.runtime_hashed.is_none());
        assert_eq!(Record::parse(&record.to_json().unwrap()).unwrap(), record);
    }

    #[test]
    fn unknown_keys_are_refused() {
        let more = OLDER.replacen('{', r#"{"another":1,"#, 1);
        assert!(Record::parse(more.as_bytes()).is_err());
        let both = OLDER.replacen('{', r#"{"submitted-run-dir":"/srv/runs/y","#, 1);
        assert!(Record::parse(both.as_bytes()).is_err());
    }

    #[test]
    fn run_ids_are_encoded() {
        let id =
            |name: &str, restart| run_id(name.as_bytes(), "lab", Incarnation { job: 7, restart });
        assert_eq!(id("run-1", 0), "run-1-lab-7.0");
        assert_eq!(id("a b/ü", 2), "a%20b%2F%C3%BC-lab-7.2");
    }
}
