//! WESkit's `log.json`, as `weskit/tasks/CommandTask.py` writes it at the end of an execution. The
//! job's user can write it too, so it can only ever hold a run back.

use serde::Deserialize;

/// Upper bound in bytes; the list of outputs makes it long.
pub const MAX_LOG: usize = 16 << 20;

/// The part of it that counts. Its other keys are of no use here, and WESkit may add more.
#[derive(Debug, Deserialize)]
pub struct Log {
    /// As the engine ended: 0 ok; -1 and -2 where WESkit could not tell.
    pub exit_code: i64,
    /// What the engine was told.
    #[serde(default)]
    pub env: Environment,
}

/// The part of the engine's environment that says what ran.
#[derive(Debug, Default, Deserialize)]
pub struct Environment {
    /// The workflow's file, as a rule relative to the run directory.
    #[serde(rename = "WESKIT_WORKFLOW_PATH")]
    pub workflow: Option<String>,
}

/// The file is cut off, too long or not WESkit's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("it is not complete, or not WESkit's")]
pub struct LogError;

impl Log {
    /// Whether WESkit knows that the run failed. It writes -1 and -2 where it got no answer that it
    /// understood, also of a job that still runs.
    pub fn tells_failure(&self) -> bool {
        !matches!(self.exit_code, -2..=0)
    }

    /// Reads a whole file.
    pub fn parse(bytes: &[u8]) -> Result<Self, LogError> {
        if bytes.len() > MAX_LOG {
            return Err(LogError);
        }
        serde_json::from_slice(bytes).map_err(|_| LogError)
    }
}
