//! `sluice diff`: what a reviewer has to look at before approving a new version.

mod content;
pub(crate) mod text;

use std::fmt::Display;
use std::path::PathBuf;

use serde::Serialize;
use sluice_policy::digest::Digest;
use sluice_policy::entry::is_entry_id;
use sluice_policy::manifest::{Change, Manifest};

use crate::allowlist::published;
use crate::args::bundle::Diff;
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
    let sides = Sides {
        old: Content::of(base.dir.as_deref(), &base.manifest),
        new: Content::of(Some(&args.dir), &found),
    };
    let changes = base.manifest.compare(&found);
    let report = Report {
        from: base.manifest.digest(),
        to: found.digest(),
        diff: Digest::of(base.manifest.difference(&found).as_bytes()),
        changes: changes.into_iter().map(|it| sides.changed(it.path, it.change)).collect(),
    };
    if args.json {
        output::json(&report)?;
    } else {
        print(&base.name, &args.dir.display(), &report)?;
    }
    Ok(if report.changes.is_empty() { Exit::Ok } else { Exit::NotAsItShould })
}

/// What was approved, and what is to be.
struct Sides<'a> {
    old: Content<'a>,
    new: Content<'a>,
}

impl Sides<'_> {
    fn changed(&self, path: String, change: Change) -> Changed {
        let (old, new) = (&self.old, &self.new);
        let mut what = match change {
            Change::Content | Change::Added | Change::Missing => {
                match (old.size(&path), new.size(&path)) {
                    (Some(old), Some(new)) => format!("{old} -> {new} bytes"),
                    (Some(size), None) | (None, Some(size)) => format!("{size} bytes"),
                    (None, None) => [old.noun(&path), new.noun(&path)].concat(),
                }
            }
            Change::Link => format!("{} -> {}", old.target(&path), new.target(&path)),
            Change::Type => format!("{} -> {}", old.noun(&path), new.noun(&path)),
            Change::Executable => String::new(),
        };
        let mut add = |more: &str| {
            what += if what.is_empty() { "" } else { "; " };
            what += more;
        };
        match (old.is_executable(&path), new.is_executable(&path)) {
            (false, true) => add("may be executed now"),
            (true, false) if new.size(&path).is_some() => add("may not be executed any more"),
            _ => {}
        }
        let text = match (old.text(&path), new.text(&path)) {
            (Ok(before), Ok(after)) if before != after => {
                Some(text::unified(&path, &before, &after))
            }
            (Ok(_), Ok(_)) => None,
            (Err(why), _) | (_, Err(why)) => {
                if change != Change::Executable {
                    add(why);
                }
                None
            }
        };
        Changed { path, change: verify::word(change), what, text }
    }
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
        None => configured().ok().map(|site| site.bundle_of(&entry)),
    };
    let links = entry.system.links.into_iter().chain(args.link.clone()).collect();
    Ok(Base { name, manifest, dir, links })
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
