//! The sandbox of an admitted job: namespaces shared by all its tasks on a node, for each task a root
//! file system that holds what the verdict names and nothing else, and what a process does to itself.
//!
//! It knows nothing of Slurm: the plugin calls it in slurmstepd's hooks, and whoever wants to run
//! something the same way elsewhere can.
#![forbid(unsafe_code)]

pub mod confine;
mod devices;
mod enter;
mod error;
mod image;
pub mod mutations;
mod place;
mod root;
pub mod signals;
mod space;

pub use enter::enter;
pub use error::SandboxError;
