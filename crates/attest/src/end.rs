//! A node's part in a job's end; the epilog waits for it, so it is short.

use std::{
    collections::BTreeMap,
    fs::{self, File},
    io::ErrorKind,
    os::unix::process::CommandExt,
    thread::sleep,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};
use rustix::fs::{FlockOperation, flock};
use sluice_site::paths::Roots;
use sluice_sys::{
    jobs::{
        Incarnation, JobDir, RecordName, Space,
        pins::{self, USER},
    },
    program::clean,
    survivors,
};

use crate::{done::Ran, report};

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
    let mut ran = BTreeMap::new();
    for name in &names {
        let all = ran.entry(name.incarnation).or_insert(Ran::Whole);
        *all = all.and(Ran::on_node(&jobs.dir(*name)));
    }
    let cleared = names.iter().map(|name| clear_or_say(roots, *name)).fold(Ok(()), Result::and);
    // The worker is started whatever happens here: it waits for this node's done record, and
    // without one it attests in the end that the node was lost. It makes its own node's.
    if roots.pending().jobs()?.iter().any(|pending| pending.job == job) {
        return start_worker(job).and(cleared);
    }
    cleared?;
    if ran.is_empty() {
        return start(&["done", &job.to_string(), node, Ran::Whole.word()]);
    }
    ran.into_iter().try_for_each(|(incarnation, ran)| {
        start(&["done", &incarnation.to_string(), node, ran.word()])
    })
}

/// As [`clear`], and says so where that fails.
pub(crate) fn clear_or_say(roots: &Roots, name: RecordName) -> Result<()> {
    clear(roots, name).inspect_err(|error| {
        // What is wrong with the job's record may be wrong with the log, too.
        let _ = report::clear_failed(roots, name, error);
    })
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

#[cfg(test)]
mod tests {
    use std::process::Command;

    use sluice_sys::survivors::Namespace;

    use super::*;

    #[test]
    fn a_namespace_is_cleared_only_once() {
        if !sluice_testing::is_root() {
            return;
        }
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
