//! `sluice allowlist add`.

use std::path::Path;

use sluice_policy::digest::Digest;
use sluice_policy::entry::{self, Entry};
use sluice_policy::manifest::Manifest;

use super::draft::{self, Draft, entry_file, manifest_file};
use crate::exit::{Exit, Failure, Result};
use crate::{output, tree};

pub(super) fn run(set: &Path, file: &Path, bundle: &Path, runtime: Option<&Path>) -> Result<Exit> {
    let draft = Draft::open(set)?;
    let text = String::from_utf8(draft::read(file, entry::MAX_BYTES)?)
        .map_err(|_| bad(file, "it is not UTF-8"))?;
    // What is wrong with the text shows before hours of hashing.
    let blank = Digest::of(b"");
    let entry = parse(file, &filled(&text, &blank, Some(&blank)))?;
    match (&entry.runtime, runtime) {
        (None, None) | (Some(_), Some(_)) => {}
        (Some(named), None) if draft.has(&manifest_file(&named.digest)) => {}
        (Some(_), None) => {
            return Err(Failure::usage(
                "the entry names a runtime; give its bundle with --runtime",
            ));
        }
        (None, Some(_)) => {
            return Err(Failure::usage("--runtime is given, but the entry has no [runtime]"));
        }
    }

    let links = &entry.system.links;
    let bundle = tree::freeze(bundle, links)?;
    let runtime = runtime.map(|dir| tree::freeze(dir, links)).transpose()?;
    let digests = (bundle.digest(), runtime.as_ref().map(Manifest::digest));
    let text = filled(&text, &digests.0, digests.1.as_ref());
    let entry = parse(file, &text)?;
    stated(file, "digest", &entry.digest, &digests.0)?;
    if let (Some(named), Some(digest)) = (&entry.runtime, &digests.1) {
        stated(file, "[runtime] digest", &named.digest, digest)?;
    }

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
    output::line(digests.0)?;
    output::note(format_args!(
        "{} is in the set; read it before you sign it",
        draft.path(&target).display()
    ));
    Ok(Exit::Ok)
}

/// The text with the digests that it doesn't state, otherwise as its author wrote it.
fn filled(text: &str, bundle: &Digest, runtime: Option<&Digest>) -> String {
    let table: toml::Table = toml::from_str(text).unwrap_or_default();
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    let named = table.get("runtime").and_then(toml::Value::as_table);
    if let (Some(digest), Some(false)) = (runtime, named.map(|table| table.contains_key("digest")))
        && let Some(header) = lines.iter().position(|line| is_header(line, "runtime"))
    {
        lines.insert(header + 1, format!("digest = \"{digest}\""));
    }
    if !table.contains_key("digest") {
        // Before the first table, where a key can't fall into another one.
        lines.insert(0, format!("digest = \"{bundle}\""));
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

fn stated(file: &Path, key: &str, stated: &Digest, found: &Digest) -> Result<()> {
    if stated == found {
        return Ok(());
    }
    Err(bad(
        file,
        format_args!(
            "{key} is {stated}, but the bundle's is {found}; remove the line to fill it in"
        ),
    ))
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
        let filled = filled(text, &a, Some(&b));
        let table: toml::Table = toml::from_str(&filled).unwrap();
        assert_eq!(table["digest"].as_str(), Some(a.to_string().as_str()));
        assert_eq!(table["runtime"]["digest"].as_str(), Some(b.to_string().as_str()));
        assert!(filled.contains("# mine\nname = 'x'\n[runtime] # which\n"));
    }

    #[test]
    fn stated_digests_stay() {
        let text = "digest = 'mine'\nname = 'x'\n";
        assert_eq!(filled(text, &Digest::of(b"a"), None), text);
    }
}
