//! One attestation out of the spool, believed for its signature alone.

use std::{io, os::unix::ffi::OsStrExt, path::Path};

use rustix::fs::OFlags;
use sluice_policy::{
    attestation::{Envelope, OutputFile, Predicate},
    digest::Digest,
};
use sluice_site::{record::run_id, shared::spooled_job};
use sluice_sys::{
    beneath::{open_beneath, open_dir},
    jobs::Incarnation,
    read_limited,
};
use ssh_key::PublicKey;
use time::OffsetDateTime;

use crate::{config::Config, ledger::Identity, outcome::Stop, publish::key};

/// Upper bound of an attestation, in bytes.
const MAX_ATTESTATION: usize = 64 << 20;

/// A verified attestation.
pub struct Attested {
    /// The file as it was found; published as attestation.json. Empty where the site does without.
    pub bytes: Vec<u8>,
    /// What it says.
    pub predicate: Predicate,
    /// Its files.
    pub files: Vec<AttestedFile>,
    /// Fingerprint of the node's key.
    pub node_key: String,
}

/// A result and what it was when the job ended.
#[derive(Clone, Debug)]
pub struct AttestedFile {
    /// Path below the run directory.
    pub path: String,
    /// Length.
    pub bytes: u64,
    /// Digest.
    pub digest: Digest,
}

impl Attested {
    /// Reads and verifies the spool's file `name`, and that it speaks about what its name says.
    pub fn read(
        config: &Config,
        ca: &PublicKey,
        name: &str,
        now: OffsetDateTime,
    ) -> Result<Self, Stop> {
        let bytes = read(config, name).map_err(|error| {
            Stop::hold("attestation-unreadable", format!("the attestation can't be read: {error}"))
        })?;
        Self::verify(config, ca, name, bytes, now)
    }

    /// Verifies what was spooled as `name`.
    pub fn verify(
        config: &Config,
        ca: &PublicKey,
        name: &str,
        bytes: Vec<u8>,
        now: OffsetDateTime,
    ) -> Result<Self, Stop> {
        let envelope = Envelope::parse(&bytes).map_err(invalid)?;
        let statement = envelope.open(ca, now).map_err(invalid)?;
        let predicate = statement.predicate;
        let own =
            spooled_job(name, &config.site.cluster).ok_or_else(|| invalid("its name is none"))?;
        check(config, own, &predicate)?;
        let files = predicate.files.iter().map(AttestedFile::new).collect::<Result<_, _>>()?;
        let node_key = envelope.signatures.into_iter().map(|signature| signature.keyid).collect();
        Ok(Self { bytes, predicate, files, node_key })
    }

    /// The attestation's file; none where nobody attested the run.
    pub fn attestation(&self) -> Option<&[u8]> {
        (!self.bytes.is_empty()).then_some(self.bytes.as_slice())
    }

    /// What a publication of this run is called.
    pub fn release_state(&self) -> &'static str {
        if self.attestation().is_some() { "policy-passed" } else { "unattested" }
    }

    /// Whose and which run it is.
    pub fn identity(&self) -> Identity {
        Identity {
            run_id: self.predicate.run_id.clone(),
            owner: key::component(&self.predicate.user),
            token: self.predicate.status_token.clone(),
            digest: self.predicate.digest.to_string(),
        }
    }
}

impl AttestedFile {
    /// A file as a statement lists it.
    pub fn new(file: &OutputFile) -> Result<Self, Stop> {
        let digest = Digest::from_hex(&file.sha256).map_err(invalid)?;
        Ok(Self { path: file.path.clone(), bytes: file.bytes, digest })
    }
}

fn read(config: &Config, name: &str) -> io::Result<Vec<u8>> {
    let file = open_beneath(open_dir(&config.spool)?, name.as_ref(), OFlags::RDONLY)?;
    read_limited(file, MAX_ATTESTATION)
}

/// A certified node may speak about its own runs, in the places that this site keeps them.
fn check(config: &Config, own: Incarnation, run: &Predicate) -> Result<(), Stop> {
    if run.cluster != config.site.cluster || (run.job, run.restart) != (own.job, own.restart) {
        return Err(invalid("it speaks about another job than its name"));
    }
    if Path::new(&run.sealed) != config.site.sealed_run(own) {
        return Err(invalid("its sealed directory is not the job's"));
    }
    let name = Path::new(&run.submitted_run_dir).file_name().unwrap_or_default();
    if run.run_id != run_id(name.as_bytes(), &run.cluster, own) {
        return Err(invalid("its run id is not that of its run directory and job"));
    }
    if matches!(run.user.as_str(), "" | "." | "..") {
        return Err(invalid("its user has no name"));
    }
    Ok(())
}

fn invalid(why: impl std::fmt::Display) -> Stop {
    Stop::hold("attestation-invalid", format!("the attestation doesn't count: {why}"))
}
