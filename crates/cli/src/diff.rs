//! `sluice diff`: what a reviewer has to look at before approving a new version.

mod content;
pub(crate) mod text;

use std::fmt::Display;

use serde::Serialize;
use sluice_policy::digest::Digest;
use sluice_policy::entry::is_entry_id;
use sluice_policy::manifest::{Change, Manifest};

use crate::allowlist::published;
use crate::args::bundle::Diff;
use crate::exit::{Exit, Result};
use crate::frozen::{Bundle, Frozen};
use crate::image::opened::Opened;
use crate::{configured, output, verify};
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
    digest: Digest,
    /// Where its content lies, if anywhere.
    bundle: Option<Bundle>,
    links: Vec<String>,
}

pub(crate) fn run(args: &Diff) -> Result<Exit> {
    let base = base(args)?;
    let bundle = Bundle::open(&args.dir)?;
    let Frozen { manifest: found, digest } = bundle.freeze(&base.links)?;
    let sides = Sides {
        old: Content::of(base.bundle.as_ref(), &base.manifest),
        new: Content::of(Some(&bundle), &found),
    };
    let changes = base.manifest.compare(&found);
    let report = Report {
        from: base.digest,
        to: digest,
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

/// What the new tree is compared with: an approved entry, another tree or image, or a manifest.
fn base(args: &Diff) -> Result<Base> {
    let name = args.base.display().to_string();
    let old = || args.old.as_deref().map(Bundle::open).transpose();
    if !is_entry_id(&name) || args.base.exists() {
        let links = args.link.clone();
        let bundle = match args.base.is_dir() {
            true => Some(Bundle::open(&args.base)?),
            false => Opened::recognised(&args.base)?.map(Bundle::Image),
        };
        let Some(bundle) = bundle else {
            let manifest = verify::manifest(&args.base)?;
            return Ok(Base { name, digest: manifest.digest(), manifest, bundle: old()?, links });
        };
        let Frozen { manifest, digest } = bundle.freeze(&links)?;
        return Ok(Base { name, digest, manifest, bundle: Some(bundle), links });
    }
    let set = published::set(args.set.as_deref())?;
    let entry = published::entry_of(&set, &name)?;
    let manifest = published::manifest_of(&set, &entry.digest)?;
    let bundle = match old()? {
        Some(bundle) => Some(bundle),
        // Without a configuration there is no place where approved versions lie.
        None => configured().ok().and_then(|site| Bundle::open(&site.bundle_of(&entry)).ok()),
    };
    let links = entry.system.links.into_iter().chain(args.link.clone()).collect();
    Ok(Base { name, digest: entry.digest, manifest, bundle, links })
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
