//! `sluice results`.

use std::ffi::OsStr;
use std::fs::File;
use std::io::ErrorKind;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use rustix::fs::OFlags;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use sluice_site::Site;

use crate::args::job::Results;
use crate::exit::{Doing, Exit, Failure, Result};
use crate::{configured, output, run_dir};

/// Upper bound of a verdict or status file, in bytes.
const MAX_BYTES: usize = 64 << 10;

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
    let dir = find(&args.run, &site)?;
    let report = loop {
        let report = look(&dir, &site)?;
        if !args.wait || !matches!(report.state, State::Waiting | State::Attesting) {
            break report;
        }
        thread::sleep(PAUSE);
    };
    if args.json {
        output::json(&report)?;
    } else {
        output::line(sentence(&report))?;
    }
    Ok(match report.state {
        State::Waiting | State::Attesting | State::Published => Exit::Ok,
        State::Held | State::Withdrawn | State::Failed | State::Refused => Exit::NotAsItShould,
    })
}

/// The run directory that the user means.
fn find(run: &Path, site: &Site) -> Result<PathBuf> {
    if run.is_dir() {
        return Ok(run.to_owned());
    }
    let home = run_dir::home(&site.runs)?;
    let means = |dir: &PathBuf| {
        dir.file_name() == Some(run.as_os_str())
            || verdict(dir).is_ok_and(|found| {
                found.is_some_and(|found| {
                    found.run_id.is_some_and(|id| OsStr::new(&id) == run.as_os_str())
                })
            })
    };
    run_dir::all(&home)?.into_iter().find(means).ok_or_else(|| {
        Failure::bad(format_args!(
            "{} is neither a run directory nor a run of yours below {}",
            run.display(),
            home.display()
        ))
    })
}

fn look(dir: &Path, site: &Site) -> Result<Report> {
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
    let Some(verdict) = verdict(dir)? else { return Ok(report) };
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

/// The newest verdict, if a job was judged yet.
fn verdict(dir: &Path) -> Result<Option<Verdict>> {
    let talk = dir.join(run_dir::TALK);
    let Ok(entries) = talk.read_dir() else { return Ok(None) };
    let newest = entries
        .flatten()
        .filter(|entry| {
            let name = entry.file_name();
            name.to_str()
                .is_some_and(|name| name.starts_with("verdict-") && name.ends_with(".json"))
        })
        .max_by_key(|entry| entry.metadata().and_then(|meta| meta.modified()).ok());
    newest.map_or(Ok(None), |entry| read(&entry.path()))
}

/// The verdict on one job.
pub(crate) fn verdict_of(dir: &Path, job: u32) -> Result<Option<Verdict>> {
    read(&dir.join(run_dir::TALK).join(format!("verdict-{job}.json")))
}

/// The line that a refused job left, for whoever waited for it.
pub(crate) fn refusal(dir: &Path, job: &str) -> Option<String> {
    let talk = dir.join(run_dir::TALK);
    let said = open(&talk.join(format!("slurm-{job}.out"))).ok().flatten();
    let said = said.and_then(|file| sluice_sys::read_limited(file.into(), MAX_BYTES).ok());
    let said = String::from_utf8_lossy(said.as_deref().unwrap_or_default()).into_owned();
    if let Some(line) = said.lines().find(|line| line.starts_with("sluice: refused (")) {
        return Some(line.to_owned());
    }
    // The node may have lost its way to the file; the verdict says the same.
    let verdict = verdict_of(dir, job.parse().ok()?).ok()??;
    (verdict.verdict == Decision::Refuse).then(|| {
        let [code, message] = [verdict.code, verdict.message].map(Option::unwrap_or_default);
        format!("sluice: refused ({code}): {message}")
    })
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
    };
    let said = [&report.code, &report.message, &report.place];
    said.into_iter().flatten().fold(state.to_owned(), |line, part| format!("{line}: {part}"))
}
