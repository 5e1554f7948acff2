//! What jobs have left on this node whose epilog never came, as after a crash.

use std::fs;

use anyhow::{Context, Result};
use sluice_site::paths::Roots;

use crate::{end, slurm};

/// Starts the sweep, which may have to wait for slurmctld, if there is anything to sweep.
pub(crate) fn start(roots: &Roots) -> Result<()> {
    if names(roots)?.is_empty() { Ok(()) } else { end::start(&["sweep"]) }
}

/// Clears away the incarnations that are over, as Slurm says; without its answer nothing is
/// touched.
pub(crate) fn sweep(roots: &Roots) -> Result<()> {
    for name in names(roots)? {
        let mut numbers =
            name.trim_end_matches("-trial").split('.').map_while(|it| it.parse().ok());
        if let (Some(job), Some(restart)) = (numbers.next(), numbers.next())
            && matches!(slurm::ended(job, restart), Ok(Some(_)))
        {
            end::clear(roots, &name)?;
        }
    }
    Ok(())
}

/// Incarnations that have a directory on this node.
fn names(roots: &Roots) -> Result<Vec<String>> {
    let jobs = roots.run.join("jobs");
    if !jobs.exists() {
        return Ok(Vec::new());
    }
    let entries = fs::read_dir(&jobs).with_context(|| jobs.display().to_string())?;
    Ok(entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok()).collect())
}
