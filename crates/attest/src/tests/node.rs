//! A node with a job that has ended, and a Slurm that says what it is told to.

use std::{
    fs,
    os::unix::fs::{PermissionsExt, chown},
    path::PathBuf,
    time::Duration,
};

use anyhow::{Result, bail};
use serde_json::Value;
use sluice_policy::{
    attestation::{Basis, Envelope, JobState, Predicate, Run},
    digest::Digest,
    entry::Output,
};
use sluice_site::{Site, paths::Roots, record::Record, users};
use sluice_sys::jobs::{Incarnation, JobDir};
use sluice_testing::{Keys, is_root};
use ssh_key::PublicKey;
use time::{Duration as Span, OffsetDateTime};

use crate::{host::Host, patience::Patience, slurm::Slurm, worker};

/// The job of these tests.
pub(super) const JOB: Incarnation = Incarnation { job: 7, restart: 0 };

/// Silence is told of at once, and a job is waited for as long as it takes.
pub(super) const HASTE: Patience = Patience {
    lost: Duration::from_millis(50),
    silence: Duration::ZERO,
    give_up: Duration::from_secs(3600),
    slowest: Duration::from_millis(10),
};
/// As above, but hardly waited for.
pub(super) const NONE: Patience = Patience { give_up: Duration::ZERO, ..HASTE };

impl<F: Fn(Incarnation) -> Result<Option<JobState>>> Slurm for F {
    fn ended(&self, incarnation: Incarnation) -> Result<Option<JobState>> {
        self(incarnation)
    }
}

/// A Slurm that says this of every job.
pub(super) fn says(state: JobState) -> impl Slurm {
    move |_| Ok(Some(state))
}

/// One that doesn't answer.
pub(super) fn silent(_: Incarnation) -> Result<Option<JobState>> {
    bail!("Unable to contact slurm controller")
}

pub(super) struct Node {
    pub(super) dir: tempfile::TempDir,
    pub(super) host: Host,
    keys: Keys,
    /// Uid and gid of the job's user.
    user: (u32, u32),
}

impl Node {
    /// The node `n1`; none where the test is left out for want of root.
    pub(super) fn new() -> Option<Self> {
        if !is_root() {
            return None;
        }
        let dir = tempfile::tempdir_in("/run").unwrap();
        fs::set_permissions(dir.path(), PermissionsExt::from_mode(0o755)).unwrap();
        let roots = Roots::below(dir.path());
        fs::create_dir_all(roots.etc.join("keys")).unwrap();
        let keys = Keys::below(roots.etc.join("keys"));
        keys.make("cluster");
        keys.make("node");
        keys.certify("cluster", "node", "n1");
        fs::set_permissions(keys.path("node"), PermissionsExt::from_mode(0o400)).unwrap();

        let root = dir.path().display();
        let site = format!(
            "format = 1\ncluster = \"lab\"\nworkflows = \"{root}/w\"\nruntimes = \"{root}/r\"\n\
             runs = \"{root}/runs\"\nsealed-root = \"{root}/private/sealed\"\n\
             attestations = \"{root}/private/att\"\nstatus = \"{root}/status\"\n\
             service-user = \"games\"\n[policy]\n[[policy.controller]]\nprincipal = \"c@lab\"\n"
        );
        let site = Site::parse(site.as_bytes()).unwrap();
        let service = site.service().unwrap();
        let host = Host { roots, site, service };
        let node = Self { dir, host, keys, user: users::ids_of("nobody").unwrap() };
        for place in ["private", "private/sealed", "private/sealed/lab", "private/att"] {
            node.own(place, 0o700);
        }
        node.own("private/att/spool", 0o700);
        node.own("private/att/running", 0o700);
        Some(node)
    }

    fn own(&self, place: &str, mode: u32) -> PathBuf {
        let path = self.dir.path().join(place);
        fs::create_dir(&path).unwrap();
        fs::set_permissions(&path, PermissionsExt::from_mode(mode)).unwrap();
        chown(&path, Some(self.host.service.0), Some(self.host.service.1)).unwrap();
        path
    }

