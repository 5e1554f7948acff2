//! How every program ends: one sentence on standard error, and an exit code that says of what kind
//! the failure is.

use std::fmt::{self, Display};
use std::io::{self, Write};
use std::process::ExitCode;

use sluice_policy::text::shown;

/// Exit codes, the same for every program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
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

impl From<Exit> for ExitCode {
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
pub struct Failure {
    /// Of what kind it is.
    pub exit: Exit,
    /// The sentence; nothing is said if it is empty.
    pub message: String,
}

impl Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

/// What a program's work comes to.
pub type Result<T> = std::result::Result<T, Failure>;

impl Failure {
    /// A failure out of its two parts.
    pub fn new(exit: Exit, message: impl Display) -> Self {
        Self { exit, message: message.to_string() }
    }

    /// The thing that was to be checked or used is not as it should be.
    pub fn bad(message: impl Display) -> Self {
        Self::new(Exit::NotAsItShould, message)
    }

    /// The command line is wrong.
    pub fn usage(message: impl Display) -> Self {
        Self::new(Exit::Usage, message)
    }

    /// Sluice is not configured as it must be.
    pub fn configuration(message: impl Display) -> Self {
        Self::new(Exit::Configuration, message)
    }

    /// Input, output or another program failed.
    pub fn environment(message: impl Display) -> Self {
        Self::new(Exit::Environment, message)
    }

    /// Who calls may not do this.
    pub fn not_permitted(message: impl Display) -> Self {
        Self::new(Exit::NotPermitted, message)
    }

    /// Nobody reads standard output any more: the end, and no failure.
    pub fn closed() -> Self {
        Self::new(Exit::Ok, "")
    }
}

/// Ends `program`, the name that its sentence begins with.
pub fn end(program: &str, result: Result<Exit>) -> ExitCode {
    let failure = match result {
        Ok(exit) => return exit.into(),
        Err(failure) => failure,
    };
    if !failure.message.is_empty() {
        let said = shown(&failure.message);
        // There is nobody left to tell if that fails.
        let _ = writeln!(io::stderr().lock(), "{program}: {said}");
    }
    failure.exit.into()
}

/// Says what was being done when the system failed.
pub trait Doing<T> {
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
