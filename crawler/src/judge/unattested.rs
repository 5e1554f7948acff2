//! Runs that nobody attested, for clusters that have only the crawler so far
//! (`require-attestation = false`): WESkit's word is taken for what ended and how.
//!
//! All of it lies in places that the job's user can write, so it protects from accidents, not from
//! people: that is why it shows as a warning wherever such a run shows.

use std::{
    collections::HashMap,
    io,
    os::fd::OwnedFd,
    path::{Path, PathBuf},
};

use percent_encoding::percent_decode_str;
use rustix::fs::{AtFlags, Dir, FileType, OFlags, fstat, statat};
use sluice_policy::attestation::Basis;
use sluice_policy::weskit::Log;
use sluice_site::{Meant, collect::collect, users};
use sluice_sys::beneath::{open_beneath, open_dir};
use time::OffsetDateTime;

use crate::{
    config::Config,
    judge::{
        allowlist::Allowlist,
        ended::{EndedRun, ResultFile, Source},
        weskit,
    },
    key,
    ledger::Id,
    outcome::{Code, Stop},
};

/// Between the encoded path of a run directory and the execution in it.
const BETWEEN: &str = "//";
/// Directories between the root of all runs and a run.
const MAX_DEPTH: usize = 16;

/// What the last look at the run directories found.
#[derive(Default)]
pub struct Scan {
    /// When something last came into a run's `.weskit`: no run is read twice.
    seen: HashMap<Id, (i64, u64)>,
}

/// Whether a name of the ledger is that of an unattested run.
pub fn is_name(name: &str) -> bool {
    name.contains(BETWEEN)
}

/// The run directory that such a name speaks about.
pub fn run_dir(runs: &Path, name: &str) -> Option<PathBuf> {
    let (path, _) = name.split_once(BETWEEN)?;
    let path = percent_decode_str(path).decode_utf8().ok()?;
    Some(runs.join(&*path))
}

impl Scan {
    /// Names of the newest execution of each run directory below `runs` that are not `known`: a
    /// readdir of what lies above them and a stat for each.
    pub fn scan(&mut self, runs: &Path, known: impl Fn(&str) -> bool) -> io::Result<Vec<String>> {
        let mut names = Vec::new();
        self.walk(&open_dir(runs)?, "", 0, &known, &mut names)?;
        Ok(names)
    }

