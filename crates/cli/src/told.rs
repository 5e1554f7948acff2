//! What a run directory tells of its jobs: files that the node wrote as the user, who may change them.

use std::ffi::OsStr;
use std::fs::File;
use std::io::ErrorKind;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use rustix::fs::OFlags;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::exit::{Doing, Failure, Result};
use crate::run_dir;

/// Upper bound of a verdict or status file, in bytes.
const MAX_BYTES: usize = 64 << 10;

/// How a refused job's line begins.
const REFUSED: &str = "sluice: refused (";

/// What the node decided; written into the run directory as the user.
#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct Verdict {
    #[serde(rename = "format")]
    _format: One,
    pub(crate) job: u32,
    pub(crate) restart: u32,
    pub(crate) verdict: Decision,
    pub(crate) code: Option<String>,
    pub(crate) message: Option<String>,
    pub(crate) entry: Option<String>,
    pub(crate) run_id: Option<String>,
    pub(crate) status: Option<PathBuf>,
    pub(crate) time: String,
}

#[derive(Deserialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Decision {
    Admit,
    /// Not approved; it runs on trial all the same, and its results will be held.
    Confine,
    Refuse,
}

/// The only format there is.
#[derive(Deserialize)]
#[serde(try_from = "u32")]
pub(crate) struct One;

impl TryFrom<u32> for One {
    type Error = String;

    fn try_from(format: u32) -> std::result::Result<Self, String> {
        match format {
            1 => Ok(Self),
            _ => Err(format!("format {format} is not known; use a newer sluice")),
        }
    }
}

/// The verdict on the run `id`; else the newest admission, and where there is none the newest
/// refusal: a job that a run tried to submit is refused in the same directory, and says nothing of
/// the run.
pub(crate) fn verdict(dir: &Path, id: Option<&OsStr>) -> Result<Option<Verdict>> {
    let mut newest = None;
    let mut unreadable = None;
    for (changed, path) in said(dir, "verdict-", ".json") {
        match read::<Verdict>(&path) {
            Ok(None) => {}
            Ok(Some(verdict)) => {
                let meant =
                    id.is_none_or(|id| verdict.run_id.as_deref().map(OsStr::new) == Some(id));
                let rank = (verdict.verdict != Decision::Refuse, changed);
                if meant && newest.as_ref().is_none_or(|(best, _)| *best < rank) {
                    newest = Some((rank, verdict));
                }
            }
            Err(failure) => unreadable = Some(failure),
        }
    }
    match (newest, unreadable) {
        (Some((_, verdict)), _) => Ok(Some(verdict)),
        (None, Some(failure)) => Err(failure),
        (None, None) => Ok(None),
    }
}

/// Code and message of the newest refusal that a job printed.
pub(crate) fn newest_refusal(dir: &Path) -> Option<(String, String)> {
    let (_, path) = said(dir, "slurm-", ".out").into_iter().max()?;
    let line = printed_refusal(&path)?;
    let (code, message) = line.strip_prefix(REFUSED)?.split_once("): ")?;
    Some((code.to_owned(), message.to_owned()))
}

/// Files of a run directory in which jobs were told something, and when.
fn said(dir: &Path, before: &str, after: &str) -> Vec<(Option<SystemTime>, PathBuf)> {
    let Ok(entries) = dir.join(run_dir::TALK).read_dir() else { return Vec::new() };
    let is_one = |name: &OsStr| {
        name.to_str().is_some_and(|name| name.starts_with(before) && name.ends_with(after))
    };
    entries
        .flatten()
        .filter(|entry| is_one(&entry.file_name()))
        .map(|entry| (entry.metadata().and_then(|meta| meta.modified()).ok(), entry.path()))
        .collect()
}

/// The verdict on one job.
pub(crate) fn verdict_of(dir: &Path, job: u32) -> Result<Option<Verdict>> {
    read(&dir.join(run_dir::TALK).join(format!("verdict-{job}.json")))
}

/// The line that a refused job left, for whoever waited for it.
pub(crate) fn refusal(dir: &Path, job: &str) -> Option<String> {
    let talk = dir.join(run_dir::TALK);
    if let Some(line) = printed_refusal(&talk.join(format!("slurm-{job}.out"))) {
        return Some(line);
    }
    // The node may have lost its way to the file; the verdict says the same.
    let verdict = verdict_of(dir, job.parse().ok()?).ok()??;
    (verdict.verdict == Decision::Refuse).then(|| {
        let [code, message] = [verdict.code, verdict.message].map(Option::unwrap_or_default);
        format!("{REFUSED}{code}): {message}")
    })
}

fn printed_refusal(path: &Path) -> Option<String> {
    let file = open(path).ok()??;
    let printed = sluice_sys::read_limited(file.into(), MAX_BYTES).ok()?;
    let printed = String::from_utf8_lossy(&printed);
    printed.lines().find(|line| line.starts_with(REFUSED)).map(str::to_owned)
}

/// Opens a file that others may have put there, without following a link or waiting for a FIFO.
fn open(path: &Path) -> Result<Option<File>> {
    let flags = (OFlags::NOFOLLOW | OFlags::NONBLOCK).bits().cast_signed();
    match File::options().read(true).custom_flags(flags).open(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        file => file.map(Some).doing(|| format!("open {}", path.display())),
    }
}

pub(crate) fn read<T: DeserializeOwned>(path: &Path) -> Result<Option<T>> {
    let Some(file) = open(path)? else { return Ok(None) };
    let bytes = sluice_sys::read_limited(file.into(), MAX_BYTES)
        .doing(|| format!("read {}", path.display()))?;
    serde_json::from_slice(&bytes).map(Some).map_err(|error| {
        Failure::environment(format_args!("{} can't be understood: {error}", path.display()))
    })
}
