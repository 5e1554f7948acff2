//! The environment decides what an approved script does, so it is rebuilt from an exact list.

use std::ffi::OsStr;

use sluice_protocol::Admission;

use crate::{
    mutations::dropped,
    spank::{Spank, SpankError},
};

/// Removes every variable that the admission does not name and sets those it gives.
pub(crate) fn rebuild(spank: &Spank<'_>, admission: &Admission) -> Result<(), SpankError> {
    for name in spank.environment()? {
        if !dropped("environment")
            && !admission.env_keep.iter().any(|keep| name == OsStr::new(keep))
        {
            spank.unset(&name)?;
        }
    }
    for (name, value) in &admission.env_set {
        spank.set(name, value)?;
    }
    Ok(())
}
