//! `sluice results`.

use std::ffi::OsStr;
use std::fs::File;
use std::io::ErrorKind;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, SystemTime};

use rustix::fs::OFlags;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use sluice_site::Site;

use crate::args::job::Results;
use crate::exit::{Doing, Exit, Failure, Result};
use crate::{configured, output, run_dir, slurm};

/// Upper bound of a verdict or status file, in bytes.
const MAX_BYTES: usize = 64 << 10;

/// How a refused job's line begins.
const REFUSED: &str = "sluice: refused (";

/// The crawler's word for a start that another one follows.
const REQUEUED: &str = "requeued";

/// Between two looks while waiting.
const PAUSE: Duration = Duration::from_secs(2);

/// What the node decided; written into the run directory as the user.
#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct Verdict {
    #[serde(rename = "format")]
    _format: One,
    job: u32,
    restart: u32,
    pub(crate) verdict: Decision,
    pub(crate) code: Option<String>,
    pub(crate) message: Option<String>,
    pub(crate) entry: Option<String>,
    run_id: Option<String>,
    status: Option<PathBuf>,
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

/// What became of the results; written by the crawler.
#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Status {
    #[serde(rename = "format")]
    _format: One,
    run_id: String,
    state: State,
    code: Option<String>,
    message: Option<String>,
    #[serde(rename = "where")]
    place: Option<String>,
    time: String,
}

/// The only format there is.
#[derive(Deserialize)]
#[serde(try_from = "u32")]
struct One;

impl TryFrom<u32> for One {
    type Error = String;

    fn try_from(format: u32) -> std::result::Result<Self, String> {
        match format {
            1 => Ok(Self),
            _ => Err(format!("format {format} is not known; use a newer sluice")),
        }
    }
}

#[derive(Clone, Copy, Deserialize, Serialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
enum State {
    Waiting,
    Attesting,
    Held,
    Published,
    Withdrawn,
    Failed,
    /// By the node: there never was a run.
    Refused,
    /// Nothing of this directory waits or runs, and no job was judged in it.
    NotSubmitted,
}

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct Report {
    run_dir: PathBuf,
    job: Option<u32>,
    restart: Option<u32>,
    entry: Option<String>,
    run_id: Option<String>,
    state: State,
    code: Option<String>,
    message: Option<String>,
    #[serde(rename = "where")]
    place: Option<String>,
    time: Option<String>,
}

pub(crate) fn run(args: &Results) -> Result<Exit> {
    let site = configured()?;
    let (dir, id) = find(&args.run, &site)?;
    let mut report = loop {
        let report = look(&dir, id, &site)?;
        if !args.wait || !report.may_go_on() {
            break report;
        }
        thread::sleep(PAUSE);
    };
    let runs = report.state == State::Waiting && report.run_id.is_some() && report.code.is_none();
    if runs && is_idle(&report.run_dir) {
        report.state = State::Attesting;
    }
    if args.json {
        output::json(&report)?;
    } else {
        output::line(sentence(&report))?;
    }
    Ok(match report.state {
        State::Waiting | State::Attesting | State::Published => Exit::Ok,
        State::Held | State::Withdrawn | State::Failed | State::Refused | State::NotSubmitted => {
            Exit::NotAsItShould
        }
    })
}

impl Report {
    /// Whether waiting may change it: a start that Slurm has ended and queued again goes on as
    /// another, unless somebody takes that one out of the queue.
    fn may_go_on(&self) -> bool {
        let between = self.code.as_deref() == Some(REQUEUED);
        matches!(self.state, State::Waiting | State::Attesting)
            && !(between && is_idle(&self.run_dir))
    }
}

/// Whether Slurm says that no job of this directory waits or runs. On a host without Slurm nobody
/// says so.
fn is_idle(dir: &Path) -> bool {
    slurm::work_dirs().is_ok_and(|text| !text.contains(&*dir.to_string_lossy()))
}

