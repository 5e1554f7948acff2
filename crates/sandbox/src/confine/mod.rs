//! What a process does to itself: Landlock, seccomp, limits, redirected output.

mod calls;
mod landlock;
mod seccomp;

use std::{
    fmt,
    fs::{File, OpenOptions},
    io,
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

use ::landlock::RulesetError;
use rustix::process::{Resource, Rlimit, setrlimit};
use sluice_protocol::{Admission, Sandbox, Stdio};

use crate::mutations::dropped;

/// Why a task could not be confined.
#[derive(Debug)]
pub enum ConfineError {
    /// The kernel lacks Landlock or what the site wants of it, or a rule could not be made.
    Landlock(String),
    /// The kernel lacks seccomp, or the filter could not be made.
    Seccomp(seccompiler::Error),
    /// A system call failed.
    Call(&'static str, io::Error),
}

impl fmt::Display for ConfineError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Landlock(why) => write!(f, "Landlock: {why}"),
            Self::Seccomp(why) => write!(f, "seccomp: {why}"),
            Self::Call(what, error) => write!(f, "{what}: {error}"),
        }
    }
}

impl From<RulesetError> for ConfineError {
    fn from(error: RulesetError) -> Self {
        Self::Landlock(error.to_string())
    }
}

impl From<seccompiler::Error> for ConfineError {
    fn from(error: seccompiler::Error) -> Self {
        Self::Seccomp(error)
    }
}

impl From<seccompiler::BackendError> for ConfineError {
    fn from(error: seccompiler::BackendError) -> Self {
        Self::Seccomp(error.into())
    }
}

/// Names of the rules that are left out by a name that is computed.
#[cfg(test)]
pub(crate) fn rules() -> impl Iterator<Item = String> {
    seccomp::names().map(str::to_owned).chain(landlock::names())
}

/// Takes exec away from the calling thread and its future children, for good. The programs of
/// `except` stay as far as the kernel has Landlock; seccomp, in its place, knows no paths. What did not
/// become as asked is returned, in lines for the administrator.
pub fn no_exec(except: &[PathBuf]) -> Result<Vec<String>, ConfineError> {
    landlock::no_exec(except).or_else(|why| {
        seccomp::no_exec()?;
        Ok(vec![format!("no exec at all: {why}")])
    })
}

/// Lets this process, slurmstepd, send no signal but those by which Slurm ends, stops and continues
/// jobs, for good.
pub fn slurms_signals_only() -> Result<(), ConfineError> {
    seccomp::slurms_signals_only()
}

/// Confines an admitted job's task, as the user, in the job's namespaces. A job with a way to Slurm
/// has one to its step's PMIx server, too.
pub fn task(admission: &Admission, pmix: Option<u16>) -> Result<(), ConfineError> {
    if !dropped("sealed-output") {
        redirect(&admission.stdio)?;
    }
    limit(&admission.sandbox)?;
    if !dropped("landlock") {
        landlock::confine(admission, pmix)?;
    }
    if !dropped("seccomp") {
        seccomp::confine(&admission.network)?;
    }
    Ok(())
}

/// All three standard streams leave Slurm's files and pipes. Output would be read outside; so
/// would input, a file of the user's whose attributes and locks the job could set, and it would
/// be a parameter that nobody approved.
fn redirect(stdio: &Stdio) -> Result<(), ConfineError> {
    let (stdout, stderr) = match stdio {
        Stdio::Sealed { stdout, stderr } => (stdout.as_path(), stderr.as_path()),
        Stdio::Discard => (Path::new("/dev/null"), Path::new("/dev/null")),
    };
    let nothing = File::open("/dev/null").map_err(|e| ConfineError::Call("/dev/null", e))?;
    let open = |path: &Path| {
        OpenOptions::new()
            .append(true)
            .create(true)
            .mode(0o600)
            .custom_flags(libc::O_NOFOLLOW)
            .open(path)
            .map_err(|e| ConfineError::Call("sealed output", e))
    };
    let (stdout, stderr) = (open(stdout)?, open(stderr)?);
    let moved = |e: rustix::io::Errno| ConfineError::Call("dup2", e.into());
    rustix::stdio::dup2_stdin(&nothing).map_err(moved)?;
    rustix::stdio::dup2_stdout(&stdout).map_err(moved)?;
    rustix::stdio::dup2_stderr(&stderr).map_err(moved)
}

/// Limits that the user can't raise: slurmstepd applies the user's own within them.
fn limit(sandbox: &Sandbox) -> Result<(), ConfineError> {
    // A limit of 1 stops core dumps also to a handler, outside every namespace: core(5).
    let core = (!dropped("core-dumps")).then_some(1);
    for (resource, most) in [(Resource::Core, core), (Resource::Fsize, sandbox.max_file_bytes)] {
        if let Some(most) = most {
            let limit = Rlimit { current: Some(most), maximum: Some(most) };
            setrlimit(resource, limit).map_err(|e| ConfineError::Call("setrlimit", e.into()))?;
        }
    }
    Ok(())
}
