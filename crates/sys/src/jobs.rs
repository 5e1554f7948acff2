//! The records of the jobs that run on a node: a directory for each below `/run/sluice/jobs`, made
//! by `sluice-admit`, used by the plugin and cleared away by `sluice-attest`.

mod incarnation;
pub mod pins;
mod space;

use std::fs::{self, File};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

pub use incarnation::{Incarnation, ParseError, RecordName};
pub use space::Space;

/// Where they are on a node.
pub const PATH: &str = "/run/sluice/jobs";

/// All of a node.
#[derive(Clone, Debug)]
pub struct Jobs(PathBuf);

impl Jobs {
    /// Those below the node's state of running jobs, `/run/sluice` but in tests.
    pub fn below(run: &Path) -> Self {
        Self(run.join("jobs"))
    }

    /// The directory around them.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// One of them, whether it is there or not.
    pub fn dir(&self, name: RecordName) -> JobDir {
        JobDir(self.0.join(name.to_string()))
    }

    /// Those that are there, in order; what has another name is none.
    pub fn names(&self) -> io::Result<Vec<RecordName>> {
        let entries = match fs::read_dir(&self.0) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries?,
        };
        let mut names = Vec::new();
        for entry in entries {
            let name = entry?.file_name();
            names.extend(name.to_str().and_then(|name| name.parse::<RecordName>().ok()));
        }
        names.sort_unstable();
        Ok(names)
    }
}

/// One job's, by its path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobDir(PathBuf);

impl JobDir {
    /// What was admitted; a step on trial has none.
    pub const RECORD: &str = "record.json";
    /// What the job's steps are admitted with, where they are.
    pub const STEPS: &str = "steps.json";
    /// The batch script as it was judged.
    pub const SCRIPT: &str = "script";
    /// What the job shows for its steps.
    pub const TICKET: &str = "ticket";
    /// The batch script's wait status.
    const EXIT: &str = "exit";
    /// There if the results may be less than the whole: a signal ended one of the job's steps here,
    /// or its owner's signals could not be kept away from it.
    const INTERFERED: &str = "interfered";
    /// See [`Space`].
    const SPACE: &str = "space";

    /// The one at a path that the decider names.
    pub fn at(path: &Path) -> Self {
        Self(path.to_owned())
    }

    /// Its path.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// The path of a file or pin in it.
    pub fn join(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    /// The file that holds the job's [`Space`], for its readers to lock.
    pub fn open_space(&self) -> io::Result<File> {
        let mut options = File::options();
        options.read(true).write(true).create(true).truncate(false);
        options.open(self.join(Self::SPACE))
    }

    /// Notes how the batch script ended, as wait(2) says it.
    pub fn note_exit(&self, status: i32) -> io::Result<()> {
        fs::write(self.join(Self::EXIT), status.to_string())
    }

    /// The batch script's wait status, if it was noted.
    pub fn exit_status(&self) -> Option<i32> {
        fs::read_to_string(self.join(Self::EXIT)).ok()?.trim().parse().ok()
    }

    /// Notes that the results may be less than the whole.
    pub fn note_interfered(&self) -> io::Result<()> {
        fs::write(self.join(Self::INTERFERED), "")
    }

    /// Whether that was noted.
    pub fn is_interfered(&self) -> bool {
        self.join(Self::INTERFERED).exists()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_noted_is_told() {
        let run = tempfile::tempdir().unwrap();
        let jobs = Jobs::below(run.path());
        assert_eq!(jobs.names().unwrap(), []);
        let dir = jobs.dir(Incarnation { job: 7, restart: 0 }.into());
        assert_eq!(dir.path(), run.path().join("jobs/7.0"));
        fs::create_dir_all(dir.path()).unwrap();
        assert_eq!((dir.exit_status(), dir.is_interfered()), (None, false));
        dir.note_exit(768).unwrap();
        dir.note_interfered().unwrap();
        assert_eq!((dir.exit_status(), dir.is_interfered()), (Some(768), true));
        fs::write(dir.join(JobDir::EXIT), "nonsense").unwrap();
        assert_eq!(dir.exit_status(), None);
    }

    #[test]
    fn only_records_are_listed() {
        let run = tempfile::tempdir().unwrap();
        let jobs = Jobs::below(run.path());
        for name in ["10.0", "9.1", "9.1-trial", "9", "x.0", ".7.0"] {
            fs::create_dir_all(jobs.path().join(name)).unwrap();
        }
        let names: Vec<String> = jobs.names().unwrap().iter().map(RecordName::to_string).collect();
        assert_eq!(names, ["9.1", "9.1-trial", "10.0"]);
    }

    #[test]
    fn the_systems_own_is_where_the_plugin_looks() {
        assert_eq!(Jobs::below(Path::new("/run/sluice")).path(), Path::new(PATH));
    }
}
