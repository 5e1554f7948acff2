//! `sluice allowlist add`.

use std::path::Path;

use rustix::fs::OFlags;
use serde::Serialize;
use sluice_parameters::{MAX_SCHEMA, Schema};
use sluice_policy::digest::Digest;
use sluice_policy::entry::{self, Entry, Parameters};
use sluice_policy::manifest::{Kind, Manifest};
use sluice_policy::set::{entry_file, manifest_file};
use sluice_site::Site;
use sluice_sys::{beneath, read_limited};

use super::draft::{self, Draft};
use super::git::Checkout;
use super::warnings;
use crate::args::allowlist::Add;
use crate::exit::{Exit, Failure, Result};
use crate::{output, read, tree};

#[derive(Serialize)]
struct Added<'a> {
    entry: String,
    digest: Digest,
    warnings: &'a [String],
}

pub(super) fn run(args: &Add) -> Result<Exit> {
    let file = args.entry.as_path();
    let draft = Draft::open(&args.set)?;
    let text = String::from_utf8(read::file(file, entry::MAX_BYTES)?)
        .map_err(|_| bad(file, "it is not UTF-8"))?;
    // What is wrong with the text shows before hours of hashing.
    let blank = Digest::of(b"");
    let entry = parse(file, &filled(&text, &Digests::of(blank)))?;
    check_runtime(&draft, &entry, args.runtime.is_some())?;
    check_tag(&entry, args)?;
    let checkout =
        args.git.as_deref().map(|dir| Checkout { dir, signers: args.tag_signers.as_deref() });
    let commit = match (&checkout, &entry.source) {
        (Some(checkout), Some(source)) => Some(checkout.commit(source)?),
        _ => None,
    };

    let links = &entry.system.links;
    let bundle = tree::freeze(&args.bundle, links)?;
    if bundle.get(".git").is_some() {
        return Err(Failure::bad(
            "the bundle holds .git, which no two checkouts have alike; export it with git archive",
        ));
    }
    if let Some(commit) = commit {
        commit.compare(&args.bundle, &bundle)?;
    }
    let runtime = args.runtime.as_deref().map(|dir| tree::freeze(dir, links)).transpose()?;
    check_schema(&entry, args, &bundle)?;
    let previous = entry.approval.previous.as_deref();
    let manifest = bundle.to_bytes();
    let digests = Digests {
        bundle: bundle.digest(),
        runtime: runtime.as_ref().map(Manifest::digest),
        diff: previous.map(|id| draft::difference(&draft, id, &manifest)).transpose()?,
    };
    let text = filled(&text, &digests);
    let entry = parse(file, &text)?;
    stated(file, "digest", Some(&entry.digest), Some(&digests.bundle))?;
    let named = entry.runtime.as_ref().map(|named| &named.digest);
    stated(file, "[runtime] digest", named, digests.runtime.as_ref())?;
    stated(file, "[approval] diff", entry.approval.diff.as_ref(), digests.diff.as_ref())?;

    let target = entry_file(&entry.id());
    if draft.has(&target) && draft.read(&target)? != text.as_bytes() {
        return Err(Failure::bad(format_args!(
            "{} is in the set with other content; a changed workflow needs a new version",
            entry.id()
        )));
    }
    for manifest in [Some(&bundle), runtime.as_ref()].into_iter().flatten() {
        let file = manifest_file(&manifest.digest());
        if !draft.has(&file) {
            draft.write(&file, &manifest.to_bytes())?;
        }
    }
    if !draft.has(&target) {
        draft.write_signed(&target, text.as_bytes())?;
    }
    let frozen = (args.bundle.as_path(), &bundle);
    let warnings = warnings::of(&entry, frozen, Site::load().ok().as_ref(), args.git.is_some());
    match args.json {
        true => {
            output::json(&Added { entry: entry.id(), digest: digests.bundle, warnings: &warnings })?
        }
        false => output::line(digests.bundle)?,
    }
    warnings.iter().for_each(|warning| output::note(format_args!("warning: {warning}")));
    output::note(format_args!(
        "{} is in the set; read it before you sign it",
        draft.path(&target).display()
    ));
    Ok(Exit::Ok)
}

fn check_runtime(draft: &Draft, entry: &Entry, given: bool) -> Result<()> {
    match (&entry.runtime, given) {
        (None, false) | (Some(_), true) => Ok(()),
        (Some(named), false) if draft.has(&manifest_file(&named.digest)) => Ok(()),
        (Some(_), false) => {
            Err(Failure::usage("the entry names a runtime; give its bundle with --runtime"))
        }
        (None, true) => Err(Failure::usage("--runtime is given, but the entry has no [runtime]")),
    }
}

