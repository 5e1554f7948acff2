use serde::{Deserialize, Serialize};

use super::{AttestationError, Basis, End, Run};

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
    /// The job.
    #[serde(flatten)]
    pub run: Run,
    /// What it rests on.
    #[serde(flatten)]
    pub basis: Basis,
    /// How it ended.
    #[serde(flatten)]
    pub end: End,
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
        if !predicate.run.nodes.contains(&predicate.run.node) {
            return contradiction("the signing node is not one of the job's");
        }
        if predicate.end.ended < predicate.run.started {
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

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    /// As release 0.1.0 wrote them.
    const OLDER: [&str; 2] =
        [include_str!("fixtures/whole.json"), include_str!("fixtures/held.json")];

    #[test]
    fn older_statements_are_read_and_nothing_of_them_is_lost() {
        for text in OLDER {
            let statement = Statement::parse(text.as_bytes()).unwrap();
            let (again, before): (Value, Value) = (
                serde_json::from_slice(&statement.to_bytes().unwrap()).unwrap(),
                serde_json::from_str(text).unwrap(),
            );
            assert_eq!(again, before);
        }
    }

    #[test]
    fn every_key_is_known_once_and_only_optional_ones_may_be_missing() {
        let whole: Value = serde_json::from_str(OLDER[0]).unwrap();
        let parse = |value: &Value| Statement::parse(value.to_string().as_bytes());
        let keys: Vec<String> = whole["predicate"].as_object().unwrap().keys().cloned().collect();
        let optional = ["runtime-digest", "bundle-hashed", "runtime-hashed", "interfered"];
        for key in &keys {
            let mut less = whole.clone();
            less["predicate"].as_object_mut().unwrap().remove(key);
            assert_eq!(parse(&less).is_ok(), optional.contains(&key.as_str()), "{key}");
            let twice = format!("\"predicate\":{{\"{key}\":{},", whole["predicate"][key]);
            let twice = OLDER[0].replacen("\"predicate\":{", &twice, 1);
            assert!(Statement::parse(twice.as_bytes()).is_err(), "{key} twice");
        }
        let mut more = whole.clone();
        more["predicate"]["another"] = json!(1);
        assert!(parse(&more).is_err());
    }

    #[test]
    fn an_image_is_named_by_a_file_system_that_may_be_one() {
        for (word, known) in [("squashfs", true), ("erofs", true), ("ext4", false), ("", false)] {
            for key in ["bundle-image", "runtime-image"] {
                let mut whole: Value = serde_json::from_str(OLDER[0]).unwrap();
                whole["predicate"][key] = json!(word);
                let parsed = Statement::parse(whole.to_string().as_bytes());
                assert_eq!(parsed.is_ok(), known, "{key} {word}");
            }
        }
    }
}
