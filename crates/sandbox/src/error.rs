//! What can go wrong while a sandbox is built.

use std::fmt;

use rustix::io::Errno;
use sluice_protocol::Code;

/// A step of the construction that failed, and on what.
#[derive(Debug)]
pub struct SandboxError {
    /// The refusal that it amounts to.
    pub code: Code,
    what: String,
    error: std::io::Error,
}

impl SandboxError {
    pub(crate) fn new(code: Code, what: impl fmt::Display, error: std::io::Error) -> Self {
        Self { code, what: what.to_string(), error }
    }
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
        self.map_err(std::io::Error::from).doing(what)
    }
}

impl<T> Doing<T> for std::io::Result<T> {
    fn doing(self, what: impl fmt::Display) -> Result<T, SandboxError> {
        self.map_err(|error| SandboxError::new(Code::SandboxUnavailable, what, error))
    }
}
