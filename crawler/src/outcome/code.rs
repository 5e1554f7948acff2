//! The codes of reasons: the crawler's own, and those of release rules.

use std::fmt::{self, Display};

use serde::{Serialize, Serializer};
use sluice_release::HoldCode;

sluice_protocol::codes! {
    /// What the crawler itself says of a run.
    pub enum Code {
        Adopted = "adopted":
            "published by the script that this crawler replaced"
            => "nothing",
        AllowlistExpired = "allowlist-expired":
            "the set in force has expired, so later revocations may be unheard of"
            => "publish a newer set of the allowlist to this host",
        AllowlistUnavailable = "allowlist-unavailable":
            "no set is in force, so revocations can't be checked"
            => "run `sluice-crawler validate` and mend what it names",
        AttestationInvalid = "attestation-invalid":
            "the attestation isn't signed by a certified node of the job"
            => "look where the file comes from, and whether the node's certificate is in force",
        AttestationMissing = "attestation-missing":
            "the site publishes only attested runs, and nobody attested this one"
            => "run the workflow again with the plugin at work",
        AttestationUnreadable = "attestation-unreadable":
            "the attestation can't be read"
            => "make the spool's file readable for the service account",
        AuditUnwritable = "audit-unwritable":
            "the crawler's audit log can't be written"
            => "make room for it, and check that it is the service account's",
        EndUnknown = "end-unknown":
            "the script succeeded, but Slurm or a node doesn't say that the job did"
            => "look into Slurm how the job ended, or run it again",
        EntryDiffers = "entry-differs":
            "the entry of that set isn't the attested one"
            => "compare the node's set with the published one",
        EntryUnavailable = "entry-unavailable":
            "the run's entry isn't on the allowlist, or not validly signed"
            => "publish the set that the run was admitted under",
        Interfered = "interfered":
            "a signal ended a step, or could have, and the script went on without it"
            => "run it again",
        InternalError = "internal-error":
            "the crawler itself failed at this run"
            => "look for the run in the crawler's log and report it",
        LedgerUnwritable = "ledger-unwritable":
            "the crawler's ledger can't be written"
            => "make room in the state directory, and check that it is the service account's",
        LogContradicts = "log-contradicts":
            "WESkit says that the run failed, the attestation that it succeeded"
            => "look into the run directory; run it again",
        LogUnreadable = "log-unreadable":
            "WESkit's newest log.json is missing or incomplete"
            => "wait for WESkit, or look into its log",
        NameRefused = "name-refused":
            "the file can't be published under its name"
            => "have the workflow name it otherwise, or choose another store for this owner",
        NeedsReview = "needs-review":
            "a rule asks for a person's decision"
            => "let the output checker decide",
        ObjectExists = "object-exists":
            "the store has another object under the run's key"
            => "find out who put it there, and remove it",
        OutputChanged = "output-changed":
            "a file isn't what was attested"
            => "find out who changed the sealed directory; run it again",
        OutputIrregular = "output-irregular":
            "a rule matches something that can't be released: no plain file, too large, too many"
            => "have the workflow write plain files as its entry says",
        OutputMissing = "output-missing":
            "a required output isn't there"
            => "correct the workflow, or its entry",
        OutputUnlisted = "output-unlisted":
            "an attested file matches no rule of the entry"
            => "look at the node: it attested more than its entry lists",
        OutputUnsettled = "output-unsettled":
            "a file of an unattested run was changed just now"
            => "wait",
        PolicyPassed = "policy-passed":
            "published: the machine's rules pass"
            => "nothing",
        RenderUnavailable = "render-unavailable":
            "the program that draws figures is missing, or can't work here"
            => "run `sluice-crawler validate`; it says what is missing",
        Requeued = "requeued":
            "Slurm started the job again; the new start is a run of its own"
            => "nothing",
        Revoked = "revoked":
            "the bundle, the entry, or a key was taken back"
            => "run an approved version again",
        RunFailed = "run-failed":
            "the job failed; nothing is published"
            => "look into the run directory",
        SealedMissing = "sealed-missing":
            "the sealed run directory is gone"
            => "mount it again, or run the workflow again",
        SealedUnreadable = "sealed-unreadable":
            "the sealed run directory can't be read now"
            => "look at the file system and the service account's rights",
        StoreDenied = "store-denied":
            "the store refuses the crawler's keys"
            => "run `sluice-crawler validate`; it names the missing right",
        StoreDiffers = "store-differs":
            "the store has something else than what was sent"
            => "look for what changes objects on their way or in the store",
        StoreRefused = "store-refused":
            "the store takes other objects, and not one of this run"
            => "see the message: a name, a size or a policy that the store doesn't take",
        StoreUnavailable = "store-unavailable":
            "the store doesn't answer"
            => "run `sluice-crawler validate`; look at the server and the way to it",
        Superseded = "superseded":
            "an unattested run was started again in its directory"
            => "nothing",
        Unapproved = "unapproved":
            "the job ran in mode=confine although it would be refused"
            => "submit it again as approved",
        VersionsRemain = "versions-remain":
            "the bucket keeps earlier versions of withdrawn objects readable"
            => "grant s3:DeleteObjectVersion, or wait for the end of their lock",
        Withdrawn = "withdrawn":
            "published, and taken back since"
            => "nothing",
    }
}

impl Code {
    /// Whether it may hold for all runs of a store as well as for one.
    pub(crate) fn is_outage(self) -> bool {
        matches!(self, Self::StoreDenied | Self::StoreRefused | Self::StoreUnavailable)
    }

    /// Whether WESkit's word may be all that is missing.
    pub(crate) fn awaits_log(self) -> bool {
        matches!(self, Self::LogContradicts | Self::LogUnreadable)
    }
}

/// What stands before a reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// The crawler's own.
    Own(Code),
    /// What a file's content is held for.
    Content(HoldCode),
}

impl Cause {
    /// The word for programs.
    pub fn word(self) -> &'static str {
        match self {
            Self::Own(code) => code.word(),
            Self::Content(code) => code.word(),
        }
    }

    /// The one with this word.
    pub fn of(word: &str) -> Option<Self> {
        let content = || HoldCode::of(word).map(Self::Content);
        Code::of(word).map(Self::Own).or_else(content)
    }
}

impl From<Code> for Cause {
    fn from(code: Code) -> Self {
        Self::Own(code)
    }
}

impl From<HoldCode> for Cause {
    fn from(code: HoldCode) -> Self {
        Self::Content(code)
    }
}

impl Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

impl Serialize for Cause {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.word())
    }
}

#[cfg(test)]
mod tests {
    use sluice_protocol::codes::rows;

    use super::*;

    #[test]
    fn the_page_has_every_code() {
        let page = include_str!("../../../docs/reference/crawler.md");
        let row = |code: &Code| format!("| `{code}` | {} | {} |", code.meaning(), code.remedy());
        let stated: Vec<String> = Code::ALL.iter().map(row).collect();
        assert_eq!(rows(page, "## Reasons"), stated);
        assert!(Code::ALL.is_sorted_by_key(|code| code.word()));
    }

    #[test]
    fn no_word_has_two_meanings() {
        assert!(Code::ALL.iter().all(|code| HoldCode::of(code.word()).is_none()));
    }
}
