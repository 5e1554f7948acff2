//! Attestations: what ran, and the digest of everything it may release.
//!
//! An in-toto statement in a DSSE envelope, signed by the node's key, which the cluster's key
//! certifies as that of the node.

mod envelope;
mod run;
mod state;
mod statement;

pub use envelope::{Envelope, EnvelopeSignature, PAYLOAD_TYPE, sign};
pub use run::{Basis, End, Run};
pub use state::JobState;
pub use statement::{
    AuditHead, IrregularFile, OutputFile, PREDICATE_TYPE, Predicate, STATEMENT_TYPE, Sha256Digest,
    Statement, Subject,
};

/// Why an attestation does not count, or cannot be made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AttestationError {
    /// Larger than 64 MiB.
    #[error("the attestation is larger than 64 MiB")]
    TooLarge,
    /// Not a DSSE envelope with one signature over an in-toto statement of Sluice's form.
    #[error("the attestation cannot be read: {0}")]
    Malformed(String),
    /// A key of another type.
    #[error("{0} must be an Ed25519 key")]
    KeyType(&'static str),
    /// The certificate cannot be read or does not certify this node.
    #[error("the node's certificate does not hold: {0}")]
    Certificate(&'static str),
    /// The signature does not fit.
    #[error("the attestation's signature does not fit: it was altered or signed by another key")]
    Signature,
    /// A statement that contradicts itself or its certificate.
    #[error("the attestation contradicts itself: {0}")]
    Contradiction(&'static str),
}
