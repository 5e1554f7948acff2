//! `sluice explain --script FILE`: word by word, up to where script and template part.

use std::path::{Path, PathBuf};

use serde::Serialize;
use sluice_policy::entry::Entry;
use sluice_policy::script::{MAX_BYTES, Script, tokenize};
use sluice_policy::template::{Mismatch, Places, Template};
use sluice_site::record::run_id;
use sluice_site::{Meant, Site};
use sluice_sys::jobs::Incarnation;

use super::place_of;
use crate::allowlist::published;
use crate::args::job::Explain;
use crate::exit::{Exit, Failure, Result};
use crate::{configured, output, read};

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct Report {
    entry: String,
    matches: bool,
    /// One for each template that doesn't match, in the entry's order.
    templates: Vec<Parting>,
}

/// Where a script leaves a template.
#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct Parting {
    /// Line of the script, from 1.
    line: usize,
    /// The words that still fit, each with what the template has for it.
    fits: Vec<(String, String)>,
    expected: String,
    found: String,
}

pub(super) fn run(args: &Explain, file: &Path) -> Result<Exit> {
    let site = configured()?;
    let script = tokenize(&read::file(file, MAX_BYTES)?).map_err(Failure::bad)?;
    let dir = place_of(args, file, &site.runs)?;
    let id = match &args.entry {
        Some(id) => id.clone(),
        None => named(&script, &dir, &site)?,
    };
    let report = compare(&published::entry(&id)?, &script, &dir, &site)?;
    if args.json {
        output::json(&report)?;
    } else {
        print(&report)?;
    }
    Ok(if report.matches { Exit::Ok } else { Exit::NotAsItShould })
}

/// The one workflow that the script names, as a node reads it.
fn named(script: &Script, dir: &Path, site: &Site) -> Result<String> {
    let found = match site.workflow_in(script, dir.to_str().unwrap_or_default()) {
        Meant::One(version) => return Ok(version.id()),
        Meant::Nothing => "no workflow",
        Meant::Several => "several workflows",
    };
    Err(Failure::bad(format_args!(
        "the script names {found} below {}, seen from {}; say which entry is meant: \
         --entry NAME@VERSION, and where it runs: --run-dir DIR",
        site.workflows.display(),
        dir.display(),
    )))
}

fn compare(entry: &Entry, script: &Script, dir: &Path, site: &Site) -> Result<Report> {
    let text = |path: PathBuf| {
        path.into_os_string()
            .into_string()
            .map_err(|path| Failure::usage(format_args!("{} is not UTF-8", path.to_string_lossy())))
    };
    let runtime = site.runtime_of(entry).map(text).transpose()?;
    let name = dir.file_name().unwrap_or_default().as_encoded_bytes();
    let places = Places {
        bundle: &text(site.bundle_of(entry))?,
        runtime: runtime.as_deref(),
        rundir: &text(dir.into())?,
        // The job's number is part of it and not known yet.
        run_id: &run_id(name, &site.cluster, Incarnation { job: 0, restart: 0 }),
    };
    let mut report = Report { entry: entry.id(), matches: false, templates: Vec::new() };
    for command in &entry.command {
        let template = Template::parse(&command.script).map_err(Failure::bad)?;
        match template.matches(script, &places) {
            Ok(_) => report.matches = true,
            Err(mismatch) => report.templates.push(Parting::of(mismatch, script)),
        }
    }
    Ok(report)
}

impl Parting {
    fn of(mismatch: Mismatch, script: &Script) -> Self {
        let Mismatch { line, fits, expected, found } = mismatch;
        let words = script.lines.iter().find(|it| it.number == line);
        let words = words.into_iter().flat_map(|it| &it.tokens).map(ToString::to_string);
        Self { line, fits: words.zip(fits).collect(), expected, found }
    }
}

fn print(report: &Report) -> Result<()> {
    let Report { entry, matches, templates } = report;
    if *matches {
        return output::line(format_args!("the script is one that {entry} approves"));
    }
    for (number, parting) in (1..).zip(templates) {
        output::line(format_args!("{entry}, template {number}, line {}:", parting.line))?;
        let width = parting.fits.iter().map(|(word, _)| word.len()).max().unwrap_or(0);
        let width = width.max(parting.found.len()).min(60);
        for (word, template) in &parting.fits {
            output::line(format_args!("  {word:<width$}  {template}"))?;
        }
        output::line(format_args!("≠ {:<width$}  {}", parting.found, parting.expected))?;
    }
    Ok(())
}
