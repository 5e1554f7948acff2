//! Words about the drawing: what they are decoded, and the one form of metadata that is let through.

use roxmltree::{Document, Node};
use sluice_policy::text::is_visible;

use super::{HIDDEN, MALFORMED, Outcome, Wrong, short};
use crate::hidden::Watch;

const SVG: &str = "http://www.w3.org/2000/svg";
const STILL_IMAGE: &str = "http://purl.org/dc/dcmitype/StillImage";

pub(super) fn check(tree: &Document<'_>) -> Outcome {
    let root = tree.root_element();
    if root.tag_name().namespace() != Some(SVG) {
        let what = format!("its `svg` element lacks `xmlns=\"{SVG}\"`");
        return Err(Wrong(MALFORMED, what).at(root.range().start));
    }
    for node in tree.descendants() {
        if let Some(text) = node.text() {
            check_letters(text).map_err(|wrong| wrong.at(node.range().start))?;
        }
        for attribute in node.attributes() {
            check_visible(attribute.value()).map_err(|wrong| wrong.at(attribute.range().start))?;
        }
        if node.has_tag_name("metadata") || node.has_tag_name((SVG, "metadata")) {
            check_metadata(node)?;
        }
    }
    Ok(())
}

fn check_letters(text: &str) -> Result<(), Wrong> {
    let mut watch = Watch::default();
    for c in text.chars() {
        match c {
            '\n' | '\r' | '\t' => watch.begin(),
            // One that keeps a number and its unit in one line.
            '\u{a0}' => watch.pass_plain(),
            c => {
                if let Some(why) = watch.see(c) {
                    return Err(Wrong(HIDDEN, format!("it has the character {why}")));
                }
            }
        }
    }
    Ok(())
}

/// Numbered characters come to light only here.
fn check_visible(text: &str) -> Result<(), Wrong> {
    match text.chars().find(|&c| !is_visible(c) && !matches!(c, '\n' | '\r' | '\t')) {
        None => Ok(()),
        Some(c) => Err(Wrong(
            HIDDEN,
            format!(
                "it has the character U+{:04X}, which doesn't show; leave it out",
                u32::from(c)
            ),
        )),
    }
}

/// What Matplotlib writes: when, and with which version.
fn check_metadata(metadata: Node<'_, '_>) -> Outcome {
    for node in metadata.descendants().skip(1) {
        let path: Vec<_> = node
            .ancestors()
            .take_while(|above| *above != metadata)
            .map(|above| above.tag_name().name())
            .collect();
        let known = match (node.is_element(), &path[..]) {
            (true, ["RDF"] | ["Work", "RDF"]) => node.attributes().len() == 0,
            (true, ["type", "Work", "RDF"]) => {
                node.attributes().all(|attribute| attribute.value() == STILL_IMAGE)
            }
            (true, ["date" | "format" | "creator", "Work", "RDF"])
            | (true, ["Agent", "creator", ..] | ["title", "Agent", "creator", ..]) => {
                node.attributes().len() == 0
            }
            (true, _) => false,
            (false, path) => node.is_text() && is_known(path, node.text().unwrap_or_default()),
        };
        if !known {
            let what = format!(
                "its metadata {} says more than when and with which Matplotlib it was made; leave it \
                 out: savefig(…, metadata={{\"Date\": None, \"Creator\": None}})",
                short(node.text().map_or(node.tag_name().name(), str::trim_ascii))
            );
            return Err(Wrong(HIDDEN, what).at(node.range().start));
        }
    }
    Ok(())
}

fn is_known(path: &[&str], text: &str) -> bool {
    match path {
        // The first is the text's own, which has no name.
        ["", "date", "Work", "RDF"] => is_date(text),
        ["", "format", "Work", "RDF"] => text == "image/svg+xml",
        ["", "title", "Agent", "creator", "Work", "RDF"] => {
            let version = text.strip_prefix("Matplotlib v");
            version.and_then(|it| it.strip_suffix(", https://matplotlib.org/")).is_some_and(|it| {
                it.len() <= 24
                    && it.bytes().all(|b| b.is_ascii_alphanumeric() || b".+-".contains(&b))
            })
        }
        _ => text.trim_ascii().is_empty(),
    }
}

fn is_date(text: &str) -> bool {
    text.len() <= 32 && text.bytes().all(|byte| byte.is_ascii_digit() || b"-:.+TZ".contains(&byte))
}
