//! A node's part in a job's end; the epilog waits for it, so it is short.

use std::{
    fs::{self, File},
    io::{ErrorKind, Read},
    os::unix::{fs::FileExt, process::CommandExt},
    path::{Path, PathBuf},
    thread::sleep,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};
use rustix::fs::{FlockOperation, OFlags, flock, syncfs};
use sluice_site::{paths::Roots, record::Record};
use sluice_sys::{
    atomic, beneath,
    pins::{self, CLOSED, INTERFERED, SPACE, USER},
    program::clean,
    read_limited,
    survivors::{self, Namespace},
};

use crate::host::{self, Host, job_of};

/// What a node that is done says of the steps it ran.
const WHOLE: &str = "done\n";
/// As above: a step there was ended before its time.
const LESS: &str = "interfered\n";
/// What is left of a job may take this long to die.
const PATIENCE: Duration = Duration::from_secs(5);

/// Ends `job` on this node, called `node` by Slurm. What has to be gone goes first: that takes no
/// configuration, which may be broken just now.
pub(crate) fn end(roots: &Roots, job: u32, node: &str) -> Result<()> {
    if node.is_empty() || !node.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b)) {
        bail!("{node:?} is no node name");
    }
    let names = names_of(&roots.run.join("jobs"), job)?;
    // Told to `done`, which finds no record any more.
    let interfered = names.iter().any(|name| is_interfered(&host::run_dir(roots, name)));
    let cleared = names.iter().map(|name| clear(roots, name)).fold(Ok(()), Result::and);
    // The worker is started whatever happens here: it waits for this node's done record, and
    // without one it attests in the end that the node was lost. It makes its own node's.
    if !host::incarnations(roots, Some(job))?.is_empty() {
        return start_worker(job).and(cleared);
    }
    cleared?;
    let job = job.to_string();
    let words = ["done", &job, node, INTERFERED];
    start(if interfered { &words } else { &words[..3] })
}

/// Whether the plugin noted on this node that a step was ended before its time.
pub(crate) fn is_interfered(run_dir: &Path) -> bool {
    run_dir.join(INTERFERED).exists()
}

/// Says that nothing of `job` runs on `node`, where it has ended, and nothing is still to be
/// written. That takes as long as the file system does, so the epilog doesn't wait for it.
pub(crate) fn done(host: &Host, job: u32, node: &str, interfered: bool) -> Result<()> {
    let names = host.as_service(|| names_of(&host.running(), job))?;
    names.iter().try_for_each(|name| report_done(host, name, node, interfered))
}

/// Kills what is left of an incarnation on this node and lets go of its namespaces.
pub(crate) fn clear(roots: &Roots, name: &str) -> Result<()> {
    let dir = host::run_dir(roots, name);
    close(&dir)?;
    pins::release(&dir);
    // What nothing is kept of has no pending record, and so no worker to clear it away.
    if dir.exists() && !host::incarnations(roots, None)?.iter().any(|kept| kept == name) {
        fs::remove_dir_all(&dir).with_context(|| dir.display().to_string())?;
    }
    Ok(())
}

/// Kills who is in the job's namespaces while nobody can join them, and leaves them closed.
fn close(dir: &Path) -> Result<()> {
    let mut options = File::options();
    options.read(true).write(true).create(true).truncate(false);
    let mut space = match options.open(dir.join(SPACE)) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        opened => opened.context("the job's namespaces")?,
    };
    lock(&space)?;
    let mut words = String::new();
    space.read_to_string(&mut words).context("the job's namespaces")?;
    // A job that never reached its sandbox has none. One that is closed has none any more: the
    // kernel gives the number to the next job's.
    if let Some(user) = namespace(&words) {
        let pin = File::open(dir.join(USER)).ok();
        survivors::kill_all(user, pin, PATIENCE).context("processes of the job")?;
    }
    space.write_all_at(CLOSED.as_bytes(), 0).context("the job's namespaces")?;
    space.set_len(CLOSED.len() as u64).context("the job's namespaces")
}

/// Takes the record's lock from the tasks that are joining, which takes them milliseconds.
fn lock(space: &File) -> Result<()> {
    let deadline = Instant::now() + PATIENCE;
    while flock(space, FlockOperation::NonBlockingLockExclusive).is_err() {
        if Instant::now() > deadline {
            bail!("a task goes on joining the job's namespaces");
        }
        sleep(Duration::from_millis(5));
    }
    Ok(())
}

/// Says that nothing of an incarnation runs on `node` any more, and nothing that ran there is still
/// to be written: what a process has mapped of a file on a network is not written when it ends.
pub(crate) fn report_done(host: &Host, name: &str, node: &str, interfered: bool) -> Result<()> {
    host.as_service(|| {
        let sealed = beneath::open_dir(&host.site.sealed_root.join(&host.site.cluster))
            .context("sealed directories")?;
        syncfs(&sealed).context("sealed directories")?;
        let dir = beneath::open_dir(&host.running().join(name))?;
        let word = if interfered { LESS } else { WHOLE };
        atomic::write(&dir, node, word.as_bytes(), 0o600).context("done record")
    })
}

/// Whether any of the nodes of an incarnation that are done says that it ran less than the whole.
pub(crate) fn any_interfered(host: &Host, record: &Record) -> Result<bool> {
    let running = beneath::open_dir(&host.running())?;
    let dir = PathBuf::from(record.incarnation());
    for node in &record.nodes {
        let word = match beneath::open_beneath(&running, &dir.join(node), OFlags::RDONLY) {
            Err(error) if error.kind() == ErrorKind::NotFound => continue,
            opened => read_limited(opened?, WHOLE.len().max(LESS.len()))?,
        };
        if word != WHOLE.as_bytes() {
            return Ok(true);
        }
    }
    Ok(false)
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
fn namespace(words: &str) -> Option<Namespace> {
    let (device, inode) = words.trim().split_once(':')?;
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

        for map in ["uid_map", "gid_map"] {
            fs::write(format!("/proc/{}/{map}", left.id()), "0 0 4294967295").unwrap();
        }

        clear(&roots, "7.0").unwrap();
        assert!(!left.wait().unwrap().success());
        assert!(record.exists());
        // Whoever gets that number next is left alone, and nobody joins.
        assert_eq!(fs::read_to_string(record.join(SPACE)).unwrap(), CLOSED);
        clear(&roots, "7.0").unwrap();
    }
}
