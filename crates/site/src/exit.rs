//! How the program ends.

use std::fmt::Display;
use std::io;

/// Exit codes, the same for every command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// 0: as it should be.
    Ok,
    /// 1: the thing checked is not as it should be.
    NotAsItShould,
    /// 2: the command line is wrong (clap's own code).
    Usage,
    /// 3: Sluice is not configured as it must be.
    Configuration,
    /// 4: input, output or another program failed.
    Environment,
    /// 77: not permitted.
    NotPermitted,
    /// The waited-for job's own code.
    Job(u8),
}

impl From<Exit> for std::process::ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(match exit {
            Exit::Ok => 0,
            Exit::NotAsItShould => 1,
            Exit::Usage => 2,
            Exit::Configuration => 3,
            Exit::Environment => 4,
            Exit::NotPermitted => 77,
            Exit::Job(code) => code,
        })
    }
}

/// Why a command could not do its work: one sentence with cause and remedy.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) exit: Exit,
    pub(crate) message: String,
}

pub(crate) type Result<T> = std::result::Result<T, Failure>;

impl Failure {
    pub(crate) fn new(exit: Exit, message: impl Display) -> Self {
        Self { exit, message: message.to_string() }
    }

    /// The thing that was to be checked or used is not as it should be.
    pub(crate) fn bad(message: impl Display) -> Self {
        Self::new(Exit::NotAsItShould, message)
    }

    pub(crate) fn usage(message: impl Display) -> Self {
        Self::new(Exit::Usage, message)
    }

    pub(crate) fn configuration(message: impl Display) -> Self {
        Self::new(Exit::Configuration, message)
    }

    pub(crate) fn environment(message: impl Display) -> Self {
        Self::new(Exit::Environment, message)
    }

    /// Nobody reads standard output any more: the end, and no failure.
    pub(crate) fn closed() -> Self {
        Self::new(Exit::Ok, "")
    }
}

/// Says what was being done when the system failed.
pub(crate) trait Doing<T> {
    /// `what` completes "cannot …", as in `open /etc/x`.
    fn doing<D: Display>(self, what: impl FnOnce() -> D) -> Result<T>;
}

impl<T, E: Into<io::Error>> Doing<T> for std::result::Result<T, E> {
    fn doing<D: Display>(self, what: impl FnOnce() -> D) -> Result<T> {
        self.map_err(|error| {
            let error = error.into();
            let exit = match error.kind() {
                io::ErrorKind::PermissionDenied => Exit::NotPermitted,
                _ => Exit::Environment,
            };
            Failure::new(exit, format_args!("cannot {}: {error}", what()))
        })
    }
}
