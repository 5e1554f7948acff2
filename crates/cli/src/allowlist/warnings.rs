//! What an entry says that nothing bears out, that comes to nothing, or that lets anything pass: told as
//! it is added.

use std::path::Path;

use sluice_policy::entry::{ContentKind, Entry, Output};
use sluice_policy::manifest::Manifest;
use sluice_site::{Policy, Role, Site};

use super::nextflow;

/// One line each, of the entry and of the bundle in `dir`. Without a site's configuration on this
/// host nothing is said of its data and roles.
pub(super) fn of(
    entry: &Entry,
    (dir, bundle): (&Path, &Manifest),
    site: Option<&Site>,
    has_repository: bool,
) -> Vec<String> {
    let mut lines = Vec::new();
    if let (Some(source), false) = (&entry.source, has_repository) {
        lines.push(format!(
            "nothing shows that the bundle is commit {} of [source]; give the repository with --git",
            source.commit
        ));
    }
    for data in &entry.data {
        if site.is_some_and(|site| !site.data.contains_key(&data.name)) {
            lines.push(format!("no data set of sluice.toml is called {}", data.name));
        }
    }
    for (at, rule) in entry.output.iter().enumerate() {
        let releases = releases(rule, &entry.output[..at])
            .and_then(|()| site.map_or(Ok(()), |site| reviewable(rule, entry, &site.policy)));
        if let Err(why) = releases {
            lines.push(format!("the rule {} releases nothing: {why}", rule.glob));
        } else if let Some(what) = passes_anything(rule) {
            let more = if leaves_as_drawing(rule) { PICTURE } else { "" };
            lines
                .push(format!("the rule {} lets {what} pass with nobody looking{more}", rule.glob));
        }
    }
    lines.extend(nextflow::links(entry, dir, bundle));
    lines
}

/// A file can match the rule and pass it.
fn releases(rule: &Output, before: &[Output]) -> Result<(), String> {
    if before.iter().any(|earlier| earlier.glob == rule.glob) {
        return Err("an earlier one has the same glob and decides".into());
    }
    let same = |a: &str, b: &str| a.to_lowercase() == b.to_lowercase();
    let forbidden = |name: &&String| rule.forbidden_columns.iter().any(|other| same(name, other));
    if let Some(name) = rule.columns.iter().find(forbidden) {
        return Err(format!("it asks for the column {name} and forbids it"));
    }
    if rule.columns.len() > rule.max_columns() as usize {
        return Err("it asks for more columns than max-columns".into());
    }
    let closed = rule.kind.is_table() && !rule.extra_columns();
    match judged(rule).find(|&name| closed && !rule.columns.iter().any(|other| other == name)) {
        Some(name) => Err(format!("it judges the column {name}, which `columns` lacks")),
        None => Ok(()),
    }
}

/// Columns that the rule's numbers stand in, by name.
fn judged(rule: &Output) -> impl Iterator<Item = &str> {
    let counts = rule.counts.iter().flat_map(|it| &it.columns);
    let percent = rule.percent.iter().flat_map(|it| it.columns.iter().chain([&it.of]));
    let contributors = rule.contributors.iter().map(|it| &it.column);
    let dominance = rule.dominance.iter().flat_map(|it| it.largest.iter().chain([&it.total]));
    let names = counts.chain(percent).chain(contributors).chain(dominance);
    names.map(String::as_str).filter(|name| !name.ends_with('*'))
}

/// What passes a rule that hardly asks for anything.
fn passes_anything(rule: &Output) -> Option<&'static str> {
    use ContentKind::{Csv, Jpeg, Json, Log, Md, Other, Pdf, Png, Svg, Text, Tsv, Yaml};
    match rule.kind {
        _ if rule.needs_review() => None,
        Csv | Tsv => rule.extra_columns().then_some("any column"),
        Json => Some("any JSON"),
        Text | Md | Yaml | Log => Some("any text"),
        Svg | Png | Jpeg | Pdf => Some("any figure"),
        Other => None,
    }
}

const PICTURE: &str =
    ", and what no viewer shows of it; with `rasterise = true` a picture passes instead (format 2)";

/// Whether the file itself leaves, of which viewers show a part.
fn leaves_as_drawing(rule: &Output) -> bool {
    matches!(rule.kind, ContentKind::Svg | ContentKind::Pdf) && !rule.rasterise
}

/// Somebody can decide where the rule wants a person's decision.
fn reviewable(rule: &Output, entry: &Entry, policy: &Policy) -> Result<(), String> {
    let checkers = policy.holders(Role::Checker).iter();
    let mut reached = checkers.filter(|it| policy.speaks_for(Role::Checker, &it.principal, entry));
    match !rule.needs_review() || reached.next().is_some() {
        true => Ok(()),
        false => Err("a person has to decide, and no checker of sluice.toml may for it".into()),
    }
}
