//! Runs as a node leaves them: sealed results, and their attestation in the spool.

use std::{
    fs,
    path::{Path, PathBuf},
};

use sluice_policy::{
    attestation::{
        AuditHead, Basis, End, IrregularFile, JobState, OutputFile, Predicate, Run as Admitted,
        Statement, sign,
    },
    digest::Digest,
};
use sluice_site::record::run_id;
use sluice_sys::jobs::Incarnation;
use ssh_key::PrivateKey;
use time::{Duration, OffsetDateTime};

use super::{
    World,
    set::{BUNDLE, entry, figures},
};

/// A run before its attestation.
pub(crate) struct Run<'a> {
    world: &'a World,
    pub(crate) predicate: Predicate,
}

impl World {
    /// A successful run of `user` alice in the drop box `name`, ended long ago.
    pub(crate) fn run(&self, job: u32, name: &str) -> Run<'_> {
        let run_dir = self.at("runs").join(name);
        fs::create_dir_all(&run_dir).unwrap();
        let sealed = self.at(&format!("sealed/lab/{job}.0/run"));
        fs::create_dir_all(&sealed).unwrap();
        let ended = OffsetDateTime::now_utc() - Duration::minutes(5);
        let predicate = Predicate {
            format: 1,
            run: Admitted {
                cluster: "lab".into(),
                job,
                restart: 0,
                run_id: run_id(name.as_bytes(), "lab", Incarnation { job, restart: 0 }),
                node: "n1".into(),
                nodes: vec!["n1".into()],
                user: "alice".into(),
                uid: 1001,
                held: None,
                submitted_run_dir: run_dir,
                sealed,
                started: ended - Duration::minutes(1),
                status_token: format!("{job:032x}"),
            },
            basis: Basis {
                entry: "count@1".into(),
                entry_digest: Digest::of(entry("count").as_bytes()),
                serial: 1,
                digest: Digest::of(BUNDLE),
                runtime_digest: None,
                bundle_image: None,
                runtime_image: None,
                bundle_hashed: None,
                runtime_hashed: None,
                signers: vec!["controller@lab".into()],
            },
            end: End { ended, exit_code: 0, state: JobState::Completed, interfered: false },
            files: Vec::new(),
            irregular: Vec::new(),
            audit_head: AuditHead { seq: 0, hash: "0".repeat(64) },
        };
        Run { world: self, predicate }
    }

    /// A run under the entry with figures, which is in set 2, with a table.
    pub(crate) fn figure_run(&self, job: u32) -> Run<'_> {
        self.run(job, "box").file("results.csv", b"a,b\n1,2\n").of_figures()
    }

    pub(crate) fn spooled(&self, job: u32) -> PathBuf {
        self.at("attestations/spool").join(spooled(job))
    }
}

impl Run<'_> {
    /// Leaves a result and attests it.
    pub(crate) fn file(mut self, path: &str, content: &[u8]) -> Self {
        let at = self.sealed().join(path);
        fs::create_dir_all(at.parent().unwrap()).unwrap();
        fs::write(at, content).unwrap();
        self.predicate.files.push(OutputFile {
            path: path.into(),
            bytes: content.len() as u64,
            sha256: Digest::of(content).hex(),
            rule: 0,
        });
        self
    }

    /// The same under the entry with figures.
    pub(crate) fn of_figures(self) -> Self {
        self.but(|it| {
            it.basis.entry_digest = Digest::of(figures().as_bytes());
            it.basis.serial = 2;
        })
    }

    pub(crate) fn irregular(mut self, path: &str, what: &str) -> Self {
        self.predicate.irregular.push(IrregularFile { path: path.into(), what: what.into() });
        self
    }

    pub(crate) fn but(mut self, change: impl FnOnce(&mut Predicate)) -> Self {
        change(&mut self.predicate);
        self
    }

    pub(crate) fn sealed(&self) -> &Path {
        &self.predicate.run.sealed
    }

    /// The drop box's `.weskit/START/log.json`.
    pub(crate) fn log(self, start: &str, text: &str) -> Self {
        let dir = self.predicate.run.submitted_run_dir.join(".weskit").join(start);
        fs::create_dir_all(&dir).unwrap();
        fs::write(dir.join("log.json"), text).unwrap();
        self
    }

    /// Puts the attestation into the spool.
    pub(crate) fn attest(self) -> String {
        self.attest_with("node", "node-cert.pub")
    }

    pub(crate) fn attest_with(self, key: &str, certificate: &str) -> String {
        let read = |name: &str| fs::read_to_string(self.world.at("keys").join(name)).unwrap();
        let key = PrivateKey::from_openssh(read(key)).unwrap();
        let payload = Statement::new(self.predicate.clone()).to_bytes().unwrap();
        let envelope = sign(&payload, &key, &read(certificate)).unwrap();
        fs::write(self.world.spooled(self.predicate.run.job), envelope.to_bytes().unwrap())
            .unwrap();
        self.predicate.run.run_id
    }
}

pub(super) fn spooled(job: u32) -> String {
    format!("lab-{job}.0.json")
}
