//! What stops the crawler, unlike what stops a single run.

use std::path::PathBuf;

use crate::ledger::LedgerError;

/// Errors that end a pass; errors of one run don't.
#[derive(Debug, thiserror::Error)]
pub enum PassError {
    /// No memory, no work.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// The spool is not there.
    #[error("the attestation spool {0} can't be read: {1}")]
    Spool(String, #[source] std::io::Error),
    /// The run directories are not there.
    #[error("the run directories below {0} can't be looked through: {1}")]
    Runs(PathBuf, #[source] std::io::Error),
    /// The store doesn't answer.
    #[error("{0}")]
    Store(String),
    /// Requests of other commands.
    #[error("the requests in {0} can't be worked on: {1}")]
    Requests(PathBuf, #[source] std::io::Error),
}
