//! What an entry says that nothing bears out, or that comes to nothing: told as it is added.

use sluice_policy::entry::{Entry, Output};
use sluice_site::{Policy, Role, Site};

/// One line each. Without a site's configuration on this host nothing is said of its data and
/// roles.
pub(super) fn of(entry: &Entry, site: Option<&Site>, has_repository: bool) -> Vec<String> {
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
        }
    }
    lines
}

/// A file can match the rule and pass it.
fn releases(rule: &Output, before: &[Output]) -> Result<(), String> {
    if before.iter().any(|earlier| earlier.glob == rule.glob) {
        return Err("an earlier one has the same glob and decides".into());
    }
    let same = |a: &str, b: &str| a.to_lowercase() == b.to_lowercase();
    let forbidden = |name: &&String| rule.forbidden_columns.iter().any(|other| same(name, other));
    match rule.columns.iter().find(forbidden) {
        Some(name) => Err(format!("it asks for the column {name} and forbids it")),
        None => Ok(()),
    }
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
