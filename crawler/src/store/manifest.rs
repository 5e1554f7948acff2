//! manifest.json: its presence in the store means that the run is complete there.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sluice_policy::attestation::Basis;
use sluice_release::Outcome;

use crate::judge::{
    ended::{EndedRun, ResultFile},
    release::Disclosure,
};

/// A manifest, as written and as read back.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Manifest {
    format: u32,
    /// Which run it is.
    pub run_id: String,
    entry: String,
    /// Digest of the bundle.
    pub digest: String,
    serial: u64,
    state: String,
    /// When it was published.
    pub published: String,
    files: Vec<File>,
    attestation: Option<String>,
}

#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    path: String,
    bytes: u64,
    sha256: String,
    key: String,
    /// What was checked of a table's numbers; none in manifests of earlier versions.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    disclosure: Vec<Outcome>,
}

impl Manifest {
    /// Of a run, with the time that it carries. Keys are relative to the store's prefix.
    fn new(run: &EndedRun, disclosure: &Disclosure, owner: &str, published: &str) -> Self {
        let (run_id, Basis { entry, digest, serial, .. }) = (&run.run_id, &run.basis);
        let file = |file: &ResultFile| File {
            path: file.path.clone(),
            bytes: file.bytes,
            sha256: file.digest.hex(),
            key: format!("{owner}/{run_id}/{}", file.path),
            disclosure: disclosure.get(&file.path).cloned().unwrap_or_default(),
        };
        Self {
            format: 1,
            run_id: run_id.clone(),
            entry: entry.clone(),
            digest: digest.to_string(),
            serial: *serial,
            state: run.release_state().to_owned(),
            published: published.to_owned(),
            files: run.files.iter().map(file).collect(),
            attestation: run.attestation().map(|_| "attestation.json".to_owned()),
        }
    }

    /// What was checked of its files.
    pub fn disclosure(&self) -> Disclosure {
        self.files.iter().map(|file| (file.path.clone(), file.disclosure.clone())).collect()
    }

    /// Reads one back; none where it is anything else.
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        serde_json::from_slice(bytes).ok().filter(|found: &Self| found.format == 1)
    }

    /// Whether it is that of a run, as its attestation has it, whatever was checked of its files.
    pub fn is_of(&self, run: &EndedRun, owner: &str) -> bool {
        *self == Self::new(run, &self.disclosure(), owner, &self.published)
    }
}

/// The manifest's bytes: the same for the same run and `published` time.
pub fn manifest(run: &EndedRun, disclosure: &Disclosure, owner: &str, published: &str) -> Vec<u8> {
    let manifest = json!(Manifest::new(run, disclosure, owner, published));
    format!("{manifest:#}\n").into_bytes()
}

/// The time that a manifest carries.
pub fn published(manifest: &[u8]) -> Option<String> {
    let value: Value = serde_json::from_slice(manifest).ok()?;
    Some(value.get("published")?.as_str()?.to_owned())
}