/// The run directory that the user means, and the run id where they named one.
fn find<'a>(run: &'a Path, site: &Site) -> Result<(PathBuf, Option<&'a OsStr>)> {
    if run.is_dir() {
        return Ok((run.canonicalize().doing(|| "find the run directory")?, None));
    }
    let home = run_dir::home(&site.runs)?;
    for dir in run_dir::all(&home)? {
        if dir.file_name() == Some(run.as_os_str()) {
            return Ok((dir, None));
        }
        let id = run.as_os_str();
        if verdict(&dir, Some(id)).is_ok_and(|found| found.is_some()) {
            return Ok((dir, Some(id)));
        }
    }
    Err(Failure::bad(format_args!(
        "{} is neither a run directory nor a run of yours below {}",
        run.display(),
        home.display()
    )))
}

fn look(dir: &Path, id: Option<&OsStr>, site: &Site) -> Result<Report> {
    let mut report = Report {
        run_dir: dir.to_owned(),
        job: None,
        restart: None,
        entry: None,
        run_id: None,
        state: State::Waiting,
        code: None,
        message: None,
        place: None,
        time: None,
    };
    let Some(verdict) = verdict(dir, id)? else {
        // An array's elements are refused before anybody looks for their directory.
        if let Some((code, message)) = newest_refusal(dir) {
            report.state = State::Refused;
            (report.code, report.message) = (Some(code), Some(message));
        } else if is_idle(dir) {
            report.state = State::NotSubmitted;
        }
        return Ok(report);
    };
    (report.job, report.restart) = (Some(verdict.job), Some(verdict.restart));
    (report.entry, report.run_id) = (verdict.entry, verdict.run_id);
    report.time = Some(verdict.time);
    if verdict.verdict == Decision::Refuse {
        report.state = State::Refused;
        (report.code, report.message) = (verdict.code, verdict.message);
        return Ok(report);
    }
    // The verdict is the user's to change; only the crawler's own files count.
    let path = verdict.status.filter(|path| path.parent() == Some(&site.status));
    let Some(status) = path.map(|path| read::<Status>(&path)).transpose()?.flatten() else {
        return Ok(report);
    };
    let said = |text: Option<String>| text.filter(|text| !text.is_empty());
    report.run_id = Some(status.run_id);
    report.state = status.state;
    (report.code, report.message) = (said(status.code), said(status.message));
    (report.place, report.time) = (status.place, Some(status.time));
    Ok(report)
}

/// The verdict on the run `id`; else the newest admission, and where there is none the newest
/// refusal: a job that a run tried to submit is refused in the same directory, and says nothing of
/// the run.
fn verdict(dir: &Path, id: Option<&OsStr>) -> Result<Option<Verdict>> {
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
fn newest_refusal(dir: &Path) -> Option<(String, String)> {
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

fn read<T: DeserializeOwned>(path: &Path) -> Result<Option<T>> {
    let Some(file) = open(path)? else { return Ok(None) };
    let bytes = sluice_sys::read_limited(file.into(), MAX_BYTES)
        .doing(|| format!("read {}", path.display()))?;
    serde_json::from_slice(&bytes).map(Some).map_err(|error| {
        Failure::environment(format_args!("{} can't be understood: {error}", path.display()))
    })
}

fn sentence(report: &Report) -> String {
    let state = match report.state {
        State::Waiting if report.run_id.is_none() => "waiting for the job to start",
        State::Waiting => "waiting for the job to end",
        State::Attesting => "the job has ended; its results are being attested",
        State::Held => "held",
        State::Published => "published",
        State::Withdrawn => "withdrawn",
        State::Failed => "failed",
        State::Refused => "refused",
        State::NotSubmitted => "no job was submitted from here; submit one with sluice submit",
    };
    let said = [&report.code, &report.message, &report.place];
    said.into_iter().flatten().fold(state.to_owned(), |line, part| format!("{line}: {part}"))
}
