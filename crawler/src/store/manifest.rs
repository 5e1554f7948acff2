//! manifest.json: its presence in the store means that the run is complete there.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sluice_policy::{attestation::Basis, digest::Digest};
use sluice_release::Outcome;

use crate::{
    judge::{
        ended::{EndedRun, ResultFile},
        released::Released,
    },
    key,
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

/// A file as it was published.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct File {
    path: String,
    bytes: u64,
    sha256: String,
    key: String,
    /// What was checked of a table's numbers; none in manifests of earlier versions.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    disclosure: Vec<Outcome>,
    /// The figure in whose place a picture was published.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    rendered_from: Option<Figure>,
}

/// A figure that wasn't published, as it was attested.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Figure {
    path: String,
    bytes: u64,
    sha256: String,
}

impl Figure {
    fn of(ResultFile { path, bytes, digest }: &ResultFile) -> Self {
        Self { path: path.clone(), bytes: *bytes, sha256: digest.hex() }
    }
}

impl Manifest {
    /// Of a run with these files, with the time that it carries. Keys are relative to the store's prefix.
    fn new(run: &EndedRun, files: Vec<File>, owner: &str, published: &str) -> Self {
        let (run_id, Basis { entry, digest, serial, .. }) = (&run.run_id, &run.basis);
        let at = |file: File| File { key: format!("{owner}/{run_id}/{}", file.path), ..file };
        Self {
            format: 1,
            run_id: run_id.clone(),
            entry: entry.clone(),
            digest: digest.to_string(),
            serial: *serial,
            state: run.release_state().to_owned(),
            published: published.to_owned(),
            files: files.into_iter().map(at).collect(),
            attestation: run.attestation().map(|_| "attestation.json".to_owned()),
        }
    }

    /// Reads one back; none where it is anything else.
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        serde_json::from_slice(bytes).ok().filter(|found: &Self| found.format == 1)
    }

    /// Whether it is that of a run, as its attestation has it, whatever was checked of its files and
    /// however its pictures were drawn.
    pub fn is_of(&self, run: &EndedRun, owner: &str) -> bool {
        let files = run.files.iter().zip(&self.files).map(|(file, stated)| stated.of(file));
        self.files.len() == run.files.len()
            && *self == Self::new(run, files.collect(), owner, &self.published)
    }

    /// The files that it names, in the order of the run's; none where one's digest is no digest.
    pub(crate) fn files(&self) -> Option<Vec<ResultFile>> {
        let file = |File { path, bytes, sha256, .. }: &File| {
            let digest = Digest::from_hex(sha256).ok()?;
            Some(ResultFile { path: path.clone(), bytes: *bytes, digest })
        };
        self.files.iter().map(file).collect()
    }

    /// Its bytes: the same for the same run, files and time.
    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        format!("{:#}\n", json!(self)).into_bytes()
    }
}

impl File {
    /// As it leaves now.
    fn leaving(Released { file, disclosure, drawn, .. }: &Released) -> Self {
        let ResultFile { path, bytes, digest } = file;
        Self {
            path: path.clone(),
            bytes: *bytes,
            sha256: digest.hex(),
            key: String::new(),
            disclosure: disclosure.clone(),
            rendered_from: drawn.as_ref().map(|drawn| Figure::of(&drawn.from)),
        }
    }

    /// What this file would have to be to stand for a file of the run.
    fn of(&self, file: &ResultFile) -> Self {
        let Figure { path, bytes, sha256 } = Figure::of(file);
        let (path, bytes, sha256, rendered_from) = match self.rendered_from {
            None => (path, bytes, sha256, None),
            Some(_) => (
                key::picture(&path),
                self.bytes,
                self.sha256.clone(),
                Some(Figure { path, bytes, sha256 }),
            ),
        };
        let disclosure = self.disclosure.clone();
        Self { path, bytes, sha256, key: String::new(), disclosure, rendered_from }
    }
}

/// The manifest of what leaves of a run.
pub fn manifest(run: &EndedRun, released: &[Released], owner: &str, published: &str) -> Manifest {
    let files = released.iter().map(File::leaving).collect();
    Manifest::new(run, files, owner, published)
}

/// The time that a manifest carries.
pub fn published(manifest: &[u8]) -> Option<String> {
    let value: Value = serde_json::from_slice(manifest).ok()?;
    Some(value.get("published")?.as_str()?.to_owned())
}
