//! `sluice verify`.

use std::path::Path;

use serde::Serialize;
use sluice_policy::digest::Digest;
use sluice_policy::manifest::{self, Change, Manifest};

use crate::allowlist::published;
use crate::args::bundle::Verify;
use crate::exit::{Exit, Failure, Result};
use crate::{output, read, tree};

#[derive(Serialize)]
struct Report {
    digest: Digest,
    expected: Digest,
    differences: Vec<Line>,
}

#[derive(Serialize)]
struct Line {
    path: String,
    change: &'static str,
}

pub(crate) fn run(args: &Verify) -> Result<Exit> {
    let (approved, links) = match (&args.manifest, &args.entry) {
        (Some(file), _) => (manifest(file)?, args.link.clone()),
        (None, Some(id)) => {
            let entry = published::entry(id)?;
            (published::manifest(&entry.digest)?, entry.system.links)
        }
        (None, None) => return Err(Failure::usage("give --manifest FILE or NAME@VERSION")),
    };
    let found = tree::freeze(&args.dir, &links)?;
    let differences = approved.compare(&found);
    let report = Report {
        digest: found.digest(),
        expected: approved.digest(),
        differences: differences
            .into_iter()
            .map(|difference| Line { path: difference.path, change: word(difference.change) })
            .collect(),
    };
    if args.json {
        output::json(&report)?;
    } else {
        output::line(report.digest)?;
        for Line { path, change } in &report.differences {
            output::line(format_args!("{change:<10} {path}"))?;
        }
    }
    Ok(if report.digest == report.expected { Exit::Ok } else { Exit::NotAsItShould })
}

pub(crate) fn manifest(file: &Path) -> Result<Manifest> {
    Manifest::parse(&read::file(file, manifest::MAX_BYTES)?)
        .map_err(|error| Failure::bad(format_args!("{}: {error}", file.display())))
}

pub(crate) fn word(change: Change) -> &'static str {
    match change {
        Change::Added => "added",
        Change::Missing => "missing",
        Change::Content => "content",
        Change::Executable => "executable",
        Change::Type => "type",
        Change::Link => "link",
    }
}