/// A tag that nobody verified would only look like a guarantee.
fn check_tag(entry: &Entry, args: &Add) -> Result<()> {
    match (&entry.source, &args.git) {
        (None, Some(_)) => Err(Failure::usage("--git is given, but the entry has no [source]")),
        (Some(source), None) if source.tag.is_some() => {
            Err(Failure::usage("the entry names a tag; give the repository with --git"))
        }
        _ => Ok(()),
    }
}

/// The parameter schema is there and is one.
fn check_schema(entry: &Entry, args: &Add, bundle: &Manifest) -> Result<()> {
    let Some(Parameters { schema }) = &entry.parameters else { return Ok(()) };
    let wrong = |why: &dyn std::fmt::Display| Failure::bad(format_args!("{schema}: {why}"));
    let root = tree::open_root(&args.bundle)?;
    let bytes = beneath::open_beneath(root, Path::new(schema), OFlags::RDONLY)
        .and_then(|file| read_limited(file, MAX_SCHEMA))
        .map_err(|error| wrong(&error))?;
    match bundle.get(schema).map(|item| item.kind) {
        Some(Kind::File { digest, .. }) if digest == Digest::of(&bytes) => {}
        _ => return Err(wrong(&"it changed while the bundle was read")),
    }
    Schema::parse(&bytes).map(drop).map_err(|error| wrong(&error))
}

/// What is filled in where the author has left it out.
struct Digests {
    bundle: Digest,
    runtime: Option<Digest>,
    diff: Option<Digest>,
}

impl Digests {
    fn of(digest: Digest) -> Self {
        Self { bundle: digest, runtime: Some(digest), diff: None }
    }
}

/// The text with the digests that it doesn't state, otherwise as its author wrote it.
fn filled(text: &str, digests: &Digests) -> String {
    let table: toml::Table = toml::from_str(text).unwrap_or_default();
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    for (section, key, digest) in
        [("runtime", "digest", digests.runtime), ("approval", "diff", digests.diff)]
    {
        let named = table.get(section).and_then(toml::Value::as_table);
        if let (Some(digest), Some(false)) = (digest, named.map(|table| table.contains_key(key)))
            && let Some(header) = lines.iter().position(|line| is_header(line, section))
        {
            lines.insert(header + 1, format!("{key} = \"{digest}\""));
        }
    }
    if !table.contains_key("digest") {
        // Before the first table, where a key can't fall into another one.
        lines.insert(0, format!("digest = \"{}\"", digests.bundle));
    }
    lines.join("\n") + "\n"
}

fn is_header(line: &str, table: &str) -> bool {
    let line = line.split('#').next().unwrap_or_default().trim();
    line.strip_prefix('[').and_then(|line| line.strip_suffix(']')).map(str::trim) == Some(table)
}

fn parse(file: &Path, text: &str) -> Result<Entry> {
    Entry::parse(text.as_bytes()).map_err(|error| bad(file, error))
}

fn stated(file: &Path, key: &str, stated: Option<&Digest>, found: Option<&Digest>) -> Result<()> {
    match (stated, found) {
        (Some(stated), Some(found)) if stated != found => Err(bad(
            file,
            format_args!("{key} is {stated}, but it is {found}; remove the line to fill it in"),
        )),
        _ => Ok(()),
    }
}

fn bad(file: &Path, why: impl std::fmt::Display) -> Failure {
    Failure::bad(format_args!("{}: {why}", file.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digests_are_filled_in_where_they_belong() {
        let (a, b) = (Digest::of(b"a"), Digest::of(b"b"));
        let text = "# mine\nname = 'x'\n[runtime] # which\nname = 'r'\n[[command]]\nscript = '''\n[runtime]\n'''\n";
        let filled = filled(text, &Digests { bundle: a, runtime: Some(b), diff: None });
        let table: toml::Table = toml::from_str(&filled).unwrap();
        assert_eq!(table["digest"].as_str(), Some(a.to_string().as_str()));
        assert_eq!(table["runtime"]["digest"].as_str(), Some(b.to_string().as_str()));
        assert!(filled.contains("# mine\nname = 'x'\n[runtime] # which\n"));
    }

    #[test]
    fn stated_digests_stay() {
        let text = "digest = 'mine'\nname = 'x'\n";
        let digests = Digests { bundle: Digest::of(b"a"), runtime: None, diff: None };
        assert_eq!(filled(text, &digests), text);
    }
}
