//! A cluster in a temporary directory: an approved workflow with its runtime and data, a run
//! directory, and a job that runs it. Every test bends one thing.
#![allow(dead_code, clippy::unwrap_used)]

use std::fs;
use std::os::unix::fs::{PermissionsExt, chown, symlink};
use std::path::{Path, PathBuf};

use sluice_admit::{Pulse, answer};
use sluice_policy::digest::Digest;
use sluice_policy::manifest::{Item, Manifest};
use sluice_protocol::{Admission, FORMAT, Facts, JobFacts, Mode, Step, Verdict};
use sluice_site::paths::Roots;
use sluice_site::users;
use sluice_testing::{Draft, Host, NOW, write};

const SNAKEFILE: &str = "rule all:\n";
const TOOL: &str = "#!/bin/sh\n";
const SCHEMA: &str = r#"{"type": "object", "additionalProperties": false, "properties":
    {"a": {"type": "integer", "maximum": 9}, "b": {"type": "string", "default": "x"}}}"#;

pub(crate) struct World {
    pub(crate) host: Host,
    pub(crate) roots: Roots,
    pub(crate) facts: Facts,
    pub(crate) draft: Draft,
    /// Uid of the job's user.
    pub(crate) user: u32,
    /// Uid and gid of the service account.
    pub(crate) service: (u32, u32),
}

impl World {
    pub(crate) fn new() -> Option<Self> {
        let host = Host::new()?;
        let root = host.dir.path().to_owned();
        let (user, group) = users::ids_of("nobody").unwrap();
        let (service, service_group) = users::ids_of("games").unwrap();

        bundle(&root.join("srv/workflows/demo/1.0.0"), SNAKEFILE);
        write(&root.join("srv/runtimes/smk/9/bin/snakemake"), TOOL.as_bytes());
        mode(&root.join("srv/runtimes/smk/9/bin/snakemake"), 0o755);
        fs::create_dir_all(root.join("srv/status")).unwrap();
        let run = root.join("srv/runs/run-1");
        write(&run.join("params.yaml"), b"a: 1\n");
        write(&run.join("evil.config"), b"x");
        for path in [run.clone(), run.join("params.yaml")] {
            chown(path, Some(user), Some(group)).unwrap();
        }
        for name in ["private", "private/sealed", "private/attestations", "private/cohort"] {
            fs::create_dir_all(root.join(name)).unwrap();
            mode(&root.join(name), 0o700);
            chown(root.join(name), Some(service), Some(service_group)).unwrap();
        }
        let script = root.join("spool/job00007/slurm_script");
        let facts = Facts {
            format: FORMAT,
            mode: Mode::Enforce,
            node: "n1".into(),
            slurm: "22.05".into(),
            step: Step::Batch,
            ticket: None,
            job: JobFacts {
                id: 7,
                restart: 0,
                uid: user,
                gid: group,
                groups: vec![group],
                account: "lab".into(),
                partition: "main".into(),
                start_time: 1_782_900_000,
                nodes: vec!["n1".into()],
                array: false,
                het: false,
                work_dir: run,
                script: Some(script),
                script_args: 0,
            },
        };
        let roots = Roots::below(&root);
        let mut world = Self {
            host,
            roots,
            facts,
            draft: Draft::new(1),
            user,
            service: (service, service_group),
        };
        world.configure("");
        world.look_at_node("");
        world.script(&world.command());
        world.approve(&world.entry());
        Some(world)
    }

    pub(crate) fn root(&self) -> &Path {
        self.host.dir.path()
    }

    pub(crate) fn at(&self, path: &str) -> PathBuf {
        self.root().join(path)
    }

    pub(crate) fn workflow(&self) -> PathBuf {
        self.at("srv/workflows/demo/1.0.0")
    }

    pub(crate) fn run(&self) -> PathBuf {
        self.at("srv/runs/run-1")
    }

