//! A node's part in a job's end; the epilog waits for it, so it is short.

use std::{fs, os::unix::process::CommandExt, path::Path, time::Duration};

use anyhow::{Context, Result, bail};
use sluice_site::paths::Roots;
use sluice_sys::{
    atomic, beneath, pins,
    program::clean,
    survivors::{self, Namespace},
};

use crate::host::{self, Host, job_of};

/// What is left of a job may take this long to die.
const PATIENCE: Duration = Duration::from_secs(5);
/// Where the plugin notes the job's user namespace.
const SPACE: &str = "space";

/// Ends `job` on this node, called `node` by Slurm. What has to be gone goes first: that takes no
/// configuration, which may be broken just now.
pub(crate) fn end(roots: &Roots, job: u32, node: &str) -> Result<()> {
    if node.is_empty() || !node.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b)) {
        bail!("{node:?} is no node name");
    }
    let cleared = names_of(&roots.run.join("jobs"), job)?
        .iter()
        .map(|name| clear(roots, name))
        .fold(Ok(()), Result::and);
    // The worker is started whatever happens here: it waits for this node's done record, and
    // without one it attests in the end that the node was lost.
    let done = cleared.and_then(|()| {
        let host = Host::load()?;
        let names = host.as_service(|| names_of(&host.running(), job))?;
        names.iter().try_for_each(|name| report_done(&host, name, node))
    });
    if host::incarnations(roots, Some(job))?.is_empty() {
        return done;
    }
    start_worker(job).and(done)
}

/// Kills what is left of an incarnation on this node and lets go of its namespaces.
pub(crate) fn clear(roots: &Roots, name: &str) -> Result<()> {
    let dir = host::run_dir(roots, name);
    // A job that never reached its sandbox left no namespace.
    if let Some(user) = namespace(&dir) {
        survivors::kill_all(user, PATIENCE).context("processes of the job")?;
        // Without its pins the namespace is gone, and the kernel gives its number to the next job's.
        fs::remove_file(dir.join(SPACE)).context("the job's namespace")?;
    }
    pins::release(&dir);
    // What nothing is kept of has no pending record, and so no worker to clear it away.
    if dir.exists() && !host::incarnations(roots, None)?.iter().any(|kept| kept == name) {
        fs::remove_dir_all(&dir).with_context(|| dir.display().to_string())?;
    }
    Ok(())
}

/// Says that nothing of an incarnation runs on `node` any more.
pub(crate) fn report_done(host: &Host, name: &str, node: &str) -> Result<()> {
    host.as_service(|| {
        let dir = beneath::open_dir(&host.running().join(name))?;
        atomic::write(&dir, node, b"done\n", 0o600).context("done record")
    })
}

/// Starts the worker and does not wait for it.
pub(crate) fn start_worker(job: u32) -> Result<()> {
    start(&["job", &job.to_string()])
}

/// Starts this program with other words.
pub(crate) fn start(words: &[&str]) -> Result<()> {
    clean(sluice_protocol::ATTEST_PROGRAM)
        .args(words)
        // Slurm kills the epilog's process group when the epilog is over.
        .process_group(0)
        .spawn()
        .context(sluice_protocol::ATTEST_PROGRAM)?;
    Ok(())
}

/// Directories of one job, `JOB.RESTART` and those of its steps on trial.
fn names_of(dir: &Path, job: u32) -> Result<Vec<String>> {
    if !dir.exists() {
        return Ok(Vec::new());
    }
    let mut names = Vec::new();
    for entry in fs::read_dir(dir).with_context(|| dir.display().to_string())? {
        if let Some(name) = entry?.file_name().to_str()
            && job_of(name) == Some(job)
        {
            names.push(name.to_owned());
        }
    }
    Ok(names)
}

/// The job's user namespace, as the plugin noted it: `DEVICE:INODE`.
fn namespace(dir: &Path) -> Option<Namespace> {
    let text = fs::read_to_string(dir.join(SPACE)).ok()?;
    let (device, inode) = text.trim().split_once(':')?;
    Some(Namespace { device: device.parse().ok()?, inode: inode.parse().ok()? })
}

#[cfg(test)]
mod tests {
    use std::{fs::File, process::Command};

    use super::*;

    #[test]
    fn a_namespace_is_cleared_only_once() {
        let dir = tempfile::tempdir().unwrap();
        let roots = Roots {
            run: dir.path().join("run"),
            state: dir.path().join("state"),
            ..Roots::system()
        };
        let record = host::run_dir(&roots, "7.0");
        fs::create_dir_all(&record).unwrap();
        // Still to be attested: the record stays.
        fs::create_dir_all(host::pending(&roots)).unwrap();
        File::create(host::pending(&roots).join("7.0.json")).unwrap();

        let mut left = Command::new("unshare").args(["--user", "sleep", "1000"]).spawn().unwrap();
        let own = Namespace::of(&File::open("/proc/self/ns/user").unwrap()).unwrap();
        let found = loop {
            let file = File::open(format!("/proc/{}/ns/user", left.id())).unwrap();
            let found = Namespace::of(&file).unwrap();
            if found != own {
                break found;
            }
            std::thread::sleep(Duration::from_millis(1));
        };
        fs::write(record.join(SPACE), format!("{}:{}\n", found.device, found.inode)).unwrap();

        clear(&roots, "7.0").unwrap();
        assert!(!left.wait().unwrap().success());
        assert!(record.exists());
        // Whoever gets that number next is left alone.
        assert_eq!(namespace(&record), None);
        clear(&roots, "7.0").unwrap();
    }
}
