//! Which files a task may use, whom it may signal, and taking exec away.

use std::{
    fmt,
    path::{Path, PathBuf},
};

use landlock::{
    ABI, Access as _, AccessFs, AccessNet, BitFlags, CompatLevel, Compatible, NetPort, PathBeneath,
    PathFd, Ruleset, RulesetAttr, RulesetCreated, RulesetCreatedAttr, Scope,
};
use sluice_protocol::{Access, Admission, Network};

use sluice_sys::trusted::{Trust, open_trusted_file};

use super::ConfineError;
use crate::mutations::dropped;

/// The newest interface that is used where the kernel has it.
const WANTED: ABI = ABI::V6;

/// Takes exec away from the calling thread and its future children, but for `except`, and returns
/// which of those it can't leave.
pub(super) fn no_exec(except: &[PathBuf]) -> Result<Vec<String>, ConfineError> {
    let mut left_out = Vec::new();
    let mut ruleset = Ruleset::default()
        .set_compatibility(CompatLevel::HardRequirement)
        .handle_access(AccessFs::Execute)?
        .create()?;
    for program in except {
        match open_trusted_file(program, Trust::ROOT) {
            Ok(file) => ruleset = ruleset.add_rule(PathBeneath::new(file, AccessFs::Execute))?,
            Err(error) => left_out.push(format!("main-thread-programs: {error}")),
        }
    }
    ruleset.restrict_self()?;
    Ok(left_out)
}

/// Confines an admitted job's task to what its verdict names.
pub(super) fn confine(admission: &Admission, pmix: Option<u16>) -> Result<(), ConfineError> {
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
    let mut ruleset = match &admission.network {
        Network::None => handled(admission.sandbox.landlock)?.create()?,
        // Nothing else keeps the host's network and abstract sockets from the job.
        Network::Slurm(ports) => slurm(
            handled(admission.sandbox.landlock.max(WANTED as u32))?,
            ports.iter().flat_map(|(first, last)| *first..=*last).chain(pmix),
        )?,
    };
    if let Some(script) = &admission.script {
        ruleset = ruleset.add_rule(rule(&script.at, execute)?)?;
    }
    for (name, access) in system {
        ruleset = ruleset.add_rule(rule(Path::new(name), *access)?)?;
    }
    for at in &admission.sandbox.devices {
        ruleset = ruleset.add_rule(rule(at, device)?)?;
    }
    for bind in &admission.binds {
        let access = match bind.access {
            Access::Read => read,
            Access::Execute => execute,
            Access::Write => write,
        };
        ruleset = ruleset.add_rule(rule(&bind.target, access)?)?;
    }
    let granted: BitFlags<_> = AccessFs::from_all(WANTED).iter().filter(|it| !kept(it)).collect();
    if !granted.is_empty() {
        ruleset = ruleset.add_rule(rule(Path::new("/"), granted)?)?;
    }
    ruleset.restrict_self()?;
    Ok(())
}

/// TCP to these ports, and to listen there or where the kernel chooses, as srun does.
fn slurm(
    ruleset: Ruleset,
    ports: impl Iterator<Item = u16>,
) -> Result<RulesetCreated, ConfineError> {
    let tcp: BitFlags<_> = AccessNet::from_all(WANTED).iter().filter(kept).collect();
    let mut ruleset =
        ruleset.set_compatibility(CompatLevel::HardRequirement).handle_access(tcp)?.create()?;
    for port in ports {
        ruleset = ruleset.add_rule(NetPort::new(port, tcp))?;
    }
    if tcp.contains(AccessNet::BindTcp) {
        ruleset = ruleset.add_rule(NetPort::new(0, AccessNet::BindTcp))?;
    }
    Ok(ruleset)
}

/// What is denied unless a rule allows it. The site's minimum is asked for without compromise,
/// everything newer where the kernel has it.
fn handled(minimum: u32) -> Result<Ruleset, ConfineError> {
    let minimum = ABI::from(minimum as i32);
    let mut ruleset = Ruleset::default();
    for (abi, level) in [(minimum, CompatLevel::HardRequirement), (WANTED, CompatLevel::BestEffort)]
    {
        ruleset = ruleset.set_compatibility(level);
        ruleset = ruleset.handle_access(AccessFs::from_all(abi))?;
        let scopes: BitFlags<_> = Scope::from_all(abi).iter().filter(kept).collect();
        if !scopes.is_empty() {
            ruleset = ruleset.scope(scopes)?;
        }
    }
    Ok(ruleset)
}

/// Whether a right needs a rule: a test build gives some away, each by its own name.
fn kept(right: &impl fmt::Debug) -> bool {
    !dropped(&name(right))
}

fn name(right: &impl fmt::Debug) -> String {
    format!("landlock-{right:?}")
}

/// Names of all rights, for the comparison with the list of what tests leave out.
#[cfg(test)]
pub(crate) fn names() -> impl Iterator<Item = String> {
    let files = AccessFs::from_all(WANTED).iter().map(|right| name(&right));
    let net = AccessNet::from_all(WANTED).iter().map(|right| name(&right));
    let scopes = Scope::from_all(WANTED).iter().map(|right| name(&right));
    files.chain(net).chain(scopes)
}

fn rule(at: &Path, access: BitFlags<AccessFs>) -> Result<PathBeneath<PathFd>, ConfineError> {
    let access = if at.is_dir() { access } else { access & AccessFs::from_file(WANTED) };
    Ok(PathBeneath::new(path(at)?, access))
}

fn path(at: &Path) -> Result<PathFd, ConfineError> {
    PathFd::new(at).map_err(|e| ConfineError::Landlock(e.to_string()))
}
