//! Which files can be read: fonts, and for a PDF what pdftoppm stands on. Nothing is writable.

use landlock::{
    ABI, Access as _, AccessFs, AccessNet, BitFlags, CompatLevel, Compatible, PathBeneath, PathFd,
    PathFdError, Ruleset, RulesetAttr, RulesetCreatedAttr, RulesetError, Scope,
};

use crate::{FONTS, Kind};

/// What must be had; the kernels of Debian 12 and RHEL 9 have it.
const NEEDED: ABI = ABI::V2;
/// The newest interface that is used where the kernel has it: TCP, signals and abstract sockets are
/// denied by it once more, beside seccomp.
const WANTED: ABI = ABI::V6;

/// Beside the fonts, read by Poppler and what it stands on.
const POPPLER: [&str; 10] = [
    "/dev/null",
    "/etc/fonts",
    "/etc/ld.so.cache",
    "/lib",
    "/lib64",
    "/usr/lib",
    "/usr/lib64",
    "/usr/share/fontconfig",
    "/usr/share/poppler",
    "/var/cache/fontconfig",
];
/// What may be executed: the program, and its loader on the machines that [`super::seccomp`] knows.
const EXECUTED: [&str; 3] =
    [crate::pdf::PROGRAM, "/lib64/ld-linux-x86-64.so.2", "/lib/ld-linux-aarch64.so.1"];

pub(super) fn confine(kind: Kind) -> Result<(), RulesetError> {
    let read = AccessFs::from_read(WANTED) & !AccessFs::Execute;
    let mut places: Vec<(&str, BitFlags<AccessFs>)> = FONTS.map(|dir| (dir, read)).into();
    if kind == Kind::Pdf {
        places.extend(POPPLER.map(|place| (place, read)));
        places.extend(EXECUTED.map(|place| (place, read | AccessFs::Execute)));
    }
    let mut ruleset = Ruleset::default()
        .set_compatibility(CompatLevel::HardRequirement)
        .handle_access(AccessFs::from_all(NEEDED))?
        .set_compatibility(CompatLevel::BestEffort)
        .handle_access(AccessFs::from_all(WANTED))?
        .handle_access(AccessNet::from_all(WANTED))?
        .scope(Scope::from_all(WANTED))?
        .create()?;
    for (place, access) in places {
        // What isn't there need not be allowed.
        let Ok(opened): Result<PathFd, PathFdError> = PathFd::new(place) else { continue };
        let file = !std::path::Path::new(place).is_dir();
        let access = if file { access & AccessFs::from_file(WANTED) } else { access };
        ruleset = ruleset.add_rule(PathBeneath::new(opened, access))?;
    }
    ruleset.restrict_self()?;
    Ok(())
}
