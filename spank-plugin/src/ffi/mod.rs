//! Where Slurm's C begins and ends: the symbols it calls, what it is asked, what it is told.
//!
//! All of the plugin's unsafe code is here; each function outside of this folder is safe to call
//! whatever it is given.

mod bindings;
mod hooks;
mod identity;
mod raw;
mod slurm;
mod spank;

pub(crate) use bindings::{SLURM_BATCH_SCRIPT, SLURM_EXTERN_CONT, SLURM_INTERACTIVE_STEP};
pub(crate) use raw::{log_error, log_info, tell_user};
pub(crate) use slurm::load_job;
pub(crate) use spank::{Spank, SpankError};
