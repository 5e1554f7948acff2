//! What can go wrong while a sandbox is built.

use std::fmt;

use rustix::io::Errno;

/// A step of the construction that failed, and on what.
#[derive(Debug)]
pub struct SandboxError {
    what: String,
    error: std::io::Error,
}

impl fmt::Display for SandboxError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}; ask the administrator to run `sluice check`", self.what, self.error)
    }
}

/// Names the step in an error.
pub(crate) trait Doing<T> {
    fn doing(self, what: impl fmt::Display) -> Result<T, SandboxError>;
}

impl<T> Doing<T> for Result<T, Errno> {
    fn doing(self, what: impl fmt::Display) -> Result<T, SandboxError> {
        self.map_err(|e| SandboxError { what: what.to_string(), error: e.into() })
    }
}

impl<T> Doing<T> for std::io::Result<T> {
    fn doing(self, what: impl fmt::Display) -> Result<T, SandboxError> {
        self.map_err(|error| SandboxError { what: what.to_string(), error })
    }
}
