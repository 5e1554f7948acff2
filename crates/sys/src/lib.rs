//! Sluice's system-call seam: files opened and trusted by descriptor, never by a name that
//! somebody else could change between the check and the use.

pub mod atomic;
pub mod beneath;
pub mod child;
pub mod descriptors;
pub mod identity;
pub mod images;
pub mod jobs;
mod limited;
mod loops;
pub mod mounts;
pub mod namespaces;
pub mod program;
pub mod survivors;
#[cfg(target_arch = "x86_64")]
pub mod trapped;
pub mod tree;
pub mod trusted;

pub use limited::read_limited;
