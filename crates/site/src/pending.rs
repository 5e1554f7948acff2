//! Durable records of the jobs that a node admitted and has not attested yet: what outlives a crash
//! of the node.

use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use sluice_sys::jobs::Incarnation;

/// Ends the name of a record.
const RECORD: &str = ".json";
/// Ends the name of the file beside a record that says why attesting its job last failed.
const FAILED: &str = ".failed";

/// A node's pending records.
#[derive(Clone, Debug)]
pub struct Pending(PathBuf);

impl Pending {
    /// Those below the node's durable state, `/var/lib/sluice` but in tests.
    pub fn below(state: &Path) -> Self {
        Self(state.join("pending"))
    }

    /// Their directory.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// The name of a record in it.
    pub fn name(incarnation: Incarnation) -> String {
        format!("{incarnation}{RECORD}")
    }

    /// The path of a record.
    pub fn record(&self, incarnation: Incarnation) -> PathBuf {
        self.0.join(Self::name(incarnation))
    }

    /// The name of the file that says why attesting a job last failed.
    pub fn failure_name(incarnation: Incarnation) -> String {
        format!("{incarnation}{FAILED}")
    }

    /// Where it is said.
    pub fn failure(&self, incarnation: Incarnation) -> PathBuf {
        self.0.join(Self::failure_name(incarnation))
    }

    /// The jobs that have a record, in order.
    pub fn jobs(&self) -> io::Result<Vec<Incarnation>> {
        self.ending(RECORD)
    }

    /// Those that could not be attested when that was last tried.
    pub fn failed(&self) -> io::Result<Vec<Incarnation>> {
        self.ending(FAILED)
    }

    fn ending(&self, end: &str) -> io::Result<Vec<Incarnation>> {
        let entries = match fs::read_dir(&self.0) {
            // A node that has admitted none, or another host.
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries?,
        };
        let mut found = Vec::new();
        for entry in entries {
            let name = entry?.file_name();
            let name = name.to_str().and_then(|name| name.strip_suffix(end));
            found.extend(name.and_then(|name| name.parse::<Incarnation>().ok()));
        }
        found.sort_unstable();
        Ok(found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_and_failures_are_told_apart() {
        let state = tempfile::tempdir().unwrap();
        let pending = Pending::below(state.path());
        assert_eq!(pending.jobs().unwrap(), []);
        fs::create_dir(pending.path()).unwrap();
        for name in ["10.0.json", "9.1.json", "9.1.failed", "9.json", ".9.1.json.77.0", "lock"] {
            fs::write(pending.path().join(name), "").unwrap();
        }
        let [nine, ten] = [Incarnation { job: 9, restart: 1 }, Incarnation { job: 10, restart: 0 }];
        assert_eq!(pending.jobs().unwrap(), [nine, ten]);
        assert_eq!(pending.failed().unwrap(), [nine]);
        assert!(pending.record(ten).exists() && pending.failure(nine).exists());
    }
}
