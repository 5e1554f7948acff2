//! manifest.json: its presence in the store means that the run is complete there.

use serde::Serialize;
use serde_json::{Value, json};
use sluice_policy::attestation::Predicate;

use crate::attested::Attested;

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct Manifest<'a> {
    format: u32,
    run_id: &'a str,
    entry: &'a str,
    digest: String,
    serial: u64,
    state: &'static str,
    published: &'a str,
    files: Vec<File<'a>>,
    attestation: Option<&'static str>,
}

#[derive(Serialize)]
struct File<'a> {
    path: &'a str,
    bytes: u64,
    sha256: String,
    key: String,
}

/// The manifest's bytes: the same for the same run and `published` time. Keys are relative to the
/// store's prefix.
pub fn manifest(run: &Attested, owner: &str, published: &str) -> Vec<u8> {
    let Predicate { run_id, entry, digest, serial, .. } = &run.predicate;
    let files = run.files.iter().map(|file| File {
        path: &file.path,
        bytes: file.bytes,
        sha256: file.digest.hex(),
        key: format!("{owner}/{run_id}/{}", file.path),
    });
    let manifest = json!(Manifest {
        format: 1,
        run_id,
        entry,
        digest: digest.to_string(),
        serial: *serial,
        state: run.release_state(),
        published,
        files: files.collect(),
        attestation: run.attestation().map(|_| "attestation.json"),
    });
    format!("{manifest:#}\n").into_bytes()
}

/// The time that a manifest carries.
pub fn published(manifest: &[u8]) -> Option<String> {
    let value: Value = serde_json::from_slice(manifest).ok()?;
    Some(value.get("published")?.as_str()?.to_owned())
}
