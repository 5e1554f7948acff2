//! Verdicts on a run, and why: for the site's log, its audit log, the ledger and reviewers. What a
//! run's owner learns of it is a [`Notice`](crate::serve::notice::Notice).

use sluice_policy::entry::Rule;

/// Code and meaning of what the crawler itself says, sorted by code. What a file's content is held
/// for is in [`sluice_release::HOLD_CODES`].
pub const CODES: &[(&str, &str)] = &[
    ("adopted", "published by the script that this crawler replaced"),
    ("allowlist-expired", "the set in force has expired, so later revocations may be unheard of"),
    ("allowlist-unavailable", "no set is in force, so revocations can't be checked"),
    ("attestation-invalid", "the attestation isn't signed by a certified node of the job"),
    ("attestation-missing", "the site publishes only attested runs, and nobody attested this one"),
    ("attestation-unreadable", "the attestation can't be read"),
    ("audit-unwritable", "the crawler's audit log can't be written"),
    ("end-unknown", "the script succeeded, but Slurm or a node doesn't say that the job did"),
    ("entry-differs", "the entry of that set isn't the attested one"),
    ("entry-unavailable", "the run's entry isn't on the allowlist, or not validly signed"),
    ("interfered", "a signal ended a step, or could have, and the script went on without it"),
    ("internal-error", "the crawler itself failed at this run"),
    ("ledger-unwritable", "the crawler's ledger can't be written"),
    ("log-contradicts", "WESkit says that the run failed, the attestation that it succeeded"),
    ("log-unreadable", "WESkit's newest log.json is missing or incomplete"),
    ("name-refused", "the file can't be published under its name"),
    ("needs-review", "a rule asks for a person's decision"),
    ("object-exists", "the store has another object under the run's key"),
    ("output-changed", "a file isn't what was attested"),
    (
        "output-irregular",
        "a rule matches something that can't be released: no plain file, too large, too many",
    ),
    ("output-missing", "a required output isn't there"),
    ("output-unlisted", "an attested file matches no rule of the entry"),
    ("output-unsettled", "a file of an unattested run was changed just now"),
    ("policy-passed", "published: the machine's rules pass"),
    ("requeued", "Slurm started the job again; the new start is a run of its own"),
    ("revoked", "the bundle, the entry, or a key was taken back"),
    ("run-failed", "the job failed; nothing is published"),
    ("sealed-missing", "the sealed run directory is gone"),
    ("sealed-unreadable", "the sealed run directory can't be read now"),
    ("store-denied", "the store refuses the crawler's keys"),
    ("store-differs", "the store has something else than what was sent"),
    ("store-refused", "the store takes other objects, and not one of this run"),
    ("store-unavailable", "the store doesn't answer"),
    ("superseded", "an unattested run was started again in its directory"),
    ("too-large", "the file is larger than the rule allows"),
    ("unapproved", "the job ran in mode=confine although it would be refused"),
    ("versions-remain", "the bucket keeps earlier versions of withdrawn objects readable"),
    ("withdrawn", "published, and taken back since"),
];

/// Why a run is where it is: a stable code for programs, a sentence for people. Code and sentence
/// tell what the job left, down to a row's number, so they are for reviewers alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reason {
    /// Kebab-case code.
    pub code: String,
    /// One sentence; names files and places in them, never a value from a result.
    pub message: String,
    /// The rule that holds the run.
    pub rule: Option<Rule>,
}

/// What keeps a run from being published now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stop {
    /// Something is still to come; the run is looked at again in every pass.
    Wait(Reason),
    /// A rule says no. Decided again in every pass, since it costs little and may change.
    Hold(Reason),
    /// A rule says no after the files were read. Decided again when the allowlist changes.
    HoldContent(Reason),
    /// The run itself failed: nothing will ever be published.
    Fail(Reason),
    /// The run was published and taken back: nothing of it will ever be published again.
    Withdrawn(Reason),
    /// The store or a disk did not do its part; tried again in the next pass.
    Retry(Reason),
}

