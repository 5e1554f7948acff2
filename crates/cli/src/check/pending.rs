//! Jobs of this node that ended and could not be attested: until the cause is mended, their results
//! wait.

use std::fs::{self, File};
use std::path::Path;

use sluice_policy::text::shown;
use sluice_site::record::FAILED;
use sluice_sys::read_limited;

use super::Findings;

/// Upper bound of a reason, in bytes.
const MAX_WHY: usize = 64 << 10;

pub(super) fn check(dir: &Path, findings: &mut Findings) {
    // Other hosts have no such directory.
    let Ok(entries) = fs::read_dir(dir) else { return };
    let names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    let mut jobs: Vec<_> =
        names.filter_map(|it| Some(it.strip_suffix(FAILED)?.to_owned())).collect();
    jobs.sort();
    for job in jobs {
        let why = File::open(dir.join(format!("{job}{FAILED}")))
            .and_then(|file| read_limited(file.into(), MAX_WHY));
        let why =
            why.map_or_else(|error| error.to_string(), |it| String::from_utf8_lossy(&it).into());
        findings.fail(
            format_args!("job {} can't be attested: {}", shown(&job), shown(&why)),
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
        std::fs::write(dir.path().join("7.0.json"), "{}").unwrap();
        check(dir.path(), &mut findings);
        assert!(findings.0.is_empty(), "it may be running");
        std::fs::write(dir.path().join("7.0.failed"), "results: no\nspace").unwrap();
        check(dir.path(), &mut findings);
        assert_eq!(findings.0[0].what, "job 7.0 can't be attested: results: no\\nspace");
        check(&dir.path().join("missing"), &mut findings);
        assert_eq!(findings.0.len(), 1);
    }
}
