//! Jobs of this node that ended and could not be attested: until the cause is mended, their results
//! wait.

use std::fs::File;

use sluice_policy::text::shown;
use sluice_site::pending::Pending;
use sluice_sys::read_limited;

use super::Findings;

/// Upper bound of a reason, in bytes.
const MAX_WHY: usize = 64 << 10;

pub(super) fn check(pending: &Pending, findings: &mut Findings) {
    // Who may not look is told so elsewhere.
    for job in pending.failed().unwrap_or_default() {
        let why =
            File::open(pending.failure(job)).and_then(|file| read_limited(file.into(), MAX_WHY));
        let why =
            why.map_or_else(|error| error.to_string(), |it| String::from_utf8_lossy(&it).into());
        findings.fail(
            format_args!("job {job} can't be attested: {}", shown(&why)),
            "mend that and restart slurmd, which tries again; until then its results wait here",
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failed_attestations_are_named() {
        let dir = tempfile::tempdir().unwrap();
        let mut findings = Findings::default();
        let pending = Pending::below(dir.path());
        std::fs::create_dir(pending.path()).unwrap();
        std::fs::write(pending.path().join("7.0.json"), "{}").unwrap();
        check(&pending, &mut findings);
        assert!(findings.0.is_empty(), "it may be running");
        std::fs::write(pending.path().join("7.0.failed"), "results: no\nspace").unwrap();
        check(&pending, &mut findings);
        assert_eq!(findings.0[0].what, "job 7.0 can't be attested: results: no\\nspace");
        check(&Pending::below(&dir.path().join("missing")), &mut findings);
        assert_eq!(findings.0.len(), 1);
    }
}
