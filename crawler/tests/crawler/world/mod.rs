//! A site below a directory that only root can write: signed allowlist sets, a certified node,
//! attested runs, and a store in memory.
// Not every test program that shares this needs all of it.
#![allow(dead_code)]

pub(crate) mod faults;
pub(crate) mod program;
pub(crate) mod run;
pub(crate) mod seen;
pub(crate) mod server;
pub(crate) mod set;

use std::{
    fs, os::unix::fs::PermissionsExt, path::PathBuf, sync::Arc, thread::sleep, time::Duration,
};

use object_store::{ObjectStore, memory::InMemory};
use set::entry;
use sluice_crawler::{
    config::Config,
    ledger::{Ledger, LedgerError, journal::Journal},
    outcome::{Code, Reason, State},
    serve::{crawler::Crawler, pass::Pass},
    store::Store,
};
use sluice_site::{Site, audit::Audit, renderer::Renderer};
use sluice_testing::{Keys, is_root};
use ssh_key::PublicKey;

pub(crate) struct World {
    pub(crate) dir: tempfile::TempDir,
    pub(crate) objects: Arc<InMemory>,
}

impl World {
    /// None where the test is left out for want of root.
    pub(crate) fn new() -> Option<Self> {
        Self::new_in("/run")
    }

    /// The same in a directory of root's own.
    pub(crate) fn new_in(place: &str) -> Option<Self> {
        if !is_root() {
            return None;
        }
        let dir = tempfile::Builder::new().prefix("sluice-test-").tempdir_in(place).unwrap();
        fs::set_permissions(dir.path(), PermissionsExt::from_mode(0o755)).unwrap();
        let world = Self { dir, objects: Arc::default() };
        for path in ["keys", "etc/keys", "attestations/spool", "status", "runs", "state", "sealed"]
        {
            fs::create_dir_all(world.at(path)).unwrap();
        }
        let keys = world.keys();
        let line =
            |name: &str, space: &str| format!("{name} namespaces=\"{space}\" {}", keys.make(name));
        let signers = line("controller@lab", "sluice-entry@v1")
            + &line("second@lab", "sluice-entry@v1")
            + &line("index@lab", "sluice-index@v1");
        fs::write(world.at("etc/allowed_signers"), signers).unwrap();
        fs::write(world.at("etc/keys/cluster.pub"), keys.make("cluster")).unwrap();
        keys.make("node");
        keys.make("stranger");
        keys.certify("cluster", "node", "n1");
        world.publish_set(1, &[("entries/count@1.toml", &entry("count"))]);
        Some(world)
    }

    pub(crate) fn at(&self, path: &str) -> PathBuf {
        self.dir.path().join(path)
    }

    pub(crate) fn keys(&self) -> Keys {
        Keys::below(self.at("keys"))
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

    /// With this program for figures.
    pub(crate) fn crawler_drawing(
        &self,
        renderer: Renderer,
        objects: Arc<dyn ObjectStore>,
    ) -> Crawler {
        self.crawler_with_renderer(renderer, Store::new(objects, "pre/fix", "s3://bucket/pre/fix"))
    }

    pub(crate) fn crawler_with_renderer(&self, renderer: Renderer, store: Store) -> Crawler {
        self.crawler_of(Config { renderer, ..self.config() }, store)
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
                Err(LedgerError::Locked(_)) => sleep(Duration::from_millis(10)),
                ledger => return ledger.unwrap(),
            }
        }
        panic!("the ledger stays locked");
    }

    /// Makes a ledger that calls every run of the spool published.
    pub(crate) fn finish_all(&self) {
        let names = fs::read_dir(self.at("attestations/spool")).unwrap();
        let names = names.map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
        block_on(async {
            let ledger = self.ledger();
            let names: Vec<String> = names;
            for names in names.chunks(10_000) {
                ledger.note(names.to_vec(), "2026-07-01T12:00:00Z").await.unwrap();
                let reason = || Reason::new(Code::PolicyPassed, "");
                let settled = names.iter().map(|name| {
                    ledger.set_state(name, State::Published, reason(), None, "2026-07-01T12:00:00Z")
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
}

/// One pass of a crawler that is started for it and gone afterwards.
pub(crate) fn pass(world: &World) -> Pass {
    block_on(world.crawler().pass()).unwrap()
}

pub(crate) fn block_on<T>(work: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.unwrap().block_on(work)
}
