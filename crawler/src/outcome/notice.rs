//! What a run's owner learns of it before any release.
//!
//! Before a release everything that a job chose is a way out for the data: a row's number as much as
//! a file's name, how many rules fail, or which of twenty things is wrong with a table. So a notice
//! can only be made of text that is in this file and of the first rule that stops the run. What a
//! reviewer sees is the [`Reason`] itself, which nothing here passes on.

use serde::{Serialize, Serializer, ser::SerializeMap};
use sluice_policy::entry::Rule;

use super::{
    code::{Cause, Code},
    state::State,
    stop::Reason,
};

/// What the owner of a run may know of why it is where it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    code: Option<OwnerCode>,
    rule: Option<Rule>,
}

sluice_protocol::codes! {
    /// What owners read, with what to do. None of them depends on what a result says.
    pub enum OwnerCode {
        Adopted = "adopted": "published by the script that this crawler replaced",
        AllowlistExpired = "allowlist-expired":
            "the site's allowlist has expired; it goes on once a newer one is in force",
        AttestationInvalid = "attestation-invalid":
            "the run's attestation doesn't count: ask the administrator",
        AttestationMissing = "attestation-missing": "nobody attested the run: ask the administrator",
        AttestationUnreadable = "attestation-unreadable":
            "the run's attestation can't be read: ask the administrator",
        EndUnknown = "end-unknown":
            "nobody can say how the job ended: ask the administrator, or run it again",
        EntryDiffers = "entry-differs":
            "the workflow's approval isn't the one it ran under: ask the data controller",
        EntryUnavailable = "entry-unavailable":
            "the workflow's approval can't be found: ask the data controller",
        Interfered = "interfered": "a signal ended a step of the job before its time: run it again",
        InternalError = "internal-error":
            "the crawler itself failed at this run: ask the administrator",
        LogContradicts = "log-contradicts":
            "WESkit's log.json says that the run failed: look into the run directory",
        LogUnreadable = "log-unreadable": "WESkit's newest log.json is missing or incomplete",
        NeedsReview = "needs-review":
            "its results wait for a person's decision: ask the output checker",
        ObjectExists = "object-exists":
            "the store has another object under the run's key: ask the administrator",
        OutputChanged = "output-changed": "a result isn't what was attested: ask the administrator",
        OutputRefused = "output-refused":
            "a result isn't what the entry lets out: try the workflow on stand-in data, or ask the output checker",
        PolicyPassed = "policy-passed": "",
        Requeued = "requeued":
            "Slurm started the job again; the new start is a run of its own",
        Revoked = "revoked": "the workflow, its approval or a key was taken back",
        RunFailed = "run-failed": "the job failed; nothing is published",
        SealedMissing = "sealed-missing":
            "the sealed run directory is missing: ask the administrator",
        SiteUnavailable = "site-unavailable":
            "a part of the site doesn't answer; it is tried again",
        Unapproved = "unapproved":
            "the job ran on trial and would be refused; submit it again as approved",
        Withdrawn = "withdrawn": "taken back; tombstone.json in the store says why",
    }
}

