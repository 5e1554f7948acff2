use std::{fs, os::unix::fs::PermissionsExt, path::PathBuf};

use tempfile::TempDir;
use time::{OffsetDateTime, macros::datetime};

use crate::{Draft, Keys, is_root};

/// The time at which these tests live.
pub const NOW: OffsetDateTime = datetime!(2026-07-01 12:00 UTC);

/// A temporary root directory with an /etc/sluice, and the keys of a few people.
pub struct Host {
    /// What takes it away in the end.
    pub dir: TempDir,
    /// Everybody's keys.
    pub keys: Keys,
    signers: String,
}

impl Host {
    /// Two controllers and an admin; none where the test is left out for want of root.
    pub fn new() -> Option<Self> {
        if !is_root() {
            return None;
        }
        let dir = tempfile::tempdir_in("/run").unwrap();
        fs::set_permissions(dir.path(), PermissionsExt::from_mode(0o755)).unwrap();
        for place in ["etc/sluice/allowlist/sets", "keys"] {
            fs::create_dir_all(dir.path().join(place)).unwrap();
        }
        let keys = Keys::below(dir.path().join("keys"));
        let mut host = Self { dir, keys, signers: String::new() };
        host.key("controller@lab", "namespaces=\"sluice-entry@v1\"");
        host.key("second@lab", "namespaces=\"sluice-entry@v1\"");
        host.key("admin@lab", "namespaces=\"sluice-index@v1\"");
        Some(host)
    }

    /// Its /etc/sluice.
    pub fn etc(&self) -> PathBuf {
        self.dir.path().join("etc/sluice")
    }

    /// Its published sets.
    pub fn allowlist(&self) -> PathBuf {
        self.etc().join("allowlist")
    }

    /// Makes a key and lists it in allowed_signers.
    pub fn key(&mut self, principal: &str, options: &str) {
        self.signers += &format!("{principal} {options} {}", self.keys.make(principal));
        self.write_signers(&self.signers);
    }

    /// Replaces allowed_signers.
    pub fn write_signers(&self, text: &str) {
        fs::write(self.etc().join("allowed_signers"), text).unwrap();
    }

    /// What allowed_signers was made as.
    pub fn signers(&self) -> &str {
        &self.signers
    }

    /// Adds a file with signatures to a draft.
    pub fn add(&self, draft: &mut Draft, file: &str, text: &str, principals: &[&str]) {
        draft.add(&self.keys, file, text, principals);
    }

    /// Publishes a set whose index the admin signs.
    pub fn publish(&self, draft: &Draft) {
        self.publish_as(draft, "admin@lab");
    }

    /// Publishes a set whose index this principal signs.
    pub fn publish_as(&self, draft: &Draft, principal: &str) {
        draft.publish(&self.keys, principal, &self.allowlist());
    }
}
