//! Settings of a node that would weaken the sandbox: looked for when slurmd starts and by
//! `sluice check`, and while there is one, jobs in scope are refused.

mod kernel;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use sluice_sys::atomic;
use sluice_sys::trusted::{Trust, ensure_dir};

use crate::finding::BY_NUMBER;
pub use crate::finding::{Finding, NAMES, SLURMD_REACHABLE};
use crate::sandbox::Sandbox;
use crate::slurm_conf::SlurmConf;

/// What slurmd's start found, below the state of running jobs.
const FILE: &str = "node.json";
/// PAM services include each other this deep at most.
const MAX_DEPTH: u32 = 8;

/// What slurmd's start knew of its node.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Node {
    format: u32,
    slurm_conf: Option<PathBuf>,
    findings: Vec<Finding>,
}

impl Node {
    /// Looks at this node, whose slurmd reads this slurm.conf.
    pub fn look(slurm_conf: Option<PathBuf>) -> Self {
        let mut findings = settings(slurm_conf.as_deref());
        findings.extend(kernel::findings());
        Self { format: 1, slurm_conf, findings }
    }

    /// Keeps it for the jobs that come.
    pub fn save(&self, run: &Path) -> io::Result<()> {
        let run = ensure_dir(run, 0o755, Trust::ROOT).map_err(io::Error::other)?;
        atomic::replace(run, FILE, &serde_json::to_vec(self)?, 0o644)
    }

    /// What was kept; there is nothing if slurmd started without the plugin.
    pub fn load(run: &Path) -> io::Result<Self> {
        Ok(serde_json::from_slice(&fs::read(run.join(FILE))?)?)
    }

    /// What the site does not accept: of what was found at the start, and of what slurm.conf says
    /// by now.
    pub fn unsafe_for(&self, sandbox: &Sandbox) -> Vec<Finding> {
        let mut all = self.findings.clone();
        for finding in settings(self.slurm_conf.as_deref()) {
            if !all.contains(&finding) {
                all.push(finding);
            }
        }
        all.retain(|finding| !is_accepted(finding, sandbox));
        all
    }
}

/// Whether the site lives with it, or allows its program by name.
fn is_accepted(finding: &Finding, sandbox: &Sandbox) -> bool {
    sandbox.accept.contains(&finding.name)
        || (sandbox.exclusive && finding.name == BY_NUMBER)
        || finding.program.as_ref().is_some_and(|it| sandbox.main_thread_programs.contains(it))
}

/// What Slurm's and PAM's configuration say.
fn settings(slurm_conf: Option<&Path>) -> Vec<Finding> {
    let Some(path) = slurm_conf else { return Vec::new() };
    let conf = match SlurmConf::read(path) {
        Ok(conf) => conf,
        Err(error) => {
            let what = format!("{} can't be read: {error}", path.display());
            return vec![Finding::new("slurm-conf", what, "make it readable, restart slurmd")];
        }
    };
    let mut findings = Vec::new();
    if conf.lists("SlurmdParameters", "contain_spank") {
        findings.push(Finding::new(
            "contain-spank",
            "SlurmdParameters has contain_spank: the task epilog keeps its right to execute",
            "take contain_spank out of slurm.conf and restart slurmd",
        ));
    }
    let oci = path.with_file_name("oci.conf");
    if oci.exists() {
        findings.push(Finding::new(
            "oci-runtime",
            format!(
                "{} lets slurmstepd run a container runtime outside the sandbox",
                oci.display()
            ),
            "remove it from the nodes that load Sluice's plugin",
        ));
    }
    for (key, name) in
        [("TaskEpilog", "task-epilog"), ("UnkillableStepProgram", "unkillable-step-program")]
    {
        if let Some(program) = conf.get(key).filter(|value| !value.is_empty()) {
            findings.push(Finding {
                program: Some(program.into()),
                ..Finding::new(
                    name,
                    format!("{key}={program} runs outside the sandbox"),
                    "add it to sandbox.main-thread-programs in sluice.toml, or take it out of \
                     slurm.conf and restart slurmd",
                )
            });
        }
    }
    if let Some(gauges) = conf.get("JobAcctGatherType").filter(|it| !is_none(it)) {
        findings.push(Finding::new(
            "visible-gauges",
            format!("JobAcctGatherType={gauges} shows every user a running job's memory, disk and CPU"),
            "set JobAcctGatherType=jobacct_gather/none in slurm.conf and restart slurmd; or accept it \
             in sluice.toml",
        ));
    }
    let uses_pam = conf.get("UsePAM").is_some_and(|it| it == "1" || it.eq_ignore_ascii_case("yes"));
    if uses_pam && runs_programs(Path::new("/etc/pam.d"), "slurm", MAX_DEPTH) {
        findings.push(Finding::new(
            "pam-exec",
            "UsePAM=1, and /etc/pam.d/slurm runs programs with pam_exec outside the sandbox",
            "take pam_exec out of /etc/pam.d/slurm and what it includes, or UsePAM out of slurm.conf",
        ));
    }
    findings
}

