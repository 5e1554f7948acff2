//! Publishes allowlist sets in a temporary /etc/sluice, signed with real keys.
#![allow(dead_code, clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use sluice_policy::digest::Digest;
use sluice_policy::index::Index;
use time::macros::datetime;
use time::{Duration, OffsetDateTime};

/// The time at which the tests live.
pub(crate) const NOW: OffsetDateTime = datetime!(2026-07-01 12:00 UTC);

/// A temporary root directory with keys and sets.
pub(crate) struct Host {
    pub(crate) dir: tempfile::TempDir,
    signers: String,
}

/// A set in the making.
#[derive(Clone)]
pub(crate) struct Draft {
    pub(crate) serial: u64,
    pub(crate) expires: OffsetDateTime,
    pub(crate) files: BTreeMap<String, Vec<u8>>,
}

impl Host {
    /// None where ownership can't be tested for want of root.
    pub(crate) fn new() -> Option<Self> {
        if !rustix::process::geteuid().is_root() {
            eprintln!("skipped: needs root");
            return None;
        }
        let dir = tempfile::tempdir_in("/run").unwrap();
        fs::set_permissions(dir.path(), std::os::unix::fs::PermissionsExt::from_mode(0o755))
            .unwrap();
        fs::create_dir_all(dir.path().join("etc/sluice/allowlist/sets")).unwrap();
        fs::create_dir_all(dir.path().join("keys")).unwrap();
        let mut host = Self { dir, signers: String::new() };
        host.key("controller@lab", "namespaces=\"sluice-entry@v1\"");
        host.key("second@lab", "namespaces=\"sluice-entry@v1\"");
        host.key("admin@lab", "namespaces=\"sluice-index@v1\"");
        Some(host)
    }

    pub(crate) fn etc(&self) -> PathBuf {
        self.dir.path().join("etc/sluice")
    }

    pub(crate) fn allowlist(&self) -> PathBuf {
        self.etc().join("allowlist")
    }

    /// Makes a key and lists it in allowed_signers.
    pub(crate) fn key(&mut self, principal: &str, options: &str) {
        let file = self.private(principal);
        run(
            Command::new("ssh-keygen").args(["-q", "-t", "ed25519", "-N", "", "-f"]).arg(&file),
            b"",
        );
        let public = fs::read_to_string(file.with_extension("pub")).unwrap();
        self.signers += &format!("{principal} {options} {public}");
        self.write_signers(&self.signers);
    }

    pub(crate) fn write_signers(&self, text: &str) {
        fs::write(self.etc().join("allowed_signers"), text).unwrap();
    }

    pub(crate) fn signers(&self) -> &str {
        &self.signers
    }

    fn private(&self, principal: &str) -> PathBuf {
        self.dir.path().join("keys").join(principal)
    }

    pub(crate) fn fingerprint(&self, principal: &str) -> String {
        let listed = run(Command::new("ssh-keygen").arg("-lf").arg(self.private(principal)), b"");
        String::from_utf8(listed).unwrap().split(' ').nth(1).unwrap().to_owned()
    }

    pub(crate) fn sign(&self, principal: &str, namespace: &str, bytes: &[u8]) -> Vec<u8> {
        let mut command = Command::new("ssh-keygen");
        command.args(["-q", "-Y", "sign", "-n", namespace, "-f"]).arg(self.private(principal));
        run(&mut command, bytes)
    }

    /// Adds a file with signatures to a draft.
    pub(crate) fn add(&self, draft: &mut Draft, file: &str, text: &str, principals: &[&str]) {
        for principal in principals {
            let signature = self.sign(principal, "sluice-entry@v1", text.as_bytes());
            draft.files.insert(format!("{file}.sig.d/{principal}.sig"), signature);
        }
        draft.files.insert(file.into(), text.into());
    }

    /// Writes a set, signs its index, and points `current` to it.
    pub(crate) fn publish(&self, draft: &Draft) {
        self.publish_as(draft, "admin@lab");
    }

    pub(crate) fn publish_as(&self, draft: &Draft, principal: &str) {
        let set = self.allowlist().join("sets").join(draft.serial.to_string());
        let index = Index {
            format: 1,
            serial: draft.serial,
            issued: draft.expires - Duration::days(30),
            expires: draft.expires,
            files: draft
                .files
                .iter()
                .map(|(name, bytes)| (name.clone(), Digest::of(bytes)))
                .collect(),
        };
        let index = index.to_toml().unwrap();
        for (name, bytes) in &draft.files {
            write(&set.join(name), bytes);
        }
        write(&set.join("index.toml"), index.as_bytes());
        let signature = self.sign(principal, "sluice-index@v1", index.as_bytes());
        write(&set.join(format!("index.toml.sig.d/{principal}.sig")), &signature);
        self.point_to(&format!("sets/{}", draft.serial));
    }

    pub(crate) fn point_to(&self, target: &str) {
        let link = self.allowlist().join("current");
        let _ = fs::remove_file(&link);
        symlink(target, &link).unwrap();
    }
}

impl Draft {
    pub(crate) fn new(serial: u64) -> Self {
        Self { serial, expires: NOW + Duration::days(10), files: BTreeMap::new() }
    }
}

pub(crate) fn write(path: &Path, bytes: &[u8]) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, bytes).unwrap();
}

fn run(command: &mut Command, input: &[u8]) -> Vec<u8> {
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(input).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{command:?}");
    output.stdout
}