impl OwnerCode {
    /// That of a reason which owners may know; none where it depends on what the job left, or on what
    /// a server or a disk said.
    fn for_reason(code: Code) -> Option<Self> {
        Some(match code {
            Code::Adopted => Self::Adopted,
            Code::AllowlistExpired => Self::AllowlistExpired,
            Code::AttestationInvalid => Self::AttestationInvalid,
            Code::AttestationMissing => Self::AttestationMissing,
            Code::AttestationUnreadable => Self::AttestationUnreadable,
            Code::EndUnknown => Self::EndUnknown,
            Code::EntryDiffers => Self::EntryDiffers,
            Code::EntryUnavailable => Self::EntryUnavailable,
            Code::Interfered => Self::Interfered,
            Code::InternalError => Self::InternalError,
            Code::LogContradicts => Self::LogContradicts,
            Code::LogUnreadable => Self::LogUnreadable,
            Code::NeedsReview => Self::NeedsReview,
            Code::ObjectExists => Self::ObjectExists,
            Code::OutputChanged => Self::OutputChanged,
            Code::PolicyPassed => Self::PolicyPassed,
            Code::Requeued => Self::Requeued,
            Code::Revoked => Self::Revoked,
            Code::RunFailed => Self::RunFailed,
            Code::SealedMissing => Self::SealedMissing,
            Code::Unapproved => Self::Unapproved,
            Code::Withdrawn => Self::Withdrawn,
            Code::AllowlistUnavailable
            | Code::AuditUnwritable
            | Code::LedgerUnwritable
            | Code::NameRefused
            | Code::OutputIrregular
            | Code::OutputMissing
            | Code::OutputUnlisted
            | Code::OutputUnsettled
            | Code::RenderUnavailable
            | Code::SealedUnreadable
            | Code::StoreDenied
            | Code::StoreDiffers
            | Code::StoreRefused
            | Code::StoreUnavailable
            | Code::Superseded
            | Code::VersionsRemain => return None,
        })
    }
}

impl Notice {
    /// What the owner of a run in `state` may know of `reason`.
    pub fn new(state: State, reason: &Reason) -> Self {
        let waits = matches!(state, State::Seen | State::Publishing);
        let known = match reason.cause {
            Some(Cause::Own(code)) => OwnerCode::for_reason(code),
            _ => None,
        };
        let code = match known {
            None if waits && reason.cause.is_none() => None,
            None if waits || reason.is(Code::StoreRefused) => Some(OwnerCode::SiteUnavailable),
            // It stops a run with this, whatever is or isn't there.
            None if reason.rule.as_ref().is_some_and(Rule::needs_review) => {
                Some(OwnerCode::NeedsReview)
            }
            None => Some(OwnerCode::OutputRefused),
            known => known,
        };
        let ruled = matches!(code, Some(OwnerCode::NeedsReview | OwnerCode::OutputRefused));
        Self { code, rule: reason.rule.clone().filter(|_| ruled) }
    }

    /// The word for where the run stands. A start that another one follows has not failed.
    pub fn state(&self, state: State) -> &'static str {
        match state {
            State::Failed if self.code == Some(OwnerCode::Requeued) => "waiting",
            State::Seen | State::Publishing => "waiting",
            State::Held => "held",
            State::Published => "published",
            State::Failed => "failed",
            State::Withdrawing | State::Withdrawn => "withdrawn",
        }
    }

    /// The code's word; empty as long as nothing is known.
    pub fn code(&self) -> &'static str {
        self.code.map_or("", OwnerCode::word)
    }
}

impl Serialize for Notice {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let advice = self.code.map_or("", OwnerCode::meaning);
        let message = match &self.rule {
            Some(rule) => &format!("{rule}: {advice}"),
            None => advice,
        };
        let mut map = serializer.serialize_map(Some(2))?;
        map.serialize_entry("code", self.code())?;
        map.serialize_entry("message", message)?;
        map.end()
    }
}

#[cfg(test)]
mod tests {
    use sluice_protocol::codes::rows;

    use super::*;

    #[test]
    fn the_page_has_every_code() {
        let page = include_str!("../../../docs/reference/crawler.md");
        let row = |code: &OwnerCode| format!("| `{code}` | {} |", code.meaning());
        // The state says it all.
        let told = OwnerCode::ALL.iter().filter(|code| **code != OwnerCode::PolicyPassed);
        assert_eq!(rows(page, "## What the owner reads"), told.map(row).collect::<Vec<_>>());
        assert!(OwnerCode::ALL.is_sorted_by_key(|code| code.word()));
    }

    #[test]
    fn what_owners_may_know_has_the_same_word_for_them() {
        for &code in Code::ALL {
            assert!(OwnerCode::for_reason(code).is_none_or(|owner| owner.word() == code.word()));
        }
    }
}
