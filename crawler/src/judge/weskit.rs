//! WESkit's own word on a run. It lies in a place the user can write, so it can only ever hold a
//! run back; what is released rests on the attestation alone.

use std::{
    io,
    os::fd::OwnedFd,
    path::{Path, PathBuf},
};

use rustix::fs::{Dir, FileType, OFlags, fstat};
use sluice_policy::weskit::{Log, MAX_LOG};
use sluice_sys::{
    beneath::{open_beneath, open_dir},
    read_limited,
};

use crate::outcome::{Code, Stop};

/// Executions of one run directory that are looked at.
const MAX_EXECUTIONS: usize = 10_000;

/// Checks the newest log.json of the drop box `run_dir` below `runs`. No `.weskit`, or no right to
/// look, is no objection.
pub fn check(runs: &Path, run_dir: &Path) -> Result<(), Stop> {
    let Ok(below) = run_dir.strip_prefix(runs) else { return Ok(()) };
    match newest_log(runs, &below.join(".weskit")) {
        Ok(None) => Ok(()),
        Ok(Some(bytes)) => judge(&bytes),
        Err(error) => Err(unreadable(&error.to_string())),
    }
}

/// Directories in which an event tells that WESkit has written on.
pub fn places(runs: &Path, run_dir: &Path) -> Vec<PathBuf> {
    let Ok(below) = run_dir.strip_prefix(runs) else { return Vec::new() };
    let weskit = below.join(".weskit");
    let dir = open_dir(runs).and_then(|runs| open_beneath(runs, &weskit, OFlags::DIRECTORY));
    let execution = dir.and_then(|dir| newest(&dir)).ok().flatten();
    let weskit = run_dir.join(".weskit");
    let execution = execution.map(|name| weskit.join(name));
    [weskit].into_iter().chain(execution).collect()
}

fn judge(bytes: &[u8]) -> Result<(), Stop> {
    match Log::parse(bytes) {
        Ok(log) if log.tells_failure() => Err(Stop::hold(
            Code::LogContradicts,
            format!("WESkit's log.json says exit code {}, the attestation says 0", log.exit_code),
        )),
        Ok(_) => Ok(()),
        Err(error) => Err(unreadable(&error.to_string())),
    }
}

fn unreadable(why: &str) -> Stop {
    Stop::hold(Code::LogUnreadable, format!("WESkit's newest log.json can't be read: {why}"))
}

/// Bytes of the newest execution's log; `None` where there is no `.weskit` to look at.
fn newest_log(runs: &Path, weskit: &Path) -> io::Result<Option<Vec<u8>>> {
    let dir = match open_dir(runs).and_then(|runs| open_beneath(runs, weskit, OFlags::DIRECTORY)) {
        Ok(dir) => dir,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return no_rights(error),
    };
    let Some(newest) = newest(&dir)? else { return Ok(None) };
    match log_bytes(&dir, &newest) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) => no_rights(error),
    }
}

/// The log of an execution below the open directory `.weskit`.
pub fn log(weskit: &OwnedFd, execution: &str) -> io::Result<Log> {
    Log::parse(&log_bytes(weskit, execution)?).map_err(io::Error::other)
}

fn log_bytes(weskit: &OwnedFd, execution: &str) -> io::Result<Vec<u8>> {
    let file = open_beneath(weskit, &Path::new(execution).join("log.json"), OFlags::RDONLY)?;
    if FileType::from_raw_mode(fstat(&file)?.st_mode) != FileType::RegularFile {
        return Err(io::Error::other("it is no regular file"));
    }
    read_limited(file, MAX_LOG)
}

fn no_rights<T>(error: io::Error) -> io::Result<Option<T>> {
    if error.kind() == io::ErrorKind::PermissionDenied { Ok(None) } else { Err(error) }
}

/// Executions are named by their start in ISO 8601, so the last name is the newest.
pub fn newest(weskit: &OwnedFd) -> io::Result<Option<String>> {
    Ok(executions(weskit)?.into_iter().max())
}

/// All executions below the open directory `.weskit`.
pub fn executions(weskit: &OwnedFd) -> io::Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in Dir::read_from(weskit)? {
        if names.len() > MAX_EXECUTIONS {
            return Err(io::Error::other("there are too many executions"));
        }
        if let Ok(name) = entry?.file_name().to_str()
            && name.starts_with(|first: char| first.is_ascii_digit())
        {
            names.push(name.to_owned());
        }
    }
    Ok(names)
}

#[cfg(test)]
mod tests {
    use std::{fs, os::unix::fs::symlink};

    use super::*;

    fn code(stop: Result<(), Stop>) -> &'static str {
        match stop {
            Ok(()) => "ok",
            Err(Stop::Hold(reason)) => reason.code(),
            Err(other) => panic!("{other:?}"),
        }
    }

    #[test]
    fn only_a_complete_log_of_success_passes() {
        let runs = tempfile::tempdir().unwrap();
        let run = runs.path().join("c19c/-run with\nodd name");
        let look = || code(check(runs.path(), &run));
        fs::create_dir_all(&run).unwrap();
        assert_eq!(look(), "ok");
        let first = run.join(".weskit/2026-11-22T04:45:44");
        fs::create_dir_all(&first).unwrap();
        assert_eq!(look(), "log-unreadable");
        fs::write(first.join("log.json"), "").unwrap();
        assert_eq!(look(), "log-unreadable");
        fs::write(first.join("log.json"), r#"{"start_time": "2026", "exit_co"#).unwrap();
        assert_eq!(look(), "log-unreadable");
        fs::write(first.join("log.json"), "{\"env\": {}, \"exit_code\": 0}\n\n").unwrap();
        assert_eq!(look(), "ok");
        let second = run.join(".weskit/2026-11-22T04:45:44.384970");
        fs::create_dir_all(&second).unwrap();
        assert_eq!(look(), "log-unreadable");
        for (code, said) in
            [(3, "log-contradicts"), (-9, "log-contradicts"), (-1, "ok"), (-2, "ok")]
        {
            let text = format!("{{\"exit_code\": {code}}}");
            fs::write(second.join("log.json"), text).unwrap();
            assert_eq!(look(), said, "{code}");
        }
        fs::remove_file(second.join("log.json")).unwrap();
        symlink(first.join("log.json"), second.join("log.json")).unwrap();
        assert_eq!(look(), "log-unreadable");
    }

    #[test]
    fn linked_drop_boxes_are_not_followed() {
        let runs = tempfile::tempdir().unwrap();
        fs::create_dir_all(runs.path().join("real/.weskit/2026/")).unwrap();
        symlink("real", runs.path().join("linked")).unwrap();
        assert_eq!(code(check(runs.path(), &runs.path().join("linked"))), "log-unreadable");
    }
}
