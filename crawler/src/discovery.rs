//! Which runs have an attestation. The scan is the truth; events only make it happen sooner.

use std::{fs, io, path::Path};

/// Incarnation that a spool file speaks about, as its name claims.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Incarnation {
    /// Job id.
    pub job: u32,
    /// How often it was requeued.
    pub restart: u32,
}

/// Names of the attestations of `cluster` in the spool that are not `known`, in no particular
/// order. Anything else there, such as a file being written under its temporary name, is passed
/// over.
pub fn scan(spool: &Path, cluster: &str, known: impl Fn(&str) -> bool) -> io::Result<Vec<String>> {
    let mut names = Vec::new();
    for file in fs::read_dir(spool)? {
        if let Ok(name) = file?.file_name().into_string()
            && incarnation(&name, cluster).is_some()
            && !known(&name)
        {
            names.push(name);
        }
    }
    Ok(names)
}

/// Reads `CLUSTER-JOB.RESTART.json`.
pub fn incarnation(name: &str, cluster: &str) -> Option<Incarnation> {
    let (job, restart) =
        name.strip_prefix(cluster)?.strip_prefix('-')?.strip_suffix(".json")?.split_once('.')?;
    let found = Incarnation { job: job.parse().ok()?, restart: restart.parse().ok()? };
    // Only the canonical spelling, so that one incarnation has one name.
    (name == format!("{cluster}-{}.{}.json", found.job, found.restart)).then_some(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_canonical_names_are_runs() {
        assert_eq!(incarnation("lab-7.1.json", "lab"), Some(Incarnation { job: 7, restart: 1 }));
        for name in [
            "lab-07.1.json",
            "lab-+7.1.json",
            "lab-7.json",
            "lab-7.1.json.tmp",
            "x-7.1.json",
            "-7.1.json",
            "lab-7.1.1.json",
        ] {
            assert_eq!(incarnation(name, "lab"), None, "{name}");
        }
    }
}
