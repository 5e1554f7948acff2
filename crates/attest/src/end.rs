//! A node's part in a job's end; the epilog waits for it, so it is short.

use std::{
    fs::{self, File},
    io::ErrorKind,
    os::unix::process::CommandExt,
    path::PathBuf,
    thread::sleep,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};
use rustix::fs::{FlockOperation, OFlags, flock, syncfs};
use sluice_site::{paths::Roots, record::Record};
use sluice_sys::{
    atomic, beneath,
    jobs::{
        Incarnation, JobDir, RecordName, Space,
        pins::{self, USER},
    },
    program::clean,
    read_limited, survivors,
};

use crate::host::Host;

/// Tells `done` that a step was ended before its time.
pub(crate) const INTERFERED: &str = "interfered";
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
    let jobs = roots.jobs();
    let mut names = jobs.names()?;
    names.retain(|name| name.incarnation.job == job);
    // Told to `done`, which finds no record any more.
    let interfered = names.iter().any(|name| jobs.dir(*name).is_interfered());
    let cleared = names.iter().map(|name| clear(roots, *name)).fold(Ok(()), Result::and);
    // The worker is started whatever happens here: it waits for this node's done record, and
    // without one it attests in the end that the node was lost. It makes its own node's.
    if roots.pending().jobs()?.iter().any(|pending| pending.job == job) {
        return start_worker(job).and(cleared);
    }
    cleared?;
    let job = job.to_string();
    let words = ["done", &job, node, INTERFERED];
    start(if interfered { &words } else { &words[..3] })
}

/// Says that nothing of `job` runs on `node`, where it has ended, and nothing is still to be
/// written. That takes as long as the file system does, so the epilog doesn't wait for it.
pub(crate) fn done(host: &Host, job: u32, node: &str, interfered: bool) -> Result<()> {
    let running = host.as_service(|| running(host, job))?;
    running.into_iter().try_for_each(|it| report_done(host, it, node, interfered))
}

/// Kills what is left of an incarnation on this node and lets go of its namespaces.
pub(crate) fn clear(roots: &Roots, name: RecordName) -> Result<()> {
    let dir = roots.jobs().dir(name);
    close(&dir)?;
    pins::release(&dir);
    // What nothing is kept of has no pending record, and so no worker to clear it away.
    let is_kept = |kept: &Incarnation| RecordName::from(*kept) == name;
    if dir.path().exists() && !roots.pending().jobs()?.iter().any(is_kept) {
        fs::remove_dir_all(dir.path()).with_context(|| dir.path().display().to_string())?;
    }
    Ok(())
}

/// Kills who is in the job's namespaces while nobody can join them, and leaves them closed.
fn close(dir: &JobDir) -> Result<()> {
    let space = match dir.open_space() {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        opened => opened.context("the job's namespaces")?,
    };
    lock(&space)?;
    // A job that never reached its sandbox has none. One that is closed has none any more: the
    // kernel gives the number to the next job's.
    if let Space::Made(user) = Space::read(&space).context("the job's namespaces")? {
        let pin = File::open(dir.join(USER)).ok();
        survivors::kill_all(user, pin, PATIENCE).context("processes of the job")?;
    }
    Space::Closed.write(&space).context("the job's namespaces")
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
pub(crate) fn report_done(
    host: &Host,
    incarnation: Incarnation,
    node: &str,
    interfered: bool,
) -> Result<()> {
    host.as_service(|| {
        let sealed = beneath::open_dir(&host.site.sealed_root.join(&host.site.cluster))
            .context("sealed directories")?;
        syncfs(&sealed).context("sealed directories")?;
        let dir = beneath::open_dir(&host.site.running().join(incarnation.to_string()))?;
        let word = if interfered { LESS } else { WHOLE };
        atomic::write(&dir, node, word.as_bytes(), 0o600).context("done record")
    })
}

/// Whether any of the nodes of an incarnation that are done says that it ran less than the whole.
pub(crate) fn any_interfered(host: &Host, record: &Record) -> Result<bool> {
    let running = beneath::open_dir(&host.site.running())?;
    let dir = PathBuf::from(record.incarnation().to_string());
    for node in &record.run.nodes {
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

/// The job's incarnations that nodes still have to say they are done with.
fn running(host: &Host, job: u32) -> Result<Vec<Incarnation>> {
    let dir = host.site.running();
    if !dir.exists() {
        return Ok(Vec::new());
    }
    let mut found = Vec::new();
    for entry in fs::read_dir(&dir).with_context(|| dir.display().to_string())? {
        let name = entry?.file_name();
        found.extend(name.to_str().and_then(|name| name.parse::<Incarnation>().ok()));
    }
    found.retain(|it| it.job == job);
    Ok(found)
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use sluice_sys::survivors::Namespace;

    use super::*;

    #[test]
    fn a_namespace_is_cleared_only_once() {
        let dir = tempfile::tempdir().unwrap();
        let roots = Roots {
            run: dir.path().join("run"),
            state: dir.path().join("state"),
            ..Roots::system()
        };
        let seven = Incarnation { job: 7, restart: 0 };
        let record = roots.jobs().dir(seven.into());
        fs::create_dir_all(record.path()).unwrap();
        // Still to be attested: the record stays.
        fs::create_dir_all(roots.pending().path()).unwrap();
        File::create(roots.pending().record(seven)).unwrap();

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
        Space::Made(found).write(&record.open_space().unwrap()).unwrap();

        for map in ["uid_map", "gid_map"] {
            fs::write(format!("/proc/{}/{map}", left.id()), "0 0 4294967295").unwrap();
        }

        clear(&roots, seven.into()).unwrap();
        assert!(!left.wait().unwrap().success());
        assert!(record.path().exists());
        // Whoever gets that number next is left alone, and nobody joins.
        assert_eq!(Space::read(&record.open_space().unwrap()).unwrap(), Space::Closed);
        clear(&roots, seven.into()).unwrap();
    }
}
