//! What a process does to itself: Landlock, no new privileges, redirected output.

use std::{fmt, fs::OpenOptions, io, os::unix::fs::OpenOptionsExt, path::Path};

use landlock::{
    ABI, Access as _, AccessFs, BitFlags, CompatLevel, Compatible, PathBeneath, PathFd, Ruleset,
    RulesetAttr, RulesetCreatedAttr, RulesetError,
};
use sluice_protocol::{Access, Admission, Stdio};

use crate::raw;

/// The kernel interface that is required: what Linux 6.1 has. More is used where it exists.
const REQUIRED: ABI = ABI::V2;
/// The newest interface that is used where the kernel has it.
const WANTED: ABI = ABI::V5;

/// Why a task could not be confined.
#[derive(Debug)]
pub(crate) enum ConfineError {
    /// The kernel lacks Landlock, or a rule could not be made.
    Landlock(String),
    /// A system call failed.
    Call(&'static str, io::Error),
}

impl fmt::Display for ConfineError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Landlock(why) => write!(f, "Landlock: {why}"),
            Self::Call(what, error) => write!(f, "{what}: {error}"),
        }
    }
}

impl From<RulesetError> for ConfineError {
    fn from(error: RulesetError) -> Self {
        Self::Landlock(error.to_string())
    }
}

/// Takes exec away from the calling thread and its future children, for good.
pub(crate) fn no_exec() -> Result<(), ConfineError> {
    Ruleset::default()
        .set_compatibility(CompatLevel::HardRequirement)
        .handle_access(AccessFs::Execute)?
        .create()?
        .restrict_self()?;
    Ok(())
}

/// Confines an admitted job's task, as the user, in the job's namespaces.
pub(crate) fn task(admission: &Admission) -> Result<(), ConfineError> {
    redirect(&admission.stdio)?;
    raw::forbid_core_dumps().map_err(|e| ConfineError::Call("setrlimit", e))?;
    landlock(admission)
}

/// Standard output and error leave Slurm's files and streams, which the user can read outside.
fn redirect(stdio: &Stdio) -> Result<(), ConfineError> {
    let (stdout, stderr) = match stdio {
        Stdio::Sealed { stdout, stderr } => (stdout.as_path(), stderr.as_path()),
        Stdio::Discard => (Path::new("/dev/null"), Path::new("/dev/null")),
    };
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
    rustix::stdio::dup2_stdout(&stdout).map_err(moved)?;
    rustix::stdio::dup2_stderr(&stderr).map_err(moved)
}

fn landlock(admission: &Admission) -> Result<(), ConfineError> {
    let read = AccessFs::from_read(WANTED) & !AccessFs::Execute;
    let execute = AccessFs::from_read(WANTED);
    let write = AccessFs::from_all(WANTED) & !(AccessFs::MakeBlock | AccessFs::MakeChar);
    let device = AccessFs::ReadFile | AccessFs::WriteFile | AccessFs::IoctlDev;

    let system: &[(&str, BitFlags<AccessFs>)] = &[
        ("/", AccessFs::ReadDir.into()),
        ("/usr", execute),
        ("/etc", read),
        ("/proc", read | AccessFs::WriteFile),
        ("/sys", read),
        ("/dev", read),
        ("/dev/null", device),
        ("/dev/zero", device),
        ("/dev/full", device),
        ("/dev/random", read),
        ("/dev/urandom", read),
        ("/dev/shm", write),
        ("/tmp", write),
    ];
    let mut ruleset = Ruleset::default()
        .set_compatibility(CompatLevel::HardRequirement)
        .handle_access(AccessFs::from_all(REQUIRED))?
        .set_compatibility(CompatLevel::BestEffort)
        .handle_access(AccessFs::from_all(WANTED))?
        .create()?;
    if let Some(script) = &admission.script {
        ruleset = ruleset.add_rule(rule(&script.at, execute)?)?;
    }
    for (name, access) in system {
        ruleset = ruleset.add_rule(rule(Path::new(name), *access)?)?;
    }
    for bind in &admission.binds {
        let access = match bind.access {
            Access::Read => read,
            Access::Execute => execute,
            Access::Write => write,
        };
        ruleset = ruleset.add_rule(rule(&bind.target, access)?)?;
    }
    ruleset.restrict_self()?;
    Ok(())
}

fn rule(at: &Path, access: BitFlags<AccessFs>) -> Result<PathBeneath<PathFd>, ConfineError> {
    let access = if at.is_dir() { access } else { access & AccessFs::from_file(WANTED) };
    Ok(PathBeneath::new(path(at)?, access))
}

fn path(at: &Path) -> Result<PathFd, ConfineError> {
    PathFd::new(at).map_err(|e| ConfineError::Landlock(e.to_string()))
}
