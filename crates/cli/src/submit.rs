//! `sluice submit`.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use indicatif::ProgressBar;
use serde::Serialize;
use sluice_parameters::{MAX_FILE, MAX_SCHEMA, Schema};
use sluice_policy::digest::Digest;
use sluice_policy::entry::Entry;
use sluice_policy::entry::Syntax;
use sluice_policy::manifest::Kind;
use sluice_policy::template::{Choices, Places, Template};
use sluice_site::Site;

use crate::allowlist::published;
use crate::args::job::Submit;
use crate::exit::{Doing, Exit, Failure, Result};
use crate::slurm::{self, Job};
use crate::{configured, output, read, run_dir, told};

/// Between two questions to the controller while waiting; grows from the first to the second.
const PAUSES: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(8));

/// Parameter file of a run that sets none: the workflow's own defaults hold.
const DEFAULTS: &str = "params.yaml";

/// Unanswered questions in a row before waiting is given up.
const PATIENCE: u32 = 10;

/// Stands for the run id: the job's number is part of it and not known before submission.
const UNKNOWN: &str = "%run-id%";

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct Plan<'a> {
    entry: &'a str,
    run_dir: &'a Path,
    script: &'a str,
    sbatch: Vec<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct Submitted<'a> {
    entry: &'a str,
    run_dir: &'a Path,
    job: &'a str,
    #[serde(flatten)]
    ended: Option<Ended>,
}

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct Ended {
    state: String,
    exit_code: u8,
    refusal: Option<String>,
}

pub(crate) fn run(args: &Submit) -> Result<Exit> {
    let site = configured()?;
    let entry = published::entry(&args.entry)?;
    let dir = match &args.run_dir {
        Some(dir) => run_dir::named(dir, &site.runs)?,
        None => run_dir::fresh(&run_dir::home(&site.runs)?, &entry.name)?,
    };
    let files: Vec<&Path> = args.params.iter().chain(&args.file).map(PathBuf::as_path).collect();
    let mut names: Vec<String> =
        files.iter().map(|file| run_dir::plain_name(file)).collect::<Result<_>>()?;
    let defaults = files.is_empty() && wants_parameters(&entry);
    if defaults {
        names.push(DEFAULTS.into());
    }
    check_parameters(&site, &entry, &files)?;
    let script = script(&site, &entry, &dir, names, args.cores)?;
    let options = options(args, &entry, &dir);
    if args.dry_run {
        return plan(args, &dir, &script, &options);
    }
    run_dir::make(&dir)?;
    for file in files {
        run_dir::copy_in(file, &dir)?;
    }
    if defaults {
        std::fs::write(dir.join(DEFAULTS), "{}\n").doing(|| format!("write {DEFAULTS}"))?;
    }
    let job = slurm::sbatch(&options, &script)?;
    let submitted = |ended| Submitted { entry: &args.entry, run_dir: &dir, job: &job, ended };
    if !args.json {
        output::line(format_args!("run directory  {}", dir.display()))?;
        output::line(format_args!("job            {job}"))?;
    }
    if !args.wait {
        if args.json {
            output::json(&submitted(None))?;
        }
        return Ok(Exit::Ok);
    }
    let ended = wait(&job, &dir)?;
    if let Some(refusal) = &ended.refusal {
        output::note(refusal);
    }
    let exit = Exit::Job(ended.exit_code);
    if args.json {
        output::json(&submitted(Some(ended)))?;
    } else {
        output::line(format_args!("state          {}", ended.state))?;
    }
    Ok(exit)
}

/// Says now what the node would refuse, by the schema of the installed bundle.
fn check_parameters(site: &Site, entry: &Entry, files: &[&Path]) -> Result<()> {
    let Some(parameters) = &entry.parameters else { return Ok(()) };
    if site.workflow_installed(entry).map_err(Failure::bad)?.image.is_some() {
        // The node looks into it.
        return Ok(());
    }
    let path = site.bundle_of(entry).join(&parameters.schema);
    let bytes = read::file(&path, MAX_SCHEMA)?;
    match published::manifest(&entry.digest)?.get(&parameters.schema).map(|item| item.kind) {
        Some(Kind::File { digest, .. }) if digest == Digest::of(&bytes) => {}
        _ => {
            let message = format_args!("{} is not the approved schema", path.display());
            return Err(Failure::bad(message));
        }
    }
    let schema = Schema::parse(&bytes).map_err(Failure::bad)?;
    for file in files {
        if let Some(syntax) = file.to_str().and_then(Syntax::of) {
            schema
                .apply(&read::file(file, MAX_FILE)?, syntax)
                .map_err(|error| Failure::bad(format_args!("{}: {error}", file.display())))?;
        }
    }
    Ok(())
}

