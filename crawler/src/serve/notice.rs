//! What a run's owner learns of it before any release.
//!
//! Before a release everything that a job chose is a way out for the data: a row's number as much as
//! a file's name, how many rules fail, or which of twenty things is wrong with a table. So a notice
//! can only be made of text that is in this file and of the first rule that stops the run. What a
//! reviewer sees is the [`Reason`] itself, which nothing here passes on.

use serde::{Serialize, Serializer, ser::SerializeMap};
use sluice_policy::entry::Rule;

use crate::{ledger::State, outcome::Reason};

/// What the owner of a run may know of why it is where it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    code: &'static str,
    advice: &'static str,
    rule: Option<Rule>,
}

/// Codes that owners see as they are, with what to do. None of them depends on what a result says;
/// a code that isn't here shows as one of [`SITE`] and [`OUTPUT`].
const SHOWN: &[(&str, &str)] = &[
    ("adopted", "published by the script that this crawler replaced"),
    (
        "allowlist-expired",
        "the site's allowlist has expired; it goes on once a newer one is in force",
    ),
    ("attestation-invalid", "the run's attestation doesn't count: ask the administrator"),
    ("attestation-missing", "nobody attested the run: ask the administrator"),
    ("attestation-unreadable", "the run's attestation can't be read: ask the administrator"),
    ("end-unknown", "nobody can say how the job ended: ask the administrator, or run it again"),
    (
        "entry-differs",
        "the workflow's approval isn't the one it ran under: ask the data controller",
    ),
    ("entry-unavailable", "the workflow's approval can't be found: ask the data controller"),
    ("interfered", "a signal ended a step of the job before its time: run it again"),
    ("internal-error", "the crawler itself failed at this run: ask the administrator"),
    ("log-contradicts", "WESkit's log.json says that the run failed: look into the run directory"),
    ("log-unreadable", "WESkit's newest log.json is missing or incomplete"),
    REVIEW,
    ("object-exists", "the store has another object under the run's key: ask the administrator"),
    ("output-changed", "a result isn't what was attested: ask the administrator"),
    ("policy-passed", ""),
    REQUEUED,
    ("revoked", "the workflow, its approval or a key was taken back"),
    ("run-failed", "the job failed; nothing is published"),
    ("sealed-missing", "the sealed run directory is missing: ask the administrator"),
    ("unapproved", "the job ran on trial and would be refused; submit it again as approved"),
    ("withdrawn", "taken back; tombstone.json in the store says why"),
];

/// Nothing of this start is published, and all of the next may be.
const REQUEUED: (&str, &str) =
    ("requeued", "Slurm started the job again; the new start is a run of its own");
/// A rule that asks for a person stops a run with this, whatever is or isn't there.
const REVIEW: (&str, &str) =
    ("needs-review", "its results wait for a person's decision: ask the output checker");
/// All that depends on what the job left.
const OUTPUT: (&str, &str) = (
    "output-refused",
    "a result isn't what the entry lets out: try the workflow on stand-in data, or ask the output checker",
);
/// All that a server or a disk said.
const SITE: (&str, &str) =
    ("site-unavailable", "a part of the site doesn't answer; it is tried again");
/// Nothing is known yet.
const NOTHING: (&str, &str) = ("", "");

impl Notice {
    /// What the owner of a run in `state` may know of `reason`.
    pub fn new(state: State, reason: &Reason) -> Self {
        let review = reason.rule.as_ref().is_some_and(Rule::needs_review);
        let shown = SHOWN.iter().find(|(code, _)| *code == reason.code);
        let (code, advice) = match (shown, state) {
            (Some(&shown), _) => shown,
            (None, State::Seen | State::Publishing) if reason.code.is_empty() => NOTHING,
            (None, State::Seen | State::Publishing) => SITE,
            (None, _) if reason.code == "store-refused" => SITE,
            (None, _) if review => REVIEW,
            (None, _) => OUTPUT,
        };
        let rule = reason.rule.clone().filter(|_| [REVIEW, OUTPUT].contains(&(code, advice)));
        Self { code, advice, rule }
    }

    /// The word for where the run stands. A start that another one follows has not failed.
    pub fn state(&self, state: State) -> &'static str {
        match state {
            State::Failed if self.code == REQUEUED.0 => "waiting",
            State::Seen | State::Publishing => "waiting",
            State::Held => "held",
            State::Published => "published",
            State::Failed => "failed",
            State::Withdrawing | State::Withdrawn => "withdrawn",
        }
    }
}

impl Notice {
    /// The code alone.
    pub fn code(&self) -> &'static str {
        self.code
    }
}

impl Serialize for Notice {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(2))?;
        map.serialize_entry("code", self.code)?;
        let message = match &self.rule {
            Some(rule) => &format!("{rule}: {}", self.advice),
            None => self.advice,
        };
        map.serialize_entry("message", message)?;
        map.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outcome::CODES;

    #[test]
    fn codes_are_known_sorted_and_in_the_reference() {
        let page = include_str!("../../../docs/reference/crawler.md");
        assert!(SHOWN.is_sorted());
        for (code, _) in SHOWN {
            assert!(CODES.iter().any(|(known, _)| known == code), "{code}");
        }
        let told = SHOWN.iter().chain([&OUTPUT, &SITE]).filter(|(_, advice)| !advice.is_empty());
        for (code, advice) in told {
            assert!(page.contains(&format!("| `{code}` | {advice} |")), "{code}");
        }
    }
}
