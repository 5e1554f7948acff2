//! Signed allowlist sets.

use std::{
    collections::BTreeMap,
    fs,
    io::Write,
    os::unix::fs::symlink,
    process::{Command, Stdio},
};

use sluice_policy::{digest::Digest, index::Index};
use time::{Duration, OffsetDateTime};

use super::World;

/// Content of the bundle that every run ran.
pub(super) const BUNDLE: &[u8] = b"bundle";

impl World {
    fn sign(&self, key: &str, namespace: &str, bytes: &[u8]) -> Vec<u8> {
        let mut child = Command::new("ssh-keygen")
            .current_dir(self.at("keys"))
            .args(["-q", "-Y", "sign", "-n", namespace, "-f", key])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(bytes).unwrap();
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success());
        output.stdout
    }

    /// Publishes a set of files that the controller has signed.
    pub(crate) fn publish_set(&self, serial: u64, files: &[(&str, &str)]) {
        self.publish_set_until(serial, files, OffsetDateTime::now_utc() + Duration::days(1));
    }

    pub(crate) fn publish_set_until(
        &self,
        serial: u64,
        files: &[(&str, &str)],
        expires: OffsetDateTime,
    ) {
        let mut all = BTreeMap::new();
        for (name, text) in files {
            let signature = self.sign("controller", "sluice-entry@v1", text.as_bytes());
            all.insert(format!("{name}.sig.d/controller@lab.sig"), signature);
            all.insert((*name).to_owned(), text.as_bytes().to_vec());
        }
        let index = Index {
            format: 1,
            serial,
            issued: OffsetDateTime::now_utc() - Duration::days(1),
            expires,
            files: all.iter().map(|(name, bytes)| (name.clone(), Digest::of(bytes))).collect(),
        };
        let index = index.to_toml().unwrap().into_bytes();
        let signature = self.sign("index", "sluice-index@v1", &index);
        all.insert("index.toml".into(), index);
        all.insert("index.toml.sig.d/index@lab.sig".into(), signature);
        for (name, bytes) in all {
            let path = self.at(&format!("etc/allowlist/sets/{serial}/{name}"));
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, bytes).unwrap();
        }
        let current = self.at("etc/allowlist/current");
        let _ = fs::remove_file(&current);
        symlink(format!("sets/{serial}"), current).unwrap();
    }

    /// Takes something back with set 2.
    pub(crate) fn revoke(&self, what: &str) {
        let revoked = format!(
            "format = 1\n[[{what}\nwhy = \"a wrong filter\"\nat = \"2026-07-01T12:00:00Z\"\n"
        );
        self.publish_set(
            2,
            &[("entries/count@1.toml", &entry("count")), ("revoked.toml", &revoked)],
        );
    }

    pub(crate) fn revoke_bundle(&self) {
        self.revoke(&format!("digest]]\ndigest = \"{}\"", Digest::of(BUNDLE)));
    }
}

/// An entry with a rule for everything that the tests need.
pub(crate) fn entry(name: &str) -> String {
    let output = |glob: &str, rest: &str| format!("[[output]]\nglob = {glob:?}\n{rest}\n");
    let outputs = [
        output("results.csv", "kind = \"csv\"\nrequired = true\nmax-bytes = 1000\nmax-rows = 3"),
        output("plots/**", "kind = \"text\"\nmax-bytes = 1000\nreview = false"),
        output("big.txt", "kind = \"text\"\nmax-bytes = 50000000\nreview = false"),
        output("look.txt", "kind = \"text\"\nmax-bytes = 1000\nreview = true"),
        output("*.json", "kind = \"json\"\nmax-bytes = 1000"),
    ];
    format!(
        "format = 1\nname = {name:?}\nversion = \"1\"\ndigest = \"{}\"\nengine = \"shell\"
network = \"none\"\nsteps = \"none\"\nstdio = \"sealed\"
[approval]\nby = \"controller@lab\"\nproposal = \"P-1\"\npurpose = \"tests\"
requester = \"alice\"\nat = \"2026-07-01T12:00:00Z\"
[[command]]\nscript = \"#!/bin/bash\\n{{bundle}}/run\\n\"\n{}",
        Digest::of(BUNDLE),
        outputs.concat()
    )
}
