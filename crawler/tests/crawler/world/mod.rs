//! A site below a directory that only root can write: signed allowlist sets, a certified node,
//! attested runs, and a store in memory.
// Not every test program that shares this needs all of it.
#![allow(dead_code)]

pub(crate) mod faults;
pub(crate) mod program;
pub(crate) mod server;

use std::{
    collections::BTreeMap,
    fs,
    io::Write,
    os::unix::fs::{PermissionsExt, symlink},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::Arc,
    thread::sleep,
};

use futures_util::TryStreamExt;
use object_store::{ObjectStore, ObjectStoreExt, memory::InMemory};
use serde_json::Value;
use sluice_crawler::{
    config::Config,
    crawler::Crawler,
    journal::Journal,
    ledger::{Entry, Ledger, LedgerError, Reader, State},
    outcome::Reason,
    record::Pass,
    store::Store,
};
use sluice_policy::{
    attestation::{AuditHead, IrregularFile, OutputFile, Predicate, Statement, seal},
    digest::Digest,
    index::Index,
};
use sluice_site::{Site, audit::Audit, record::run_id};
use ssh_key::{PrivateKey, PublicKey};
use time::{Duration, OffsetDateTime};

const BUNDLE: &[u8] = b"bundle";

pub(crate) struct World {
    pub(crate) dir: tempfile::TempDir,
    pub(crate) objects: Arc<InMemory>,
}

/// A run before its attestation.
pub(crate) struct Run<'a> {
    world: &'a World,
    pub(crate) predicate: Predicate,
}

impl World {
    /// None where ownership can't be tested for want of root.
    pub(crate) fn new() -> Option<Self> {
        Self::new_in("/run")
    }

    /// The same in a directory of root's own.
    pub(crate) fn new_in(place: &str) -> Option<Self> {
        if !nix::unistd::geteuid().is_root() {
            eprintln!("skipped: needs root");
            return None;
        }
        let dir = tempfile::Builder::new().prefix("sluice-test-").tempdir_in(place).unwrap();
        fs::set_permissions(dir.path(), PermissionsExt::from_mode(0o755)).unwrap();
        let world = Self { dir, objects: Arc::default() };
        for path in ["keys", "etc/keys", "attestations/spool", "status", "runs", "state", "sealed"]
        {
            fs::create_dir_all(world.at(path)).unwrap();
        }
        for name in ["controller", "second", "index", "cluster", "node", "stranger"] {
            world.keygen(&["-t", "ed25519", "-N", "", "-f", name]);
        }
        world.keygen(&["-s", "cluster", "-I", "n1", "-h", "-n", "n1", "-V", "-1d:+1d", "node.pub"]);
        fs::copy(world.at("keys/cluster.pub"), world.at("etc/keys/cluster.pub")).unwrap();
        let line = |name: &str, space: &str| {
            let key = fs::read_to_string(world.at("keys").join(format!("{name}.pub"))).unwrap();
            format!("{name}@lab namespaces=\"{space}\" {key}")
        };
        let signers = line("controller", "sluice-entry@v1")
            + &line("second", "sluice-entry@v1")
            + &line("index", "sluice-index@v1");
        fs::write(world.at("etc/allowed_signers"), signers).unwrap();
        world.publish_set(1, &[("entries/count@1.toml", &entry("count"))]);
        Some(world)
    }

    pub(crate) fn at(&self, path: &str) -> PathBuf {
        self.dir.path().join(path)
    }

    fn keygen(&self, words: &[&str]) {
        let mut command = Command::new("ssh-keygen");
        let status = command.current_dir(self.at("keys")).arg("-q").args(words).status();
        assert!(status.unwrap().success(), "{words:?}");
    }

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

    pub(crate) fn fingerprint(&self, key: &str) -> String {
        let public = fs::read_to_string(self.at("keys").join(format!("{key}.pub"))).unwrap();
        let public = PublicKey::from_openssh(public.trim()).unwrap();
        public.fingerprint(ssh_key::HashAlg::Sha256).to_string()
    }

    /// Text of sluice.toml with a directory as the store.
    pub(crate) fn site(&self) -> String {
        self.site_with(&format!("store = \"file://{}\"\n", self.at("published").display()))
    }

    /// Text of sluice.toml; `crawler` is the crawler's section.
    pub(crate) fn site_with(&self, crawler: &str) -> String {
        let at = |name: &str| format!("{name:?} = {:?}\n", self.at(name));
        let places = ["workflows", "runtimes", "runs", "attestations", "status"].map(at).concat();
        format!(
            "format = 1\ncluster = \"lab\"\nservice-user = \"nobody\"\n{places}sealed-root = {:?}
[policy]\n[[policy.controller]]\nprincipal = \"controller@lab\"
[[policy.controller]]\nprincipal = \"second@lab\"
[crawler]\n{crawler}",
            self.at("sealed"),
        )
    }

    pub(crate) fn config(&self) -> Config {
        let site = Site::parse(self.site().as_bytes()).unwrap();
        Config::new(site, &self.at("etc"), &self.at("state")).unwrap()
    }

    pub(crate) fn crawler(&self) -> Crawler {
        self.crawler_on(self.objects.clone())
    }

    pub(crate) fn crawler_on(&self, objects: Arc<dyn ObjectStore>) -> Crawler {
        self.crawler_with(Store::new(objects, "pre/fix", "s3://bucket/pre/fix"))
    }