    /// Writes sluice.toml, with more keys at its top.
    pub(crate) fn configure(&self, more: &str) {
        let root = self.root().display();
        let text = format!(
            r#"
format = 1
cluster = "lab"
workflows = "{root}/srv/workflows"
runtimes = "{root}/srv/runtimes"
runs = "{root}/srv/runs"
sealed-root = "{root}/private/sealed"
attestations = "{root}/private/attestations"
status = "{root}/srv/status"
service-user = "games"
{more}
[data.cohort]
path = "{root}/private/cohort"
[policy]
[[policy.controller]]
principal = "controller@lab"
"#
        );
        write(&self.host.etc().join("sluice.toml"), text.as_bytes());
    }

    /// What slurmd's start found out about the node: nothing but its slurm.conf.
    pub(crate) fn look_at_node(&self, slurm_conf: &str) {
        let path = self.at("etc/slurm/slurm.conf");
        write(&path, slurm_conf.as_bytes());
        let node = serde_json::json!({"format": 1, "slurm-conf": path, "findings": []});
        write(&self.roots.run.join("node.json"), node.to_string().as_bytes());
    }

    /// The approved script of the job.
    pub(crate) fn command(&self) -> String {
        let srv = self.at("srv");
        let srv = srv.display();
        format!(
            "#!/bin/bash\n{srv}/runtimes/smk/9/bin/snakemake --snakefile \
             ../../workflows/demo/1.0.0/Snakefile --configfile params.yaml\n"
        )
    }

    /// The same script, spooled for a job of another number.
    pub(crate) fn job(&mut self, id: u32) {
        self.facts.job = self.facts_of(id).job;
    }

    /// What is known of such a job.
    pub(crate) fn facts_of(&self, id: u32) -> Facts {
        let mut facts = self.facts.clone();
        let script = facts.job.script.as_mut().unwrap();
        let text = fs::read(&script).unwrap();
        *script = self.at(&format!("spool/job{id:05}/slurm_script"));
        write(script, &text);
        facts.job.id = id;
        facts
    }

    pub(crate) fn script(&self, text: &str) {
        write(self.facts.job.script.as_ref().unwrap(), text.as_bytes());
    }

    /// The entry that approves it.
    pub(crate) fn entry(&self) -> String {
        format!(
            r#"
format = 1
name = "demo"
version = "1.0.0"
digest = "{digest}"
engine = "snakemake"
network = "none"
steps = "none"
stdio = "sealed"
[approval]
by = "controller@lab"
proposal = "DAC-1"
purpose = "testing"
requester = "somebody"
at = "2026-06-01T00:00:00Z"
[scope]
[runtime]
name = "smk"
version = "9"
digest = "{runtime}"
[[data]]
name = "cohort"
at = "/data/cohort"
[[command]]
script = """
#!/bin/bash
{{runtime}}/bin/snakemake --snakefile {{bundle}}/Snakefile --configfile {{file:.yaml}}
"""
[[output]]
glob = "results.csv"
kind = "csv"
required = true
max-bytes = 1000
"#,
            digest = workflow_manifest().digest(),
            runtime = runtime_manifest().digest(),
        )
    }

    /// Publishes a set in which the entry is signed.
    pub(crate) fn approve(&mut self, entry: &str) {
        let mut draft = Draft::new(1);
        self.host.add(&mut draft, "entries/demo@1.0.0.toml", entry, &["controller@lab"]);
        for manifest in [workflow_manifest(), runtime_manifest()] {
            let name = format!("manifests/{}", manifest.digest().hex());
            draft.files.insert(name, manifest.to_bytes());
        }
        self.draft = draft;
        self.publish();
    }

    /// Publishes the draft over what was published and kept before.
    pub(crate) fn publish(&self) {
        let _ = fs::remove_dir_all(self.host.allowlist().join("sets"));
        let _ = fs::remove_dir_all(self.roots.state.join("allowlist"));
        self.host.publish(&self.draft);
    }

