//! What jobs have left on this node whose epilog never came, as after a crash.

use anyhow::{Context, Result};
use sluice_site::paths::Roots;

use crate::{end, report, slurm::Slurm};

/// Starts the sweep, which may have to wait for slurmctld, if there is anything to sweep.
pub(crate) fn start(roots: &Roots) -> Result<()> {
    if roots.jobs().names()?.is_empty() { Ok(()) } else { end::start(&["sweep"]) }
}

/// Clears away the incarnations that are over, as Slurm says; without its answer nothing is touched.
/// One that can't be cleared is told of and keeps no other.
pub(crate) fn sweep(roots: &Roots, slurm: &impl Slurm) -> Result<()> {
    let mut all = Ok(());
    for name in roots.jobs().names()? {
        let ended = slurm.ended(name.incarnation).context("Slurm doesn't say whether it has ended");
        let cleared = match ended {
            Ok(Some(_)) => end::clear(roots, name),
            Ok(None) => Ok(()),
            Err(error) => Err(error),
        };
        if let Err(error) = cleared {
            let _ = report::clear_failed(roots, name, &error);
            all = all.and(Err(error.context(name)));
        }
    }
    all
}