    fn walk(
        &mut self,
        dir: &OwnedFd,
        path: &str,
        depth: usize,
        known: &impl Fn(&str) -> bool,
        names: &mut Vec<String>,
    ) -> io::Result<()> {
        for entry in Dir::read_from(dir)? {
            let entry = entry?;
            // Names that aren't UTF-8 can't be published; dotfiles are no runs.
            let Ok(name) = entry.file_name().to_str() else { continue };
            let may_be = matches!(entry.file_type(), FileType::Directory | FileType::Unknown);
            if !may_be || name.starts_with('.') {
                continue;
            }
            let below = if path.is_empty() { name.to_owned() } else { format!("{path}/{name}") };
            match statat(dir, format!("{name}/.weskit"), AtFlags::SYMLINK_NOFOLLOW) {
                Ok(found) if FileType::from_raw_mode(found.st_mode) == FileType::Directory => {
                    let changed = (found.st_mtime, found.st_mtime_nsec);
                    self.run(dir, name, &below, changed, known, names);
                }
                _ if depth < MAX_DEPTH => {
                    // What can't be entered holds no run of ours.
                    // One that goes away meanwhile is no reason to miss the others.
                    if let Ok(inner) = open_beneath(dir, name.as_ref(), OFlags::DIRECTORY)
                        && let Err(error) = self.walk(&inner, &below, depth + 1, known, names)
                    {
                        tracing::debug!(path = below, "it can't be looked through: {error}");
                    }
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn run(
        &mut self,
        dir: &OwnedFd,
        name: &str,
        path: &str,
        changed: (i64, u64),
        known: &impl Fn(&str) -> bool,
        names: &mut Vec<String>,
    ) {
        let id = Id::of(path);
        if self.seen.get(&id) == Some(&changed) {
            return;
        }
        let weskit = Path::new(name).join(".weskit");
        let newest =
            open_beneath(dir, &weskit, OFlags::DIRECTORY).and_then(|it| weskit::newest(&it));
        match newest {
            Ok(Some(execution)) => {
                let name = format!("{}{BETWEEN}{execution}", key::component(path));
                if !known(&name) {
                    names.push(name);
                }
                self.seen.insert(id, changed);
            }
            Ok(None) => {}
            Err(error) => tracing::warn!(path, "its executions can't be read: {error}"),
        }
    }
}

/// A run of which WESkit says that it ended well.
pub fn read(
    config: &Config,
    allowlist: &Allowlist,
    name: &str,
    now: OffsetDateTime,
) -> Result<EndedRun, Stop> {
    if config.require_attestation {
        return Err(Stop::hold(Code::AttestationMissing, "nobody attested the run"));
    }
    let runs = &config.site.runs;
    let (dir, execution) = run_dir(runs, name)
        .zip(name.split_once(BETWEEN).map(|(_, execution)| execution))
        .ok_or_else(|| Stop::hold(Code::AttestationMissing, "the run's name is none"))?;
    let open = open_dir(runs).and_then(|runs_dir| {
        let below = dir.strip_prefix(runs).map_err(io::Error::other)?;
        open_beneath(runs_dir, below, OFlags::DIRECTORY)
    });
    let open = open.map_err(|error| {
        Stop::hold(Code::SealedMissing, format!("the run directory can't be opened: {error}"))
    })?;
    let log = ended(&open, execution)?;
    let id = workflow(config, &dir, &log)?;
    let verified = allowlist.current_entry(&id)?;
    let found = collect(&dir, &verified.entry.output).map_err(|error| {
        Stop::retry(Code::SealedUnreadable, format!("the run's files: {error}"))
    })?;
    for file in &found.files {
        settled(&open, &file.path, now - config.settle)?;
    }
    let owner = fstat(&open).ok().and_then(|found| users::name_of(found.st_uid));
    let owner = owner.ok_or_else(|| {
        Stop::hold(Code::AttestationMissing, "the owner of the run directory has no name")
    })?;
    let cluster = &config.site.cluster;
    let below = name.split_once(BETWEEN).map_or(name, |(path, _)| path);
    let files = found.files.iter().map(ResultFile::new).collect::<Result<_, _>>()?;
    let entry = verified.entry;
    Ok(EndedRun {
        run_id: format!("{below}-{cluster}-{}", key::component(execution)),
        user: owner,
        basis: Basis {
            entry: id,
            entry_digest: verified.digest,
            serial: allowlist.serial(),
            digest: entry.digest,
            runtime_digest: entry.runtime.as_ref().map(|runtime| runtime.digest),
            bundle_image: None,
            runtime_image: None,
            bundle_hashed: None,
            runtime_hashed: None,
            signers: verified.signers,
        },
        run_dir: dir.clone(),
        sealed: dir,
        ended: now,
        files,
        irregular: found.irregular,
        source: Source::Unattested,
    })
}

/// The log of `execution`, once every execution of the run has one and it is the newest.
fn ended(dir: &OwnedFd, execution: &str) -> Result<Log, Stop> {
    let unreadable = |error: io::Error| {
        Stop::wait(Code::LogUnreadable, format!("WESkit's log.json can't be read yet: {error}"))
    };
    let weskit = open_beneath(dir, Path::new(".weskit"), OFlags::DIRECTORY).map_err(unreadable)?;
    let mut own = None;
    for name in weskit::executions(&weskit).map_err(unreadable)? {
        let log = weskit::log(&weskit, &name).map_err(unreadable)?;
        if name.as_str() > execution {
            return Err(Stop::fail(Code::Superseded, "the run was started again in its directory"));
        }
        if name == execution {
            own = Some(log);
        }
    }
    match own {
        Some(log) if log.exit_code == 0 => Ok(log),
        Some(log) => {
            let message = format!("WESkit's log.json says exit code {}", log.exit_code);
            Err(Stop::fail(Code::RunFailed, message))
        }
        None => Err(Stop::hold(Code::LogUnreadable, "WESkit's log.json is gone")),
    }
}

/// The entry of the workflow that the log names, which is a claim like all that it says.
fn workflow(config: &Config, dir: &Path, log: &Log) -> Result<String, Stop> {
    let path = log.env.workflow.as_deref().unwrap_or_default();
    match config.site.workflow_of(dir.to_str().unwrap_or_default(), path) {
        Meant::One(version) => Ok(version.id()),
        Meant::Nothing | Meant::Several => Err(Stop::hold(
            Code::EntryUnavailable,
            format!("the run's workflow {path:?} is not below {}", config.site.workflows.display()),
        )),
    }
}

/// The time of the last change is the kernel's own, not the user's to set.
fn settled(dir: &OwnedFd, path: &str, before: OffsetDateTime) -> Result<(), Stop> {
    let found = statat(dir, path, AtFlags::SYMLINK_NOFOLLOW).map_err(|error| {
        Stop::retry(Code::SealedUnreadable, format!("{path:?} can't be looked at: {error}"))
    })?;
    let changed = OffsetDateTime::from_unix_timestamp(found.st_ctime);
    if changed.is_ok_and(|changed| changed > before) {
        return Err(Stop::wait(Code::OutputUnsettled, format!("{path:?} was changed just now")));
    }
    Ok(())
}