    /// Installs and approves the workflow with another Snakefile.
    pub(crate) fn install(&mut self, snakefile: &str) {
        write(&self.workflow().join("Snakefile"), snakefile.as_bytes());
        let manifest = manifest_with(snakefile);
        let before = workflow_manifest().digest().to_string();
        let entry = self.entry().replace(&before, &manifest.digest().to_string());
        self.approve(&entry);
        let name = format!("manifests/{}", manifest.digest().hex());
        self.draft.files.insert(name, manifest.to_bytes());
        self.publish();
    }

    /// Where the store keeps the workflow with this Snakefile.
    pub(crate) fn store(&self, snakefile: &str) -> PathBuf {
        self.at("var/lib/sluice/store").join(manifest_with(snakefile).digest().hex())
    }

    pub(crate) fn workflow_hex(&self) -> String {
        workflow_manifest().digest().hex()
    }

    pub(crate) fn answer(&self) -> Verdict {
        self.answer_to(&serde_json::to_vec(&self.facts).unwrap())
    }

    pub(crate) fn answer_to(&self, message: &[u8]) -> Verdict {
        answer(message, &self.roots, || NOW, &mut Pulse::new(std::io::sink()))
    }

    #[track_caller]
    pub(crate) fn admitted(&self) -> Admission {
        match self.answer() {
            Verdict::Admit(admission) => *admission,
            other => panic!("{other:?}"),
        }
    }

    /// Code and message of the refusal, or "admit".
    pub(crate) fn outcome(&self) -> (String, String) {
        outcome(self.answer())
    }

    pub(crate) fn audit(&self) -> Vec<serde_json::Value> {
        let text = fs::read_to_string(self.roots.log.join("audit.jsonl")).unwrap_or_default();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// Names of all that an admission makes for its job.
    pub(crate) fn made(&self) -> Vec<PathBuf> {
        [
            "private/sealed/lab",
            "private/attestations/running",
            "run/sluice/jobs",
            "var/lib/sluice/pending",
        ]
        .iter()
        .filter_map(|dir| fs::read_dir(self.at(dir)).ok())
        .flatten()
        .map(|entry| entry.unwrap().path())
        .collect()
    }
}

pub(crate) fn outcome(verdict: Verdict) -> (String, String) {
    match verdict {
        Verdict::Admit(_) => ("admit".into(), String::new()),
        Verdict::Refuse(refusal) => (refusal.code, refusal.message),
        Verdict::OutOfScope => ("untouched".into(), String::new()),
    }
}

/// Writes the approved workflow.
pub(crate) fn bundle(path: &Path, snakefile: &str) {
    write(&path.join("Snakefile"), snakefile.as_bytes());
    write(&path.join("scripts/tool.sh"), TOOL.as_bytes());
    write(&path.join("schema.json"), SCHEMA.as_bytes());
    mode(&path.join("Snakefile"), 0o664);
    mode(&path.join("scripts/tool.sh"), 0o755);
    symlink("scripts/tool.sh", path.join("tool")).unwrap();
}

fn workflow_manifest() -> Manifest {
    manifest_with(SNAKEFILE)
}

fn manifest_with(snakefile: &str) -> Manifest {
    let tool = Digest::of(TOOL.as_bytes());
    let digest = Digest::of(snakefile.as_bytes());
    Manifest::from_items(vec![
        Item::file("Snakefile", false, snakefile.len() as u64, digest),
        Item::file("schema.json", false, SCHEMA.len() as u64, Digest::of(SCHEMA.as_bytes())),
        Item::directory("scripts"),
        Item::file("scripts/tool.sh", true, TOOL.len() as u64, tool),
        Item::link("tool", "scripts/tool.sh"),
    ])
    .unwrap()
}

fn runtime_manifest() -> Manifest {
    let tool = Digest::of(TOOL.as_bytes());
    Manifest::from_items(vec![
        Item::directory("bin"),
        Item::file("bin/snakemake", true, TOOL.len() as u64, tool),
    ])
    .unwrap()
}

pub(crate) fn mode(path: &Path, bits: u32) {
    fs::set_permissions(path, PermissionsExt::from_mode(bits)).unwrap();
}
