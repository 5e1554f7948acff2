//! What the crawler has left: in its ledger, its log, the status files and the store.

use std::{collections::BTreeMap, fs};

use futures_util::TryStreamExt;
use object_store::{ObjectStore, ObjectStoreExt};
use serde_json::Value;
use sluice_crawler::{
    ledger::{Reader, Row},
    outcome::State,
};
use sluice_policy::digest::Digest;

use super::{World, block_on, run::spooled};

impl World {
    /// What the ledger says of a job.
    pub(crate) fn stands(&self, job: u32) -> Row {
        let name = spooled(job);
        let entries = Reader::open(&self.at("state")).unwrap().all().unwrap();
        entries.into_iter().find(|entry| entry.name == name).unwrap()
    }

    pub(crate) fn status(&self, job: u32) -> Value {
        let bytes = fs::read(self.at(&format!("status/{job:032x}.json"))).unwrap();
        serde_json::from_slice(&bytes).unwrap()
    }

    pub(crate) fn audit(&self) -> Vec<Value> {
        let text = fs::read_to_string(self.at("state/audit.jsonl")).unwrap();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// Keys and contents of everything in the store.
    pub(crate) fn published(&self) -> BTreeMap<String, Vec<u8>> {
        block_on(async {
            let metas: Vec<_> = self.objects.list(None).try_collect().await.unwrap();
            let mut all = BTreeMap::new();
            for meta in metas {
                let bytes = self.objects.get(&meta.location).await.unwrap().bytes().await.unwrap();
                all.insert(meta.location.to_string(), bytes.to_vec());
            }
            all
        })
    }

    /// Whether a job's run is in the store, complete and as attested.
    pub(crate) fn is_complete(&self, run_id: &str) -> bool {
        let prefix = format!("pre/fix/alice/{run_id}/");
        let published = self.published();
        let Some(manifest) = published.get(&format!("{prefix}manifest.json")) else { return false };
        let manifest: Value = serde_json::from_slice(manifest).unwrap();
        for file in manifest["files"].as_array().unwrap() {
            let key = format!("pre/fix/{}", file["key"].as_str().unwrap());
            let bytes = published.get(&key).unwrap_or_else(|| panic!("{key} is missing"));
            assert_eq!(Digest::of(bytes).hex(), file["sha256"].as_str().unwrap());
        }
        assert!(published.contains_key(&format!("{prefix}attestation.json")));
        true
    }
}

/// Asserts that a job is held for `code`, and that nothing of it is in the store.
pub(crate) fn assert_held(world: &World, job: u32, code: &str) {
    let entry = world.stands(job);
    assert_eq!((entry.state, entry.reason.code()), (State::Held, code), "{entry:?}");
    assert!(world.published().is_empty(), "{:?}", world.published().keys());
}
