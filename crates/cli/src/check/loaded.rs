//! What slurmd has really loaded: a file can be right, and the running daemon another story.

use std::fs::{self, File};
use std::io::Read;
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use sluice_protocol::Loaded;
use sluice_sys::trusted::{Trust, open_trusted_file};

use super::Findings;

/// Upper bound of the stamp, in bytes.
const MAX_BYTES: u64 = 4 << 10;

/// How much older than slurmd its stamp may look.
const LATE: Duration = Duration::from_secs(60);

/// Whether slurmd has left its stamp here: then this host is a node.
pub(super) fn is_node() -> bool {
    fs::exists(Loaded::STAMP).unwrap_or_default()
}

pub(super) fn check(findings: &mut Findings) {
    let Some(loaded) = stamp(findings) else { return };
    let Loaded { version, slurm, mode, .. } = &loaded;
    findings.ok(format_args!(
        "slurmd loaded version {version} for Slurm {slurm}, mode {}",
        mode.word()
    ));
    if version != env!("CARGO_PKG_VERSION") {
        findings.warn(
            format_args!("this is version {} of sluice", env!("CARGO_PKG_VERSION")),
            "install one version of all parts and restart slurmd",
        );
    }
    if let Some(installed) = installed_slurm().filter(|installed| installed != slurm) {
        findings.fail(
            format_args!("Slurm {installed} is installed, the plugin is for {slurm}"),
            "install the plugin for that version before slurmd starts: else the node drains",
        );
    }
}

/// The stamp of the slurmd that runs now.
fn stamp(findings: &mut Findings) -> Option<Loaded> {
    let running = slurmd_age();
    let file = match open_trusted_file(Loaded::STAMP.as_ref(), Trust::ROOT) {
        Ok(file) => File::from(file),
        Err(error) if error.is_missing() => {
            if running.is_some() {
                without_plugin(findings);
            }
            return None;
        }
        Err(error) => {
            findings.fail(error, "find out who may write there, and restart slurmd");
            return None;
        }
    };
    let written = file.metadata().and_then(|meta| meta.modified()).ok()?;
    let age = written.elapsed().unwrap_or_default();
    match running {
        None => findings.warn("slurmd does not run", "start it: on a node every job needs it"),
        Some(running) if running + LATE < age => {
            without_plugin(findings);
            return None;
        }
        Some(_) => {}
    }
    let loaded = serde_json::from_reader(file.take(MAX_BYTES)).ok();
    if loaded.is_none() {
        findings.fail(format_args!("{} can't be read", Loaded::STAMP), "restart slurmd");
    }
    loaded
}

fn without_plugin(findings: &mut Findings) {
    findings.fail(
        "slurmd runs without the plugin: no job comes to its attestation",
        "restart slurmd: it loads plugins only at its start",
    );
}

/// How long this host's slurmd has been running. One in another mount namespace is another host's.
fn slurmd_age() -> Option<Duration> {
    let mounts = |process: &str| {
        fs::metadata(format!("/proc/{process}/ns/mnt")).ok().map(|meta| (meta.dev(), meta.ino()))
    };
    let own = mounts("self");
    let uptime = fs::read_to_string("/proc/uptime").ok()?;
    let uptime: f64 = uptime.split_whitespace().next()?.parse().ok()?;
    let age = |pid: &str| {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        let after_name = stat.strip_prefix(&format!("{pid} (slurmd) "))?;
        // Field 22 counts hundredths of a second since boot, proc_pid_stat(5).
        let started: f64 = after_name.split(' ').nth(22 - 3)?.parse().ok()?;
        Duration::try_from_secs_f64(uptime - started / 100.0).ok()
    };
    let processes = fs::read_dir("/proc").ok()?.flatten().map(|entry| entry.file_name());
    let here = processes.filter_map(|name| {
        let pid = name.to_str()?;
        age(pid).filter(|_| mounts(pid) == own)
    });
    here.max()
}

/// Major and minor of the installed slurmd, such as `22.05`.
fn installed_slurm() -> Option<String> {
    let program = ["/usr/sbin/slurmd", "/usr/local/sbin/slurmd"].map(PathBuf::from);
    let output = Command::new(program.iter().find(|path| path.is_file())?).arg("-V").output();
    let text = String::from_utf8(output.ok()?.stdout).ok()?;
    let mut parts = text.split_whitespace().last()?.split('.');
    Some(format!("{}.{}", parts.next()?, parts.next()?))
}