/// Whether a plugin's name is that of none, with or without its kind.
fn is_none(plugin: &str) -> bool {
    let name = plugin.rsplit('/').next().unwrap_or_default();
    name.is_empty() || name.eq_ignore_ascii_case("none")
}

/// Whether a PAM service has pam_exec, by itself or by what it includes.
fn runs_programs(dir: &Path, service: &str, depth: u32) -> bool {
    let Ok(text) = fs::read_to_string(dir.join(service)) else { return false };
    text.lines().map(|line| line.split('#').next().unwrap_or_default()).any(|line| {
        let words: Vec<&str> = line.split_whitespace().collect();
        let included = match words.as_slice() {
            ["@include", service] => Some(*service),
            [_, "include" | "substack", service, ..] => Some(*service),
            _ => None,
        };
        line.contains("pam_exec.so")
            || included.is_some_and(|it| depth == 0 || runs_programs(dir, it, depth - 1))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(conf: &str, sandbox: &Sandbox) -> Vec<String> {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("slurm.conf");
        fs::write(&path, conf).unwrap();
        let node = Node { format: 1, slurm_conf: Some(path), findings: Vec::new() };
        node.unsafe_for(sandbox).into_iter().map(|finding| finding.name).collect()
    }

    #[test]
    fn settings_are_found_and_accepted_by_name() {
        let strict = Sandbox::default();
        assert!(names("ClusterName=c\n", &strict).is_empty());
        assert_eq!(names("SlurmdParameters=contain_spank", &strict), ["contain-spank"]);
        assert_eq!(names("taskepilog=/opt/e", &strict), ["task-epilog"]);
        assert_eq!(names("UnkillableStepProgram=/opt/u", &strict), ["unkillable-step-program"]);
        assert_eq!(names("include nothing", &strict), ["slurm-conf"]);
        assert!(names("JobAcctGatherType=jobacct_gather/none", &strict).is_empty());
        for gauges in ["jobacct_gather/linux", "jobacct_gather/cgroup", "linux"] {
            assert_eq!(names(&format!("JobAcctGatherType={gauges}"), &strict), ["visible-gauges"]);
        }

        let allowing =
            Sandbox { main_thread_programs: vec!["/opt/e".into()], ..Sandbox::default() };
        assert!(names("TaskEpilog=/opt/e", &allowing).is_empty());
        assert_eq!(names("TaskEpilog=/opt/other", &allowing), ["task-epilog"]);
        let living = Sandbox { accept: vec!["contain-spank".into()], ..Sandbox::default() };
        assert!(names("SlurmdParameters=contain_spank", &living).is_empty());
    }

    #[test]
    fn every_node_is_asked_who_runs_there() {
        let sandbox = |text: &str| toml::from_str::<Sandbox>(text).unwrap();
        let found = |sandbox: &Sandbox| {
            Node::look(None).unsafe_for(sandbox).iter().any(|finding| finding.name == BY_NUMBER)
        };
        assert!(found(&Sandbox::default()));
        assert!(!found(&sandbox("exclusive = true")));
        assert!(!found(&sandbox("accept = [\"visible-by-number\"]")));
    }

    #[test]
    fn an_oci_configuration_is_found() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("slurm.conf");
        fs::write(&path, "").unwrap();
        fs::write(dir.path().join("oci.conf"), "").unwrap();
        assert_eq!(settings(Some(&path))[0].name, "oci-runtime");
    }

    #[test]
    fn programs_of_pam_are_found_through_includes() {
        let dir = tempfile::tempdir().unwrap();
        let service = |name: &str, text: &str| fs::write(dir.path().join(name), text).unwrap();
        service("slurm", "auth required pam_permit.so\n@include common\n");
        service("common", "session optional pam_unix.so # pam_exec.so\n");
        assert!(!runs_programs(dir.path(), "slurm", MAX_DEPTH));
        service("common", "session include deeper\n");
        service("deeper", "session [default=ignore] pam_exec.so /opt/x\n");
        assert!(runs_programs(dir.path(), "slurm", MAX_DEPTH));
        service("deeper", "session include common\n");
        assert!(runs_programs(dir.path(), "slurm", MAX_DEPTH), "a circle is not judged harmless");
        assert!(!runs_programs(dir.path(), "missing", MAX_DEPTH));
    }
}
