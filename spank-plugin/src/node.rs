//! The node's side: the stamp that says what was loaded, changes of mode, ended jobs.

use std::{
    env, fs,
    io::ErrorKind,
    path::Path,
    process::Child,
    time::{Duration, Instant},
};

use sluice_protocol::{ADMIT_PROGRAM, ATTEST_PROGRAM, FORMAT, Loaded, Mode};
use sluice_sys::program::{clean, stop, wait_until};

use crate::{
    SLURM,
    ffi::{Spank, log_error, log_info},
};

/// The mode that was last written to the audit log.
const LAST_MODE: &str = "/run/sluice/mode";
/// What a program of ours may take. Slurm drains a node whose epilog takes too long; slurmd's start
/// and a step that notes a new mode wait as long at most.
const PATIENCE_SECONDS: u64 = 10;

/// slurmd has loaded the plugin: leaves the stamp and resumes interrupted attestations.
/// Whatever fails here is logged; slurmd always starts.
pub(crate) fn started(mode: Mode) {
    log_info(&format!(
        "version {} for Slurm {SLURM}, mode {}",
        env!("CARGO_PKG_VERSION"),
        mode.word()
    ));
    let loaded = Loaded {
        format: FORMAT,
        version: env!("CARGO_PKG_VERSION").into(),
        slurm: SLURM.into(),
        mode,
    };
    if let Err(error) = write_stamp(&loaded) {
        log_error(&format!("{}: {error}", Loaded::STAMP));
    }
    note_mode(mode);
    look();
    run(ATTEST_PROGRAM, &["resume"]);
}

/// Has the node's settings looked at; while one is unsafe, jobs are refused.
fn look() {
    let slurm_conf = env::var("SLURM_CONF").ok();
    let words: Vec<&str> = ["look-at-node"].into_iter().chain(slurm_conf.as_deref()).collect();
    run(ADMIT_PROGRAM, &words);
}

fn write_stamp(loaded: &Loaded) -> std::io::Result<()> {
    let stamp = Path::new(Loaded::STAMP);
    let partial = stamp.with_extension("partial");
    fs::create_dir_all(stamp.parent().unwrap_or(stamp))?;
    fs::write(&partial, serde_json::to_vec(loaded)?)?;
    fs::rename(partial, stamp)
}

/// Has a change of mode since the last step or start put into the audit log.
pub(crate) fn note_mode(mode: Mode) {
    let last = fs::read_to_string(LAST_MODE);
    if last.is_ok_and(|last| last.trim() == mode.word()) {
        return;
    }
    let node = env::var("SLURMD_NODENAME").unwrap_or_default();
    run(ADMIT_PROGRAM, &["record-mode", mode.word(), &node]);
}

/// Every node of an ended job: kills what is left, notes that this node is done, and on the
/// batch host starts the attestation, which detaches itself.
pub(crate) fn job_ended(spank: &Spank<'_>) {
    match spank.job_id() {
        Ok(job) => {
            let node = env::var("SLURMD_NODENAME").unwrap_or_default();
            run(ATTEST_PROGRAM, &["end", &job.to_string(), &node]);
        }
        Err(error) => log_error(&error.to_string()),
    }
}

/// Runs a program of ours with a clean environment and gives up on it after a while.
fn run(program: &str, words: &[&str]) {
    let outcome = match clean(program).args(words).spawn() {
        Ok(child) => wait(child),
        Err(error) if error.kind() == ErrorKind::NotFound => Err("is not installed".into()),
        Err(error) => Err(error.to_string()),
    };
    if let Err(why) = outcome {
        log_error(&format!("{program} {}: {why}", words.join(" ")));
    }
}

fn wait(mut child: Child) -> Result<(), String> {
    let deadline = Instant::now() + Duration::from_secs(PATIENCE_SECONDS);
    match wait_until(&mut child, deadline).map_err(|error| error.to_string())? {
        Some(status) if status.success() => Ok(()),
        Some(status) => Err(status.to_string()),
        None => {
            stop(&mut child);
            Err(format!("no end after {PATIENCE_SECONDS} s"))
        }
    }
}
