//! How the admitted job is sealed, for the plugin to apply.

use std::path::PathBuf;

use sluice_policy::entry;
use sluice_protocol::{Access, Admission, Bind, FORMAT, Network, OpenAs, Stdio};

use crate::Job;
use crate::decide::Approved;
use crate::store::Store;

/// Variables that slurmstepd and workflow engines need; none carries the user's text.
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

pub(crate) fn of(job: &Job<'_>, approved: &Approved, store: &Store) -> Admission {
    Admission {
        format: FORMAT,
        record: job.record(),
        script: job.record().join("script"),
        script_at: job.facts.job.script.clone().unwrap_or_default(),
        binds: binds(job, approved, store),
        env_keep: ENV_KEEP.iter().map(|name| (*name).into()).collect(),
        env_set: env_set(job, approved),
        network: match approved.verified.entry.network {
            entry::Network::None => Network::None,
        },
        stdio: stdio(job, approved.verified.entry.stdio),
    }
}

fn binds(job: &Job<'_>, approved: &Approved, store: &Store) -> Vec<Bind> {
    let (uid, gid) = job.user.service;
    let service = OpenAs::Service(uid, gid);
    let code = approved.bundles().map(|bundle| Bind {
        source: store.place(&bundle),
        target: bundle.source.into(),
        open_as: OpenAs::Root,
        access: Access::Execute,
    });
    let data = approved.data.iter().map(|data| Bind {
        source: data.source.clone(),
        target: data.target.clone(),
        open_as: service,
        access: Access::Read,
    });
    let run = Bind {
        source: job.seal().join("run"),
        target: job.drop_box.path().into(),
        open_as: service,
        access: Access::Write,
    };
    code.chain(data).chain([run]).collect()
}

fn env_set(job: &Job<'_>, approved: &Approved) -> Vec<(String, String)> {
    let path = match &approved.runtime {
        Some((runtime, _)) => format!("{}/bin:/usr/bin:/bin", runtime.display()),
        None => "/usr/bin:/bin".into(),
    };
    let user = job.user.name.as_str();
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
    .map(|(name, value)| (name.into(), value.into()))
    .into()
}

fn stdio(job: &Job<'_>, wanted: entry::Stdio) -> Stdio {
    let own = PathBuf::from(job.drop_box.path()).join(".sluice");
    match wanted {
        entry::Stdio::Sealed => {
            Stdio::Sealed { stdout: own.join("stdout"), stderr: own.join("stderr") }
        }
        entry::Stdio::Discard => Stdio::Discard,
    }
}