    /// What an admission leaves of a job on these nodes, and the job in its sealed run directory.
    pub(super) fn admit(&self, job: Incarnation, nodes: &[&str]) -> Record {
        self.own(&format!("private/sealed/lab/{job}"), 0o700);
        self.make_running(job);
        let sealed = self.host.site.sealed_run(job);
        fs::create_dir(&sealed).unwrap();
        fs::write(sealed.join("table.csv"), "a,b\n").unwrap();
        fs::write(sealed.join("notes.txt"), "for nobody").unwrap();
        for path in [sealed.join("table.csv"), sealed.join("notes.txt"), sealed.clone()] {
            fs::set_permissions(&path, PermissionsExt::from_mode(0o700)).unwrap();
            chown(&path, Some(self.user.0), Some(self.user.1)).unwrap();
        }
        let record = self.record(job, nodes, sealed);
        let (pending, dir) = (self.host.roots.pending(), self.record_dir(job));
        fs::create_dir_all(pending.path()).unwrap();
        fs::write(pending.record(job), record.to_json().unwrap()).unwrap();
        fs::create_dir_all(dir.path()).unwrap();
        record
    }

    fn record(&self, job: Incarnation, nodes: &[&str], sealed: PathBuf) -> Record {
        let started = OffsetDateTime::now_utc() - Span::minutes(5);
        Record {
            format: 1,
            run: Run {
                cluster: "lab".into(),
                job: job.job,
                restart: job.restart,
                run_id: format!("box-lab-{job}"),
                node: "n1".into(),
                nodes: nodes.iter().map(|&node| node.into()).collect(),
                user: "nobody".into(),
                uid: self.user.0,
                held: None,
                submitted_run_dir: self.host.site.runs.join("box"),
                sealed,
                started: started.replace_nanosecond(0).unwrap(),
                status_token: "5".repeat(32),
            },
            basis: Basis {
                entry: "count@1".into(),
                entry_digest: Digest::of(b"entry"),
                serial: 4,
                digest: Digest::of(b"bundle"),
                runtime_digest: Some(Digest::of(b"runtime")),
                bundle_image: None,
                runtime_image: None,
                bundle_hashed: None,
                runtime_hashed: None,
                signers: vec!["c@lab".into(), "d@lab".into()],
            },
            gid: self.user.1,
            outputs: outputs(),
        }
    }

    pub(super) fn record_dir(&self, job: Incarnation) -> JobDir {
        self.host.roots.jobs().dir(job.into())
    }

    /// The directory of the job's done records.
    pub(super) fn make_running(&self, job: Incarnation) {
        self.own(&format!("private/att/running/{job}"), 0o700);
    }

    /// Another node's done record.
    pub(super) fn say_done(&self, node: &str, word: &str) {
        fs::write(self.running(JOB).join(node), format!("{word}\n")).unwrap();
    }

    pub(super) fn running(&self, job: Incarnation) -> PathBuf {
        self.host.site.running().join(job.to_string())
    }

    /// What there is still of a job beside its attestation and its results.
    pub(super) fn left(&self, job: Incarnation) -> Vec<PathBuf> {
        let pending = self.host.roots.pending().record(job);
        let mut left = vec![pending, self.record_dir(job).path().into(), self.running(job)];
        left.retain(|place| place.exists());
        left
    }

    pub(super) fn work(&self, slurm: &impl Slurm, patience: &Patience) -> Result<()> {
        worker::job(&self.host, slurm, patience, JOB.job)
    }

    pub(super) fn spooled(&self, job: Incarnation) -> PathBuf {
        self.host.site.spool().join(format!("lab-{job}.json"))
    }

    /// What the node has signed, by the cluster's key.
    pub(super) fn attested(&self, job: Incarnation) -> Predicate {
        let key = PublicKey::from_openssh(self.keys.public("cluster").trim()).unwrap();
        let envelope = Envelope::parse(&fs::read(self.spooled(job)).unwrap()).unwrap();
        envelope.open(&key, OffsetDateTime::now_utc()).unwrap().predicate
    }

    /// Lines of the audit log with this event.
    pub(super) fn audit(&self, event: &str) -> Vec<Value> {
        let log = fs::read_to_string(self.host.roots.log.join("audit.jsonl")).unwrap_or_default();
        let lines = log.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        lines.filter(|line| line["event"] == event).collect()
    }
}

/// The entry's release rules.
fn outputs() -> Vec<Output> {
    let rules = r#"[{"glob":"*.csv","kind":"csv","max-bytes":1000,"max-rows":10}]"#;
    serde_json::from_str(rules).unwrap()
}