/// Whether the template's one file is a parameter file.
fn wants_parameters(entry: &Entry) -> bool {
    let script = entry.command.first().map_or("", |command| &command.script);
    script.matches("{file:").count() == 1 && script.contains("{file:.yaml}")
}

/// The entry's first template, filled in.
fn script(
    site: &Site,
    entry: &Entry,
    dir: &Path,
    names: Vec<String>,
    int: Option<u64>,
) -> Result<String> {
    let text = |path: PathBuf| {
        path.into_os_string()
            .into_string()
            .map_err(|path| Failure::usage(format_args!("{} is not UTF-8", path.to_string_lossy())))
    };
    let command = entry.command.first().ok_or_else(|| Failure::bad("the entry has no command"))?;
    let template = Template::parse(&command.script).map_err(Failure::bad)?;
    let runtime = site.runtime_of(entry).map(text).transpose()?;
    let places = Places {
        bundle: &text(site.bundle_of(entry))?,
        runtime: runtime.as_deref(),
        rundir: &text(dir.to_owned())?,
        run_id: UNKNOWN,
    };
    let script = template
        .render(&places, &Choices { files: names, int })
        .map_err(|error| Failure::usage(format_args!("{}: {error}", entry.id())))?;
    if script.contains(UNKNOWN) {
        return Err(Failure::bad(format_args!(
            "{} names its run id, which has the job's number in it; ask for a template without",
            entry.id()
        )));
    }
    Ok(script)
}

/// The user's options come before those that the run depends on.
fn options(args: &Submit, entry: &Entry, dir: &Path) -> Vec<OsString> {
    let mut options = vec![OsString::from(format!("--job-name={}", entry.name))];
    if let Some(cores) = args.cores {
        options.extend(["--nodes=1", "--ntasks=1"].map(OsString::from));
        options.push(format!("--cpus-per-task={cores}").into());
    }
    options.extend(args.sbatch.iter().cloned());
    // Any other export makes slurmd run the user's login profile first.
    options.extend(["--parsable", "--export=ALL", "-D"].map(OsString::from));
    options.push(dir.into());
    options.push("-o".into());
    options.push(dir.join(run_dir::TALK).join("slurm-%j.out").into());
    options
}

fn plan(args: &Submit, dir: &Path, script: &str, options: &[OsString]) -> Result<Exit> {
    let words = options.iter().map(|word| word.to_string_lossy().into_owned());
    let sbatch: Vec<String> = ["sbatch".to_owned()].into_iter().chain(words).collect();
    if args.json {
        output::json(&Plan { entry: &args.entry, run_dir: dir, script, sbatch })?;
    } else {
        output::bytes(script.as_bytes())?;
        output::note(sbatch.join(" "));
    }
    Ok(Exit::Ok)
}

fn wait(job: &str, dir: &Path) -> Result<Ended> {
    let spinner = ProgressBar::new_spinner();
    spinner.enable_steady_tick(Duration::from_millis(200));
    let (mut pause, longest) = PAUSES;
    let mut unanswered = 0;
    let last = loop {
        match Job::ask(job) {
            Ok(found) if found.ended() => break found,
            Ok(found) => {
                unanswered = 0;
                spinner.set_message(found.state);
            }
            Err(failure) if unanswered == PATIENCE => return Err(failure),
            Err(_) => unanswered += 1,
        }
        thread::sleep(pause);
        pause = longest.min(pause * 2);
    };
    spinner.finish_and_clear();
    Ok(Ended { exit_code: last.exit_code(), refusal: told::refusal(dir, job), state: last.state })
}
