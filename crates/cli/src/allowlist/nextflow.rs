//! Nextflow publishes links unless it is told otherwise, and a link is no result.

use std::path::Path;

use sluice_policy::entry::Entry;
use sluice_policy::manifest::{Item, Kind, Manifest};

use crate::read;

/// Largest script that is looked into, in bytes.
const MAX_SCRIPT: usize = 1 << 20;
/// Lines that a directive may go on for.
const DIRECTIVE: usize = 6;

/// A warning for the first script or configuration of the bundle that publishes links.
pub(super) fn links(entry: &Entry, dir: &Path, bundle: &Manifest) -> Option<String> {
    if !entry.engine.to_lowercase().contains("nextflow") {
        return None;
    }
    let script = |item: &&Item| {
        let file = matches!(item.kind, Kind::File { .. });
        file && (item.path.ends_with(".nf") || item.path.ends_with(".config"))
    };
    let linking = |item: &&Item| {
        read::file(&dir.join(&item.path), MAX_SCRIPT)
            .is_ok_and(|bytes| publishes_links(&String::from_utf8_lossy(&bytes)))
    };
    let found = bundle.items().iter().filter(script).find(linking)?;
    Some(format!(
        "{} publishes links, which are never released; give its publishDir mode: 'copy'",
        found.path
    ))
}

/// Whether a `publishDir` has no mode, or one that links. A mode that a parameter gives is left to it.
fn publishes_links(text: &str) -> bool {
    let lines: Vec<_> = text.lines().map(without_comment).collect();
    let directives = lines.iter().enumerate().filter(|(_, line)| line.contains("publishDir"));
    directives.map(|(at, _)| directive(&lines[at..])).any(|directive| match mode(&directive) {
        Some(mode) => ["link", "symlink", "rellink"].iter().any(|word| mode.starts_with(word)),
        None => true,
    })
}

/// A line up to `//`, which is no comment in an address.
fn without_comment(line: &str) -> &str {
    let comment = line.match_indices("//").find(|&(at, _)| !line[..at].ends_with(':'));
    comment.map_or(line, |(at, _)| &line[..at])
}

/// What stands behind `mode:` or `mode =`, without its quote.
fn mode(directive: &str) -> Option<&str> {
    directive.match_indices("mode").find_map(|(at, word)| {
        let behind = directive[at + word.len()..].trim_start();
        let value = behind.strip_prefix([':', '='])?;
        Some(value.trim_start().trim_start_matches(['"', '\'']))
    })
}

/// A directive goes on after a comma or an open bracket.
fn directive(lines: &[&str]) -> String {
    let mut text = String::new();
    for line in lines.iter().take(DIRECTIVE) {
        text += line;
        if !line.trim_end().ends_with([',', '[', '(']) {
            break;
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::publishes_links;

    #[test]
    fn a_mode_that_copies_is_needed() {
        for linking in [
            "publishDir 'results'",
            "publishDir \"$params.out\", mode: 'symlink'",
            "publishDir path: 'a',\n  pattern: '*.csv',\n  mode: 'link'",
            "publishDir = [\n  path: 'a',\n]",
            "publishDir 'a' // mode: 'copy'",
            "publishDir 'models'",
        ] {
            assert!(publishes_links(linking), "{linking}");
        }
        for copying in [
            "publishDir 'results', mode: 'copy'",
            "publishDir path: 'a',\n  mode: \"move\"",
            "publishDir = [\n  path: 'a',\n  mode: params.publish_dir_mode,\n]",
            "publishDir 's3://results', mode: 'copy'",
            "// publishDir 'results'",
            "process x {}",
        ] {
            assert!(!publishes_links(copying), "{copying}");
        }
    }
}
