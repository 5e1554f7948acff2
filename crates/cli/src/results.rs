//! `sluice results`.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use sluice_site::Site;

use crate::args::job::Results;
use crate::exit::{Doing, Exit, Failure, Result};
use crate::told::{Decision, One, newest_refusal, read, verdict};
use crate::{configured, output, run_dir, slurm};

/// The crawler's word for a start that another one follows.
const REQUEUED: &str = "requeued";

/// Between two looks while waiting.
const PAUSE: Duration = Duration::from_secs(2);

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