    /// With lines of its own in the crawler's section.
    pub(crate) fn crawler_set(&self, lines: &str) -> Crawler {
        let site = self.site() + lines;
        let site = Site::parse(site.as_bytes()).unwrap();
        let config = Config::new(site, &self.at("etc"), &self.at("state")).unwrap();
        self.crawler_of(config, Store::new(self.objects.clone(), "pre/fix", "s3://bucket/pre/fix"))
    }

    pub(crate) fn crawler_with(&self, store: Store) -> Crawler {
        self.crawler_of(self.config(), store)
    }

    fn crawler_of(&self, config: Config, store: Store) -> Crawler {
        let ca = fs::read_to_string(self.at("etc/keys/cluster.pub")).unwrap();
        let ca = PublicKey::from_openssh(ca.trim()).unwrap();
        let ledger = self.ledger();
        let audit = Audit::open(&self.at("state/audit.jsonl")).unwrap();
        Crawler::new(config, ca, store, ledger, Journal::start(audit).unwrap())
    }

    /// A program that another test is just starting holds our lock until its exec.
    fn ledger(&self) -> Ledger {
        for _ in 0..200 {
            match Ledger::open(&self.at("state")) {
                Err(LedgerError::Locked(_)) => sleep(std::time::Duration::from_millis(10)),
                ledger => return ledger.unwrap(),
            }
        }
        panic!("the ledger stays locked");
    }

    /// A successful run of `user` alice in the drop box `name`, ended long ago.
    pub(crate) fn run(&self, job: u32, name: &str) -> Run<'_> {
        let run_dir = self.at("runs").join(name);
        fs::create_dir_all(&run_dir).unwrap();
        let sealed = self.at(&format!("sealed/lab/{job}.0/run"));
        fs::create_dir_all(&sealed).unwrap();
        let ended = OffsetDateTime::now_utc() - Duration::minutes(5);
        let predicate = Predicate {
            format: 1,
            cluster: "lab".into(),
            job,
            restart: 0,
            run_id: run_id(name.as_bytes(), "lab", job, 0),
            node: "n1".into(),
            nodes: vec!["n1".into()],
            user: "alice".into(),
            uid: 1001,
            entry: "count@1".into(),
            held: None,
            entry_digest: Digest::of(entry("count").as_bytes()),
            serial: 1,
            digest: Digest::of(BUNDLE),
            runtime_digest: None,
            signers: vec!["controller@lab".into()],
            submitted_run_dir: run_dir.to_str().unwrap().into(),
            sealed: sealed.to_str().unwrap().into(),
            started: ended - Duration::minutes(1),
            ended,
            exit_code: 0,
            state: "COMPLETED".into(),
            status_token: format!("{job:032x}"),
            files: Vec::new(),
            irregular: Vec::new(),
            audit_head: AuditHead { seq: 0, hash: "0".repeat(64) },
        };
        Run { world: self, predicate }
    }

    /// What the ledger says of a job.
    pub(crate) fn stands(&self, job: u32) -> Entry {
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

    pub(crate) fn irregular(mut self, path: &str, what: &str) -> Self {
        self.predicate.irregular.push(IrregularFile { path: path.into(), what: what.into() });
        self
    }

    pub(crate) fn but(mut self, change: impl FnOnce(&mut Predicate)) -> Self {
        change(&mut self.predicate);
        self
    }

    pub(crate) fn sealed(&self) -> &Path {
        Path::new(&self.predicate.sealed)
    }

    /// The drop box's `.weskit/START/log.json`.
    pub(crate) fn log(self, start: &str, text: &str) -> Self {
        let dir = Path::new(&self.predicate.submitted_run_dir).join(".weskit").join(start);
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
        let envelope = seal(&payload, &key, &read(certificate)).unwrap();
        fs::write(self.world.spooled(self.predicate.job), envelope.to_bytes().unwrap()).unwrap();
        self.predicate.run_id
    }
}

impl World {
    /// Makes a ledger that calls every run of the spool published.
    pub(crate) fn finish_all(&self) {
        let names = fs::read_dir(self.at("attestations/spool")).unwrap();
        let names = names.map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
        block_on(async {
            let ledger = self.ledger();
            let names: Vec<String> = names;
            for names in names.chunks(10_000) {
                ledger.note(names.to_vec(), "2026-07-01T12:00:00Z").await.unwrap();
                let reason = || Reason::new("policy-passed", "");
                let settled = names.iter().map(|name| {
                    ledger.settle(name, State::Published, reason(), None, "2026-07-01T12:00:00Z")
                });
                futures_util::future::try_join_all(settled).await.unwrap();
            }
        });
        self.inhabit(&fs::read_to_string(self.at("etc/sluice.toml")).unwrap());
        for file in fs::read_dir(self.at("state")).unwrap() {
            let file = file.unwrap().path();
            std::os::unix::fs::chown(file, Some(program::NOBODY), Some(program::NOBODY)).unwrap();
        }
    }

    pub(crate) fn spooled(&self, job: u32) -> PathBuf {
        self.at("attestations/spool").join(spooled(job))
    }
}

fn spooled(job: u32) -> String {
    format!("lab-{job}.0.json")
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

/// One pass of a crawler that is started for it and gone afterwards.
pub(crate) fn pass(world: &World) -> Pass {
    block_on(world.crawler().pass()).unwrap()
}

pub(crate) fn block_on<T>(work: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.unwrap().block_on(work)
}

/// Asserts that a job is held for `code`, and that nothing of it is in the store.
pub(crate) fn assert_held(world: &World, job: u32, code: &str) {
    let entry = world.stands(job);
    assert_eq!((entry.state, entry.reason.code.as_str()), (State::Held, code), "{entry:?}");
    assert!(world.published().is_empty(), "{:?}", world.published().keys());
}
