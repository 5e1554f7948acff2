//! Sluice's system-call seam: files opened and trusted by descriptor, never by a name that
//! somebody else could change between the check and the use.

pub mod atomic;
pub mod beneath;
pub mod identity;
pub mod jobs;
mod limited;
pub mod program;
pub mod survivors;
pub mod tree;
pub mod trusted;

pub use limited::read_limited;
