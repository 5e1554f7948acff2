//! Done records: each node of a job says, in a place that all of them share, that nothing of it runs
//! there any more.

use std::{fs, io::ErrorKind, path::PathBuf};

use anyhow::{Context, Result};
use rustix::fs::{OFlags, syncfs};
use sluice_site::record::Record;
use sluice_sys::{
    atomic, beneath,
    jobs::{Incarnation, JobDir},
    read_limited,
};

use crate::host::Host;

/// Upper bound of a done record, in bytes.
const MAX_BYTES: usize = 64;

/// What became of the steps that a node ran.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ran {
    /// Each ran to its own end.
    Whole,
    /// One was ended before its time, as far as the plugin can tell.
    Less,
}

impl Ran {
    /// What the plugin noted in the job's record on this node.
    pub(crate) fn on_node(dir: &JobDir) -> Self {
        if dir.is_interfered() { Self::Less } else { Self::Whole }
    }

    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Whole => "done",
            Self::Less => "interfered",
        }
    }

    pub(crate) fn of(word: &str) -> Option<Self> {
        [Self::Whole, Self::Less].into_iter().find(|ran| ran.word() == word)
    }

    /// Both together.
    pub(crate) fn and(self, other: Self) -> Self {
        if self == Self::Whole { other } else { self }
    }
}

/// What a node has done with. This may be said long after, when a later start of the job runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Which {
    /// The start of which the node had a record.
    Start(Incarnation),
    /// Those of this job of which it has none, since no task of theirs came here.
    Job(u32),
}

impl Which {
    fn covers(self, host: &Host, incarnation: Incarnation) -> bool {
        match self {
            Self::Start(start) => incarnation == start,
            Self::Job(job) => {
                let record = host.roots.jobs().dir(incarnation.into());
                incarnation.job == job && !record.path().exists()
            }
        }
    }
}

/// Says that nothing of `which` runs on `node`, where it has ended, and nothing is still to be
/// written. That takes as long as the file system does, so the epilog doesn't wait for it.
pub(crate) fn done(host: &Host, which: Which, node: &str, ran: Ran) -> Result<()> {
    let mut running = host.as_service(|| running(host))?;
    running.retain(|it| which.covers(host, *it));
    running.into_iter().try_for_each(|it| report(host, it, node, ran))
}

/// Says so of an incarnation. What a process has mapped of a file on a network is not written when
/// it ends, so that is waited for.
pub(crate) fn report(host: &Host, incarnation: Incarnation, node: &str, ran: Ran) -> Result<()> {
    host.as_service(|| {
        let sealed = beneath::open_dir(&host.site.sealed_root.join(&host.site.cluster))
            .context("sealed directories")?;
        syncfs(&sealed).context("sealed directories")?;
        let dir = beneath::open_dir(&host.site.running().join(incarnation.to_string()))?;
        let word = format!("{}\n", ran.word());
        atomic::write(&dir, node, word.as_bytes(), 0o600).context("done record")
    })
}

/// Whether this node of the job has said it.
pub(crate) fn is_done(host: &Host, record: &Record, node: &str) -> bool {
    host.site.running().join(record.incarnation().to_string()).join(node).exists()
}

/// Whether all of the job's nodes have.
pub(crate) fn all_done(host: &Host, record: &Record) -> bool {
    record.run.nodes.iter().all(|node| is_done(host, record, node))
}

/// What became of the steps on all nodes that are done. Words that aren't known stand for less.
pub(crate) fn ran(host: &Host, record: &Record) -> Result<Ran> {
    let running = beneath::open_dir(&host.site.running())?;
    let dir = PathBuf::from(record.incarnation().to_string());
    let mut all = Ran::Whole;
    for node in &record.run.nodes {
        let word = match beneath::open_beneath(&running, &dir.join(node), OFlags::RDONLY) {
            Err(error) if error.kind() == ErrorKind::NotFound => continue,
            opened => read_limited(opened?, MAX_BYTES)?,
        };
        let word = std::str::from_utf8(&word).unwrap_or_default().trim_end();
        all = all.and(Ran::of(word).unwrap_or(Ran::Less));
    }
    Ok(all)
}

/// The incarnations that nodes still have to say they are done with.
fn running(host: &Host) -> Result<Vec<Incarnation>> {
    let dir = host.site.running();
    if !dir.exists() {
        return Ok(Vec::new());
    }
    let mut found = Vec::new();
    for entry in fs::read_dir(&dir).with_context(|| dir.display().to_string())? {
        let name = entry?.file_name();
        found.extend(name.to_str().and_then(|name| name.parse::<Incarnation>().ok()));
    }
    Ok(found)
}
