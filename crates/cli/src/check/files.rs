//! Owner and mode of what decisions rest on, and of every directory above it.

use std::os::fd::OwnedFd;
use std::path::Path;

use rustix::fs::fstat;
use sluice_protocol::{ADMIT_PROGRAM, ATTEST_PROGRAM};
use sluice_site::paths::ALLOWED_SIGNERS;
use sluice_sys::trusted::{Trust, open_trusted_file};

use super::Findings;
use crate::allowlist;

pub(super) fn check(findings: &mut Findings) {
    if trusted(ALLOWED_SIGNERS, Trust::ROOT, findings).is_some() {
        match allowlist::signers(Path::new(ALLOWED_SIGNERS)) {
            Ok(_) => findings.ok(format_args!("{ALLOWED_SIGNERS} can be read")),
            Err(failure) => findings.fail(failure.message, "correct that line; no set verifies"),
        }
    }
    for program in [ADMIT_PROGRAM, ATTEST_PROGRAM] {
        let Some(file) = trusted(program, Trust::ROOT, findings) else { continue };
        if fstat(&file).is_ok_and(|stat| stat.st_mode & 0o555 == 0o555) {
            findings.ok(format_args!("{program} is installed"));
        } else {
            findings.fail(format_args!("{program} can't be executed"), "run chmod 0755 on it");
        }
    }
}

/// The file, if root alone can have written it and the way to it.
pub(super) fn trusted(path: &str, trust: Trust, findings: &mut Findings) -> Option<OwnedFd> {
    match open_trusted_file(Path::new(path), trust) {
        Ok(file) => Some(file),
        Err(error) if error.is_missing() => {
            findings.fail(
                format_args!("{path} is missing"),
                "install it as the guide on installation says",
            );
            None
        }
        Err(error) => {
            findings.fail(error, "nothing is trusted that somebody else could have written");
            None
        }
    }
}
