//! What the sandbox needs of the kernel.

use std::fs;

use landlock::{ABI, Access, AccessFs, CompatLevel, Compatible, Ruleset, RulesetAttr, Scope};

use super::Findings;

/// Namespaces that a job gets, by the kernel's name of their limit.
const NAMESPACES: [&str; 4] = ["user", "mnt", "net", "ipc"];

/// `landlock` is the site's minimum, `sandbox.landlock`.
pub(super) fn check(landlock: u32, findings: &mut Findings) {
    match ruleset(ABI::from(landlock as i32)) {
        Ok(()) => findings.ok(format_args!("Landlock {landlock} is available")),
        Err(error) => findings.fail(
            format_args!("Landlock {landlock} is not available: {error}"),
            "use a newer kernel (5.19 has 2, 6.2 has 3, 6.7 has 4, 6.10 has 5, 6.12 has 6) with landlock \
             in its lsm= list, or lower sandbox.landlock in sluice.toml",
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

/// What the plugin asks for without compromise.
fn ruleset(abi: ABI) -> Result<(), landlock::RulesetError> {
    let mut ruleset = Ruleset::default()
        .set_compatibility(CompatLevel::HardRequirement)
        .handle_access(AccessFs::from_all(abi))?;
    let scopes = Scope::from_all(abi);
    if !scopes.is_empty() {
        ruleset = ruleset.scope(scopes)?;
    }
    ruleset.create().map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sites_minimum_is_what_is_asked_for() {
        let found = |landlock| {
            let mut findings = Findings::default();
            check(landlock, &mut findings);
            findings.0[0].what.clone()
        };
        assert!(found(2).contains("Landlock 2 is"));
        assert!(found(6).contains("Landlock 6 is"));
    }
}
