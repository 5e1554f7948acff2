//! An entry in a few lines, for whoever shows or signs it.

use serde::Serialize;
use sluice_policy::digest::Digest;
use sluice_policy::entry::{Entry, Output, Zero};
use sluice_policy::set::entry_file;

use super::draft::Draft;
use crate::exit::Result;

/// An entry, for people.
#[derive(Serialize)]
pub(super) struct Line {
    pub(super) entry: String,
    /// Of the entry's file, which the signatures and the attestations of its runs name.
    entry_digest: String,
    /// Of the bundle.
    digest: String,
    runtime: Option<String>,
    runtime_digest: Option<String>,
    data: Vec<String>,
    /// Its release rules.
    outputs: Vec<String>,
    users: Vec<String>,
    approved_by: String,
    proposal: String,
    pub(super) signers: Vec<String>,
}

impl Line {
    pub(super) fn of(draft: &Draft, entry: Entry) -> Result<Self> {
        let file = entry_file(&entry.id());
        let runtime = entry.runtime.as_ref();
        Ok(Self {
            signers: draft.signers(&file)?,
            entry: entry.id(),
            entry_digest: Digest::of(&draft.read(&file)?).to_string(),
            digest: entry.digest.to_string(),
            runtime: runtime.map(|runtime| format!("{}@{}", runtime.name, runtime.version)),
            runtime_digest: runtime.map(|runtime| runtime.digest.to_string()),
            data: entry.data.into_iter().map(|data| data.name).collect(),
            outputs: entry.output.iter().map(rule).collect(),
            users: entry.scope.users,
            approved_by: entry.approval.by,
            proposal: entry.approval.proposal,
        })
    }

    /// What it approves.
    pub(super) fn lines(&self) -> Vec<String> {
        let mut lines = vec![format!("digest   {}", self.digest)];
        let runtimes = self.runtime.iter().zip(&self.runtime_digest);
        lines.extend(runtimes.map(|(runtime, digest)| format!("runtime  {runtime} {digest}")));
        lines.push(format!("approval {} by {}", self.proposal, self.approved_by));
        lines.push(format!("         {}", self.entry_digest));
        lines.push(format!("data     {}", list(&self.data, "none")));
        lines.extend(self.outputs.iter().map(|rule| format!("output   {rule}")));
        lines.push(format!("users    {}", list(&self.users, "any")));
        lines
    }
}

/// A release rule.
fn rule(rule: &Output) -> String {
    let kind = rule.kind.word();
    let mut text = format!("{} {kind}, at most {} bytes", rule.glob, rule.max_bytes);
    if let Some(rows) = rule.max_rows {
        text += &format!(", {rows} rows");
    }
    let words = [
        (rule.required, "required"),
        (rule.needs_review(), "reviewed"),
        (rule.gzip, "compressed"),
        (rule.comments.is_some(), "with comments"),
        (rule.row_names, "with row names"),
    ];
    for (_, word) in words.iter().filter(|(holds, _)| *holds) {
        text += &format!(", {word}");
    }
    if rule.kind.is_table() {
        text += &columns(rule);
    }
    text
}

/// Which columns a table may have, and what stands in them.
fn columns(rule: &Output) -> String {
    let named = rule.columns.join(" ");
    let mut text = match (rule.extra_columns(), rule.columns.is_empty()) {
        (true, true) => ", any columns".into(),
        (true, false) => format!(", columns {named} and any others"),
        (false, _) => format!(", only columns {named}"),
    };
    if !rule.forbidden_columns.is_empty() {
        text += &format!(", without columns {}", rule.forbidden_columns.join(" "));
    }
    if let Some(counts) = &rule.counts {
        let zero = if counts.zero == Zero::Allow { " or 0" } else { "" };
        text += &format!(", counts {} from {}{zero}", counts.columns.join(" "), counts.minimum);
        text += &counts.multiple_of.map(|of| format!(" by {of}")).unwrap_or_default();
    }
    if let Some(percent) = &rule.percent {
        text += &format!(", percentages {} of {}", percent.columns.join(" "), percent.of);
    }
    if let Some(contributors) = &rule.contributors {
        text += &format!(", persons {} from {}", contributors.column, contributors.minimum);
    }
    if let Some(dominance) = &rule.dominance {
        let largest = dominance.largest.join(" ");
        text += &format!(", {largest} to {} % of {}", dominance.percent, dominance.total);
    }
    text
}

pub(super) fn by(signers: &[String]) -> String {
    if signers.is_empty() { "unsigned".into() } else { format!("signed by {}", signers.join(", ")) }
}

fn list(names: &[String], none: &str) -> String {
    if names.is_empty() { none.into() } else { names.join(", ") }
}
