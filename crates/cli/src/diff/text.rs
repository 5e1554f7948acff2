//! Unified diffs in which nothing hides: each line's control and direction characters are printed as
//! their escapes, and what an editor may not show at a line's end is marked.

use std::fmt::Write;
use std::time::Duration;

use similar::{ChangeTag, TextDiff};

use crate::sanitize::shown;

/// Lines around a change.
const CONTEXT: usize = 3;
/// After this time the diff is right, but perhaps longer than need be.
const PATIENCE: Duration = Duration::from_secs(2);

/// The change of one file.
pub(crate) fn unified(path: &str, old: &str, new: &str) -> String {
    let path = shown(path);
    let mut out = format!("--- {path}\n+++ {path}\n");
    let diff = TextDiff::configure().timeout(PATIENCE).diff_lines(old, new);
    for hunk in diff.unified_diff().context_radius(CONTEXT).iter_hunks() {
        // Writing to a string can't fail.
        let _ = writeln!(out, "{}", hunk.header());
        for change in hunk.iter_changes() {
            let sign = match change.tag() {
                ChangeTag::Equal => ' ',
                ChangeTag::Delete => '-',
                ChangeTag::Insert => '+',
            };
            line(&mut out, sign, change.value());
        }
    }
    out
}

fn line(out: &mut String, sign: char, text: &str) {
    out.push(sign);
    let (text, ended) = match text.strip_suffix('\n') {
        Some(text) => (text, true),
        None => (text, false),
    };
    // Tabs are part of many languages, and no danger.
    for (index, part) in text.split('\t').enumerate() {
        if index > 0 {
            out.push('\t');
        }
        out.push_str(&shown(part));
    }
    out.push('\n');
    if !ended {
        out.push_str("\\ No newline at end of file\n");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_hides() {
        let old = "a\nif admin:\n    x\nsame\n";
        let new = "a\nif admin\u{202e}:\r\n\tx\u{200b}\u{1b}[2J\nsame";
        assert_eq!(
            unified("e\u{202e}vil", old, new),
            "--- e\\u{202e}vil\n+++ e\\u{202e}vil\n@@ -1,4 +1,4 @@\n a\n-if admin:\n-    x\n-same\n\
             +if admin\\u{202e}:\\r\n+\tx\\u{200b}\\u{1b}[2J\n+same\n\\ No newline at end of file\n"
        );
    }

    #[test]
    fn whole_files_come_and_go() {
        assert_eq!(unified("n", "", "1\n2\n"), "--- n\n+++ n\n@@ -0,0 +1,2 @@\n+1\n+2\n");
        assert_eq!(unified("n", "1\n", ""), "--- n\n+++ n\n@@ -1 +0,0 @@\n-1\n");
    }
}
