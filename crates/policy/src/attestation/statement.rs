use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use super::AttestationError;
use crate::digest::Digest;

/// `_type` of an in-toto statement.
pub const STATEMENT_TYPE: &str = "https://in-toto.io/Statement/v1";
/// `predicateType` of Sluice's statements.
pub const PREDICATE_TYPE: &str = "urn:sluice:attestation:v1";

/// An in-toto statement.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Statement {
    /// [`STATEMENT_TYPE`].
    #[serde(rename = "_type")]
    pub statement_type: String,
    /// Each file that an output rule matched.
    pub subject: Vec<Subject>,
    /// [`PREDICATE_TYPE`].
    pub predicate_type: String,
    /// What ran.
    pub predicate: Predicate,
}

/// A file and its digest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Subject {
    /// Path in the run directory.
    pub name: String,
    /// Digest of its content.
    pub digest: Sha256Digest,
}

/// A digest as in-toto writes it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sha256Digest {
    /// 64 lower-case hexadecimal digits.
    pub sha256: String,
}

/// What ran, when, for whom and after whose approval.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Predicate {
    /// Always 1.
    pub format: u32,
    /// Cluster.
    pub cluster: String,
    /// Job id.
    pub job: u32,
    /// How often the job had been requeued.
    pub restart: u32,
    /// Run id.
    pub run_id: String,
    /// Node that signs.
    pub node: String,
    /// Nodes of the job.
    pub nodes: Vec<String>,
    /// User name.
    pub user: String,
    /// User id.
    pub uid: u32,
    /// Refusal code of a job that ran unapproved, in `mode=confine`: nothing of it is released.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub held: Option<String>,
    /// `NAME@VERSION` of the entry.
    pub entry: String,
    /// Digest of the entry file's bytes.
    pub entry_digest: Digest,
    /// Serial of the allowlist that admitted the job.
    pub serial: u64,
    /// Digest of the bundle.
    pub digest: Digest,
    /// Digest of the runtime, if the entry has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub runtime_digest: Option<Digest>,
    /// When the node's copy of the bundle was last hashed.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        with = "crate::time::rfc3339::option"
    )]
    pub bundle_hashed: Option<OffsetDateTime>,
    /// The same of the runtime.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        with = "crate::time::rfc3339::option"
    )]
    pub runtime_hashed: Option<OffsetDateTime>,
    /// Principals whose signatures approved the entry.
    pub signers: Vec<String>,
    /// The drop box.
    pub submitted_run_dir: String,
    /// The sealed run directory.
    pub sealed: String,
    /// When the job was admitted.
    #[serde(with = "crate::time::rfc3339")]
    pub started: OffsetDateTime,
    /// When it had wholly ended.
    #[serde(with = "crate::time::rfc3339")]
    pub ended: OffsetDateTime,
    /// Exit code; 128 + signal when killed.
    pub exit_code: i32,
    /// Slurm's word for the job's state, or `UNKNOWN`.
    pub state: String,
    /// A signal ended a step before the script did, or the owner's signals could not be kept away:
    /// the results may be less than the whole.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub interfered: bool,
    /// Names the user's status file; 32 hexadecimal digits.
    pub status_token: String,
    /// Regular files that an output rule matched.
    pub files: Vec<OutputFile>,
    /// What a rule matched but cannot be released.
    pub irregular: Vec<IrregularFile>,
    /// Head of the node's audit log.
    pub audit_head: AuditHead,
}

/// A file that an output rule matched.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OutputFile {
    /// Path in the run directory.
    pub path: String,
    /// Size.
    pub bytes: u64,
    /// Digest of its content, 64 lower-case hexadecimal digits.
    pub sha256: String,
    /// Position of the rule in the entry, from 0.
    pub rule: usize,
}

/// Something that an output rule matched and that is no readable, settled regular file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IrregularFile {
    /// Path in the run directory.
    pub path: String,
    /// `symlink`, `fifo`, …, `unreadable` or `changed`.
    pub what: String,
}

/// Where an audit log stood.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AuditHead {
    /// Sequence number of its last line.
    pub seq: u64,
    /// Hash of its last line, 64 hexadecimal digits.
    pub hash: String,
}

impl Statement {
    /// A statement about the files of `predicate`.
    pub fn new(predicate: Predicate) -> Self {
        let subject = predicate.files.iter().map(Subject::of).collect();
        Self {
            statement_type: STATEMENT_TYPE.into(),
            subject,
            predicate_type: PREDICATE_TYPE.into(),
            predicate,
        }
    }

    /// The bytes to seal.
    pub fn to_bytes(&self) -> Result<Vec<u8>, AttestationError> {
        serde_json::to_vec(self).map_err(|error| AttestationError::Malformed(error.to_string()))
    }

    /// Reads a statement and checks what its fields say about each other.
    pub(super) fn parse(bytes: &[u8]) -> Result<Self, AttestationError> {
        let statement: Self = serde_json::from_slice(bytes)
            .map_err(|error| AttestationError::Malformed(error.to_string()))?;
        statement.check()?;
        Ok(statement)
    }

    fn check(&self) -> Result<(), AttestationError> {
        let predicate = &self.predicate;
        let contradiction = |why| Err(AttestationError::Contradiction(why));
        if self.statement_type != STATEMENT_TYPE
            || self.predicate_type != PREDICATE_TYPE
            || predicate.format != 1
        {
            return Err(AttestationError::Malformed("its type or format is another one".into()));
        }
        if !predicate.nodes.contains(&predicate.node) {
            return contradiction("the signing node is not one of the job's");
        }
        if predicate.ended < predicate.started {
            return contradiction("it ended before it started");
        }
        if !self.subject.iter().eq(predicate
            .files
            .iter()
            .map(Subject::of)
            .collect::<Vec<_>>()
            .iter())
        {
            return contradiction("its subjects are not its files");
        }
        Ok(())
    }
}

impl Subject {
    fn of(file: &OutputFile) -> Self {
        Self { name: file.path.clone(), digest: Sha256Digest { sha256: file.sha256.clone() } }
    }
}
