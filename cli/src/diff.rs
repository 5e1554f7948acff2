//! `sluice diff`: what a reviewer has to look at before approving a new version.

mod content;
pub(crate) mod text;

use std::fmt::Display;
use std::path::PathBuf;

use serde::Serialize;
use sluice_policy::digest::Digest;
use sluice_policy::entry::is_entry_id;
use sluice_policy::manifest::{Change, Kind, Manifest};

use crate::allowlist::published;
use crate::args::Diff;
use crate::exit::{Exit, Result};
use crate::{configured, output, tree, verify};
use content::Content;

#[derive(Serialize)]
struct Report {
    from: Digest,
    to: Digest,
    /// Digest of the canonical difference, for the entry's approval.
    diff: Digest,
    changes: Vec<Changed>,
}

#[derive(Serialize)]
struct Changed {
    path: String,
    change: &'static str,
    /// One line: sizes, modes or link targets.
    what: String,
    /// A unified diff, where both sides are text.
    text: Option<String>,
}

/// The side that was approved.
struct Base {
    name: String,
    manifest: Manifest,
    /// Where its content lies, if anywhere.
    dir: Option<PathBuf>,
    links: Vec<String>,
}

pub(crate) fn run(args: &Diff) -> Result<Exit> {
    let base = base(args)?;
    let found = tree::freeze(&args.dir, &base.links)?;
    let old = Content::of(base.dir.as_deref(), &base.manifest);
    let new = Content::of(Some(&args.dir), &found);
    let changes = base.manifest.compare(&found).into_iter().map(|difference| {
        let path = difference.path;
        let change = difference.change;
        let mut changed =
            Changed { what: String::new(), change: verify::word(change), text: None, path };
        match change {
            Change::Content | Change::Added | Change::Missing => {
                changed.what = sizes(&changed.path, &base.manifest, &found);
                let before = old.text(&changed.path, change != Change::Added);
                let after = new.text(&changed.path, change != Change::Missing);
                match (before, after) {
                    (Ok(before), Ok(after)) if before != after => {
                        changed.text = Some(text::unified(&changed.path, &before, &after));
                    }
                    (Ok(_), Ok(_)) => {}
                    (Err(why), _) | (_, Err(why)) => changed.what += &format!("; {why}"),
                }
            }
            Change::Executable => {
                let executable = |manifest: &Manifest| {
                    matches!(
                        manifest.get(&changed.path).map(|item| item.kind),
                        Some(Kind::File { executable: true, .. })
                    )
                };
                changed.what = match executable(&found) {
                    true => "may be executed now".into(),
                    false => "may not be executed any more".into(),
                };
            }
            Change::Link => {
                changed.what =
                    format!("{} -> {}", old.target(&changed.path), new.target(&changed.path));
            }
            Change::Type => {
                changed.what = format!(
                    "{} -> {}",
                    noun(&base.manifest, &changed.path),
                    noun(&found, &changed.path)
                );
            }
        }
        changed
    });
    let report = Report {
        from: base.manifest.digest(),
        to: found.digest(),
        diff: Digest::of(base.manifest.difference(&found).as_bytes()),
        changes: changes.collect(),
    };
    if args.json {
        output::json(&report)?;
    } else {
        print(&base.name, &args.dir.display(), &report)?;
    }
    Ok(if report.changes.is_empty() { Exit::Ok } else { Exit::NotAsItShould })
}

/// What the new tree is compared with: an approved entry, another tree, or a manifest.
fn base(args: &Diff) -> Result<Base> {
    let name = args.base.display().to_string();
    if args.base.is_dir() {
        let links = args.link.clone();
        let manifest = tree::freeze(&args.base, &links)?;
        return Ok(Base { name, manifest, dir: Some(args.base.clone()), links });
    }
    if !is_entry_id(&name) || args.base.exists() {
        let manifest = verify::manifest(&args.base)?;
        return Ok(Base { name, manifest, dir: args.old.clone(), links: args.link.clone() });
    }
    let set = published::set(args.set.as_deref())?;
    let entry = published::entry_of(&set, &name)?;
    let manifest = published::manifest_of(&set, &entry.digest)?;
    let dir = match &args.old {
        Some(dir) => Some(dir.clone()),
        // Without a configuration there is no place where approved versions lie.
        None => configured().ok().map(|site| site.workflows.join(&entry.name).join(&entry.version)),
    };
    let links = entry.system.links.into_iter().chain(args.link.clone()).collect();
    Ok(Base { name, manifest, dir, links })
}

fn sizes(path: &str, old: &Manifest, new: &Manifest) -> String {
    let size = |manifest: &Manifest| match manifest.get(path).map(|item| item.kind) {
        Some(Kind::File { size, .. }) => Some(size),
        _ => None,
    };
    match (size(old), size(new)) {
        (Some(old), Some(new)) => format!("{old} -> {new} bytes"),
        (Some(size), None) | (None, Some(size)) => format!("{size} bytes"),
        (None, None) => noun(if old.get(path).is_some() { old } else { new }, path).into(),
    }
}

fn noun(manifest: &Manifest, path: &str) -> &'static str {
    match manifest.get(path).map(|item| item.kind) {
        Some(Kind::Directory) => "a directory",
        Some(Kind::File { .. }) => "a file",
        Some(Kind::Link { .. }) => "a link",
        None => "nothing",
    }
}

fn print(from: &dyn Display, to: &dyn Display, report: &Report) -> Result<()> {
    for Changed { path, change, what, text } in &report.changes {
        output::line(format_args!("{change:<10} {path}  ({what})"))?;
        for line in text.iter().flat_map(|text| text.lines()) {
            output::line(line)?;
        }
    }
    output::note(format_args!("from {from}  {}", report.from));
    output::note(format_args!("to   {to}  {}", report.to));
    output::note(format_args!("diff {}", report.diff));
    Ok(())
}
