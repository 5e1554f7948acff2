//! How the admitted job is sealed, for the plugin to apply.

use std::path::{Path, PathBuf};

use sluice_policy::entry;
use sluice_policy::path::is_plain_word;
use sluice_protocol::{
    Access, Admission, Bind, FORMAT, Facts, Network, OpenAs, Sandbox, Script, Stdio,
};
use sluice_site::{Ports, Site};
use sluice_sys::jobs::JobDir;

use crate::batch::Batch;
use crate::decide::Approved;
use crate::places::DataBind;
use crate::store::{Held, Store};
use crate::user::User;

/// Variables that slurmstepd and workflow engines need; they stay if their values are plain words.
const ENV_KEEP: &[&str] = &[
    "SLURM_JOB_ID",
    "SLURM_JOBID",
    "SLURM_CPUS_PER_TASK",
    "SLURM_CPUS_ON_NODE",
    "SLURM_JOB_CPUS_PER_NODE",
    "SLURM_NTASKS",
    "SLURM_NPROCS",
    "SLURM_NNODES",
    "SLURM_JOB_NUM_NODES",
    "SLURM_JOB_NODELIST",
    "SLURM_TASKS_PER_NODE",
    "SLURM_MEM_PER_NODE",
];

/// An approved job: its code comes from the store.
pub(crate) fn of(
    job: &Batch<'_>,
    approved: &Approved,
    store: &Store<'_>,
    held: &[Held],
) -> Admission {
    let code = approved.bundles().zip(held).map(|(bundle, held)| Bind {
        source: store.place(&bundle),
        target: bundle.installed.at.clone(),
        open_as: OpenAs::Root,
        access: Access::Execute,
        image: held.image.as_ref().map(|mounted| mounted.image.clone()),
    });
    let data = data(&job.user, &approved.data);
    Admission {
        binds: of_site(job.site).chain(code).chain(data).chain([run(job)]).collect(),
        env_set: env_set(&job.user, approved.runtime.as_ref().map(|(it, _)| it.at.as_path())),
        network: match approved.verified.entry.network {
            entry::Network::None => Network::None,
            entry::Network::Slurm => {
                let ports = job.site.sandbox.slurm_ports.iter();
                Network::Slurm(ports.map(|Ports(first, last)| (*first, *last)).collect())
            }
        },
        stdio: stdio(job, approved.verified.entry.stdio),
        ..bare(job.facts, &job.record(), &job.user, job.sandbox.clone())
    }
}

/// The sandbox alone.
pub(crate) fn bare(facts: &Facts, record: &JobDir, user: &User, sandbox: Sandbox) -> Admission {
    let script = facts.job.script.clone();
    Admission {
        format: FORMAT,
        script: script.map(|at| Script { copy: record.join(JobDir::SCRIPT), at }),
        record: record.path().into(),
        binds: Vec::new(),
        env_keep: ENV_KEEP.iter().map(|name| (*name).into()).collect(),
        env_set: env_set(user, None),
        network: Network::None,
        stdio: Stdio::Discard,
        unapproved: None,
        sandbox,
    }
}

/// What the site shows to every job; first, since what the entry names is mounted over it.
pub(crate) fn of_site(site: &Site) -> impl Iterator<Item = Bind> {
    site.sandbox.read_only.iter().map(|path| Bind {
        source: path.clone(),
        target: path.clone(),
        open_as: OpenAs::Root,
        access: Access::Execute,
        image: None,
    })
}

/// The data sets, which only the service account can reach.
pub(crate) fn data(user: &User, sets: &[DataBind]) -> impl Iterator<Item = Bind> {
    let (uid, gid) = user.service;
    sets.iter().map(move |data| Bind {
        source: data.source.clone(),
        target: data.target.clone(),
        open_as: OpenAs::Service(uid, gid),
        access: Access::Read,
        image: None,
    })
}

/// The sealed run directory in the drop box's place.
pub(crate) fn run(job: &Batch<'_>) -> Bind {
    let (uid, gid) = job.user.service;
    Bind {
        source: job.site.sealed_run(job.incarnation()),
        target: job.drop_box.path().into(),
        open_as: OpenAs::Service(uid, gid),
        access: Access::Write,
        image: None,
    }
}

fn env_set(user: &User, runtime: Option<&Path>) -> Vec<(String, String)> {
    let path = match runtime {
        Some(runtime) => format!("{}/bin:/usr/bin:/bin", runtime.display()),
        None => "/usr/bin:/bin".into(),
    };
    let user = user.name.as_str();
    [
        ("PATH", path.as_str()),
        ("HOME", "/tmp"),
        ("TMPDIR", "/tmp"),
        ("LANG", "C.UTF-8"),
        ("SHELL", "/bin/bash"),
        ("USER", user),
        ("LOGNAME", user),
        ("PYTHONNOUSERSITE", "1"),
        ("PYTHONDONTWRITEBYTECODE", "1"),
        ("XDG_CACHE_HOME", "/tmp/.cache"),
    ]
    .into_iter()
    // Names of users and runtimes are others' choice.
    .filter(|(_, value)| is_plain_word(value))
    .map(|(name, value)| (name.into(), value.into()))
    .collect()
}

pub(crate) fn stdio(job: &Batch<'_>, wanted: entry::Stdio) -> Stdio {
    let own = PathBuf::from(job.drop_box.path()).join(".sluice");
    match wanted {
        entry::Stdio::Sealed => {
            Stdio::Sealed { stdout: own.join("stdout"), stderr: own.join("stderr") }
        }
        entry::Stdio::Discard => Stdio::Discard,
    }
}
