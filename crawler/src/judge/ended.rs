//! A run that has ended, by a node's signed word or by nobody's.

use std::path::PathBuf;

use sluice_policy::{
    attestation::{Basis, End, IrregularFile, OutputFile, Run},
    digest::Digest,
};
use time::OffsetDateTime;

use crate::{
    key,
    ledger::Identity,
    outcome::{Code, Stop},
};

/// What is judged, and published.
pub struct EndedRun {
    /// Name of its results.
    pub run_id: String,
    /// Whose it is.
    pub user: String,
    /// What it rests on.
    pub basis: Basis,
    /// The run directory that its user sees.
    pub run_dir: PathBuf,
    /// Where its results are.
    pub sealed: PathBuf,
    /// When it had ended, or was found to have.
    pub ended: OffsetDateTime,
    /// Its files.
    pub files: Vec<ResultFile>,
    /// What a rule matches and is no plain file.
    pub irregular: Vec<IrregularFile>,
    /// Who says so.
    pub source: Source,
}

/// Whose word a run is taken on.
pub enum Source {
    /// The node's that admitted it.
    Attested(Box<Attestation>),
    /// Nobody's: WESkit's log, in a place that the run's user can write.
    Unattested,
}

/// A verified attestation, as far as it says more than is known of every run.
pub struct Attestation {
    /// The file as it was found; published as attestation.json.
    pub bytes: Vec<u8>,
    /// Fingerprint of the node's key.
    pub node_key: String,
    /// The job.
    pub run: Run,
    /// How it ended.
    pub end: End,
}

/// A result and what it was when the run ended.
#[derive(Clone, Debug)]
pub struct ResultFile {
    /// Path below the run directory.
    pub path: String,
    /// Length.
    pub bytes: u64,
    /// Digest.
    pub digest: Digest,
}

impl EndedRun {
    /// The attestation, if there is one.
    pub fn attestation(&self) -> Option<&Attestation> {
        match &self.source {
            Source::Attested(attestation) => Some(attestation),
            Source::Unattested => None,
        }
    }

    /// What a publication of this run is called.
    pub fn release_state(&self) -> &'static str {
        match self.source {
            Source::Attested(_) => "policy-passed",
            Source::Unattested => "unattested",
        }
    }

    /// When its entry had to stand: as it was admitted, which of an unattested run nobody saw.
    pub fn admitted(&self) -> OffsetDateTime {
        self.attestation().map_or(self.ended, |it| it.run.started)
    }

    /// Whose and which run it is. Nobody told the owner of an unattested run a status file's name.
    pub fn identity(&self) -> Identity {
        Identity {
            run_id: self.run_id.clone(),
            owner: key::component(&self.user),
            token: self.attestation().map(|it| it.run.status_token.clone()).unwrap_or_default(),
            digest: self.basis.digest.to_string(),
        }
    }
}

impl ResultFile {
    /// A file as a statement lists it.
    pub fn new(file: &OutputFile) -> Result<Self, Stop> {
        let digest = Digest::from_hex(&file.sha256).map_err(|error| {
            Stop::hold(Code::AttestationInvalid, format!("the attestation doesn't count: {error}"))
        })?;
        Ok(Self { path: file.path.clone(), bytes: file.bytes, digest })
    }
}