impl Reason {
    /// A reason out of its two parts.
    pub fn new(code: &str, message: impl Into<String>) -> Self {
        Self { code: code.to_owned(), message: message.into(), rule: None }
    }
}

impl Stop {
    /// Why.
    pub fn reason(&self) -> &Reason {
        match self {
            Self::Wait(reason)
            | Self::Hold(reason)
            | Self::HoldContent(reason)
            | Self::Fail(reason)
            | Self::Withdrawn(reason)
            | Self::Retry(reason) => reason,
        }
    }

    /// The same, held by `rule`.
    pub(crate) fn under(mut self, rule: Option<Rule>) -> Self {
        if let Self::Hold(reason) | Self::HoldContent(reason) = &mut self {
            reason.rule = rule;
        }
        self
    }

    /// See [`Stop::Wait`].
    pub fn wait(code: &str, message: impl Into<String>) -> Self {
        Self::Wait(Reason::new(code, message))
    }

    /// See [`Stop::Hold`].
    pub fn hold(code: &str, message: impl Into<String>) -> Self {
        Self::Hold(Reason::new(code, message))
    }

    /// See [`Stop::HoldContent`].
    pub fn content(code: &str, message: impl Into<String>) -> Self {
        Self::HoldContent(Reason::new(code, message))
    }

    /// See [`Stop::Fail`].
    pub fn fail(code: &str, message: impl Into<String>) -> Self {
        Self::Fail(Reason::new(code, message))
    }

    /// See [`Stop::Withdrawn`].
    pub fn withdrawn(why: &str) -> Self {
        Self::Withdrawn(Reason::new("withdrawn", why))
    }

    /// See [`Stop::Retry`].
    pub fn retry(code: &str, message: impl Into<String>) -> Self {
        Self::Retry(Reason::new(code, message))
    }
}

#[cfg(test)]
mod tests {
    use super::CODES;

    /// Every file that makes a reason.
    const SOURCES: &[&str] = &[
        include_str!("serve/adopt.rs"),
        include_str!("judge/allowlist.rs"),
        include_str!("serve/attend.rs"),
        include_str!("judge/attested.rs"),
        include_str!("ledger/journal.rs"),
        include_str!("publish/send.rs"),
        include_str!("judge/readiness.rs"),
        include_str!("serve/record.rs"),
        include_str!("judge/release.rs"),
        include_str!("judge/sealed.rs"),
        include_str!("store/mod.rs"),
        include_str!("store/confirm.rs"),
        include_str!("store/failed.rs"),
        include_str!("store/owners.rs"),
        include_str!("store/probe.rs"),
        include_str!("store/versions.rs"),
        include_str!("judge/unattested.rs"),
        include_str!("judge/weskit.rs"),
        include_str!("serve/withdraw.rs"),
    ];

    #[test]
    fn every_code_is_listed_and_used() {
        let makers = [
            "Reason::new",
            "Stop::wait",
            "Stop::hold",
            "Stop::content",
            "Stop::fail",
            "Stop::retry",
        ];
        let mut used = Vec::new();
        for source in SOURCES {
            for maker in makers {
                for call in source.split(&format!("{maker}(")).skip(1) {
                    used.extend(
                        call.trim_start().strip_prefix('"').and_then(|rest| rest.split('"').next()),
                    );
                }
            }
        }
        let listed: Vec<&str> = CODES.iter().map(|(code, _)| *code).collect();
        assert!(listed.is_sorted());
        // Chosen between, then handed over.
        used.extend(["store-denied", "store-refused", "store-unavailable"]);
        used.sort_unstable();
        used.dedup();
        assert_eq!(used, listed);
    }

    #[test]
    fn the_reference_lists_every_code() {
        let page = include_str!("../../docs/reference/crawler.md");
        for (code, meaning) in CODES {
            assert!(page.contains(&format!("| `{code}` | {meaning} |")), "{code}");
        }
    }
}
