use std::{collections::BTreeMap, fs, os::unix::fs::symlink, path::Path};

use sluice_policy::{
    digest::Digest,
    index::Index,
    set::{INDEX, signature_file},
};
use time::{Duration, OffsetDateTime};

use crate::{Keys, NOW};

/// An allowlist set in the making; whoever signs has a key by the name of the principal.
#[derive(Clone)]
pub struct Draft {
    /// Its number.
    pub serial: u64,
    /// The end of its validity, which begins 30 days before.
    pub expires: OffsetDateTime,
    /// Its files with their signatures, without the index.
    pub files: BTreeMap<String, Vec<u8>>,
}

impl Draft {
    /// An empty set that is valid for ten days yet, at [`NOW`].
    pub fn new(serial: u64) -> Self {
        Self { serial, expires: NOW + Duration::days(10), files: BTreeMap::new() }
    }

    /// Adds a file with the signatures of these principals.
    pub fn add(&mut self, keys: &Keys, file: &str, text: &str, principals: &[&str]) {
        for principal in principals {
            let signature = keys.sign(principal, "sluice-entry@v1", text.as_bytes());
            self.files.insert(signature_file(file, principal), signature);
        }
        self.files.insert(file.into(), text.into());
    }

    /// Writes the set below the directory `allowlist`, with an index that the principal signs, and
    /// points `current` to it.
    pub fn publish(&self, keys: &Keys, principal: &str, allowlist: &Path) {
        let place = format!("sets/{}", self.serial);
        let set = allowlist.join(&place);
        let digests = self.files.iter().map(|(name, bytes)| (name.clone(), Digest::of(bytes)));
        let index = Index {
            format: 1,
            serial: self.serial,
            issued: self.expires - Duration::days(30),
            expires: self.expires,
            files: digests.collect(),
        };
        let index = index.to_toml().unwrap();
        let signature = keys.sign(principal, "sluice-index@v1", index.as_bytes());
        for (name, bytes) in &self.files {
            write(&set.join(name), bytes);
        }
        write(&set.join(INDEX), index.as_bytes());
        write(&set.join(signature_file(INDEX, principal)), &signature);
        point_to(allowlist, &place);
    }
}

/// Points `current` to what shall be in force.
pub fn point_to(allowlist: &Path, set: &str) {
    let current = allowlist.join("current");
    let _ = fs::remove_file(&current);
    symlink(set, current).unwrap();
}

/// Writes a file and makes the directories above it.
pub fn write(path: &Path, bytes: &[u8]) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, bytes).unwrap();
}
