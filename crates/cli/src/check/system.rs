//! What the sandbox needs of the kernel.

use std::fs;

use landlock::{ABI, Access, AccessFs, CompatLevel, Compatible, Ruleset, RulesetAttr};

use super::Findings;

/// The oldest Landlock that the plugin works with.
const LANDLOCK: ABI = ABI::V2;

/// Namespaces that a job gets, by the kernel's name of their limit.
const NAMESPACES: [&str; 4] = ["user", "mnt", "net", "ipc"];

pub(super) fn check(findings: &mut Findings) {
    let ruleset = Ruleset::default()
        .set_compatibility(CompatLevel::HardRequirement)
        .handle_access(AccessFs::from_all(LANDLOCK))
        .and_then(Ruleset::create);
    match ruleset {
        Ok(_) => findings.ok("Landlock is available"),
        Err(error) => findings.fail(
            format_args!("Landlock is not available: {error}"),
            "use a kernel from 5.19 on with landlock in its lsm= list",
        ),
    }
    for name in NAMESPACES {
        let limit = format!("/proc/sys/user/max_{name}_namespaces");
        let number =
            fs::read_to_string(&limit).ok().and_then(|text| text.trim().parse::<u64>().ok());
        match number {
            Some(1..) => findings.ok(format_args!("{name} namespaces are available")),
            _ => findings.fail(
                format_args!("{name} namespaces are not available"),
                format_args!("raise the sysctl user.max_{name}_namespaces above 0"),
            ),
        }
    }
}
