//! `sluice explain`: why a job was refused, or where a script isn't what an entry approves.

mod script;

use std::path::Path;

use serde::Serialize;
use sluice_protocol::Code;
use sluice_site::audit::{Event, Line};

use crate::args::audit::Log;
use crate::args::job::Explain;
use crate::audit::{go_through, is_about, sentence, text, user};
use crate::exit::{Exit, Failure, Result};
use crate::told::{self, Decision, Verdict};
use crate::{configured, output, run_dir};

/// What is known of a job.
#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct Known {
    job: u32,
    user: Option<String>,
    entry: Option<String>,
    /// `admit`, `refuse`, or `confine` and `observe` for one that runs all the same.
    verdict: Event,
    code: Option<String>,
    message: Option<String>,
    cause: Option<&'static str>,
    remedy: Option<&'static str>,
    time: String,
    /// The audit log's lines on it, as far as they may be read.
    events: Vec<Line>,
}

pub(crate) fn run(args: &Explain) -> Result<Exit> {
    match (&args.script, args.job) {
        (Some(file), _) => script::run(args, file),
        (None, Some(job)) if rustix::process::geteuid().is_root() => from_log(args, job),
        (None, Some(job)) => from_verdict(args, job),
        (None, None) => Err(Failure::usage("a job's number or --script FILE is needed")),
    }
}

/// For the job's owner: the file that the node left in the run directory.
fn from_verdict(args: &Explain, job: u32) -> Result<Exit> {
    let site = configured()?;
    let dirs = match &args.run_dir {
        Some(dir) => vec![run_dir::named(dir, &site.runs)?],
        None => run_dir::all(&run_dir::home(&site.runs)?)?,
    };
    let verdict = dirs.iter().find_map(|dir| told::verdict_of(dir, job).transpose());
    let verdict = verdict.transpose()?.ok_or_else(|| {
        Failure::bad(format_args!(
            "no run directory of yours has a verdict on job {job}; name its directory with \
             --run-dir, or ask an administrator if it had none"
        ))
    })?;
    let Verdict { verdict, code, message, entry, time, .. } = verdict;
    let verdict = match verdict {
        Decision::Admit => Event::Admit,
        Decision::Confine => Event::Confine,
        Decision::Refuse => Event::Refuse,
    };
    let entry = entry.filter(|entry| !entry.is_empty());
    tell(args, Known::new(job, verdict, None, entry, (code, message), time, Vec::new()))
}

/// For root: this node's audit log.
fn from_log(args: &Explain, job: u32) -> Result<Exit> {
    let log = Log { log: sluice_site::paths::AUDIT.into() };
    let mut events = Vec::new();
    go_through(&log, |event| {
        if is_about(&event, job) {
            events.push(event);
        }
    })?;
    let decisions = events.iter().rev().filter_map(|line| match line.event()? {
        event @ (Event::Admit | Event::Refuse | Event::Observe | Event::Confine) => {
            Some((event, line.clone()))
        }
        _ => None,
    });
    // A job's own decision says more than that on a step which came from outside.
    let own = decisions.clone().find(|(_, line)| line.detail["step"] == "batch");
    let Some((verdict, line)) = own.or_else(|| decisions.clone().next()) else {
        return Err(Failure::bad(format_args!(
            "this node's audit log says nothing of job {job}; ask on the node where it ran"
        )));
    };
    let said = |field| Some(text(&line, field).to_owned()).filter(|text| !text.is_empty());
    let why = (said("code"), said("message"));
    let (user, entry) = (user(&line), said("entry"));
    tell(args, Known::new(job, verdict, user, entry, why, line.time, events))
}

impl Known {
    fn new(
        job: u32,
        verdict: Event,
        user: Option<String>,
        entry: Option<String>,
        (code, message): (Option<String>, Option<String>),
        time: String,
        events: Vec<Line>,
    ) -> Self {
        let known = code.as_deref().and_then(Code::of);
        let (cause, remedy) = (known.map(Code::meaning), known.map(Code::remedy));
        Self { job, user, entry, verdict, code, message, cause, remedy, time, events }
    }
}

fn tell(args: &Explain, known: Known) -> Result<Exit> {
    if args.json {
        output::json(&known)?;
    } else {
        print(&known)?;
    }
    Ok(if known.code.is_some() { Exit::NotAsItShould } else { Exit::Ok })
}

fn print(known: &Known) -> Result<()> {
    let refused = known.code.is_some();
    let verdict = match known.verdict {
        Event::Admit => "admitted",
        Event::Confine => "ran sealed on trial; mode=enforce would refuse it",
        Event::Observe if refused => "ran untouched; mode=enforce would refuse it",
        Event::Observe => "ran untouched; mode=enforce would admit it",
        _ => "refused",
    };
    let job = known.job.to_string();
    for (what, value) in [
        ("job", Some(job.as_str())),
        ("user", known.user.as_deref()),
        ("workflow", known.entry.as_deref()),
        ("verdict", Some(verdict)),
        ("when", Some(known.time.as_str())),
        ("code", known.code.as_deref()),
        ("what", known.message.as_deref()),
        ("cause", known.cause),
        ("remedy", known.remedy),
    ] {
        if let Some(value) = value {
            output::line(format_args!("{what:<9} {value}"))?;
        }
    }
    for event in &known.events {
        output::line(format_args!("log       {}", sentence(event)))?;
    }
    Ok(())
}

/// Where a script would lie: the directory of `file` if that is below the site's runs, else a
/// new run directory's place.
fn place_of(args: &Explain, file: &Path, runs: &Path) -> Result<std::path::PathBuf> {
    if let Some(dir) = &args.run_dir {
        return run_dir::named(dir, runs);
    }
    let parent = file.parent().filter(|dir| *dir != Path::new("")).unwrap_or(Path::new("."));
    run_dir::named(parent, runs).or_else(|_| Ok(run_dir::home(runs)?.join("run")))
}
