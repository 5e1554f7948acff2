//! What jobs have left on this node whose epilog never came, as after a crash.

use anyhow::Result;
use sluice_site::paths::Roots;

use crate::{end, slurm};

/// Starts the sweep, which may have to wait for slurmctld, if there is anything to sweep.
pub(crate) fn start(roots: &Roots) -> Result<()> {
    if roots.jobs().names()?.is_empty() { Ok(()) } else { end::start(&["sweep"]) }
}

/// Clears away the incarnations that are over, as Slurm says; without its answer nothing is
/// touched.
pub(crate) fn sweep(roots: &Roots) -> Result<()> {
    for name in roots.jobs().names()? {
        if matches!(slurm::ended(name.incarnation), Ok(Some(_))) {
            end::clear(roots, name)?;
        }
    }
    Ok(())
}
