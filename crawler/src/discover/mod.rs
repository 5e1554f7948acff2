//! Finding runs: what the spool and events tell.

pub mod spool;
pub mod watch;
