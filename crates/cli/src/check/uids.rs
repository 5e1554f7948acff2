//! Whether somebody has one of the uids that own the jobs' user namespaces.

use std::path::Path;

use sluice_site::uids::Uids;

use super::Findings;

/// By the files below `etc`: each admission asks the name service for the job's uid as well.
pub(super) fn check(uids: Uids, etc: &Path, findings: &mut Findings) {
    let remedy = "give sandbox.uids in sluice.toml a range that no account and no subuid lies in";
    match uids.in_files(etc) {
        Ok(None) => findings.ok("nobody has one of the uids of sandbox.uids"),
        Ok(Some(who)) => findings.fail(
            format_args!("sandbox.uids: one belongs to {who}; jobs that would get it are refused"),
            remedy,
        ),
        Err(error) => findings.fail(
            format_args!("sandbox.uids can't be compared with {}: {error}", etc.display()),
            "let passwd and subuid there be plain files of at most 16 MiB",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::Level;

    #[test]
    fn a_range_that_somebody_has_is_found() {
        let etc = tempfile::tempdir().unwrap();
        let judged = || {
            let mut findings = Findings::default();
            check(Uids::default(), etc.path(), &mut findings);
            let one = findings.0.pop().unwrap();
            (one.level == Level::Fail, one.what)
        };
        std::fs::write(etc.path().join("subuid"), "alice:100000:65536\n").unwrap();
        assert!(!judged().0);
        std::fs::write(etc.path().join("subuid"), "alice:2013265920:65536\n").unwrap();
        let (fails, what) = judged();
        assert!(fails && what.contains("alice in "), "{what}");
        std::fs::remove_file(etc.path().join("subuid")).unwrap();
        std::fs::create_dir(etc.path().join("passwd")).unwrap();
        assert!(judged().0);
    }
}
