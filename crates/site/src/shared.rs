//! Places that the hosts of a cluster share: sealed run directories, the done records of running
//! jobs, and the spool of attestations.

use std::path::PathBuf;

use sluice_sys::jobs::Incarnation;

use crate::Site;

/// The sealed run directory's name in the service account's directory around it.
pub const RUN: &str = "run";
/// The done records' directory below the site's `attestations`.
pub const RUNNING: &str = "running";
/// The spool's directory there.
pub const SPOOL: &str = "spool";

impl Site {
    /// The service account's directory around a job's sealed run directory.
    pub fn sealed_dir(&self, incarnation: Incarnation) -> PathBuf {
        self.sealed_root.join(&self.cluster).join(incarnation.to_string())
    }

    /// A job's sealed run directory.
    pub fn sealed_run(&self, incarnation: Incarnation) -> PathBuf {
        self.sealed_dir(incarnation).join(RUN)
    }

    /// Where the nodes of running jobs say that they are done: a directory for each job, in it a file
    /// for each node.
    pub fn running(&self) -> PathBuf {
        self.attestations.join(RUNNING)
    }

    /// Where attestations are left.
    pub fn spool(&self) -> PathBuf {
        self.attestations.join(SPOOL)
    }
}

/// A job's attestation in the spool.
pub fn spooled(cluster: &str, incarnation: Incarnation) -> String {
    format!("{cluster}-{incarnation}.json")
}

/// The job of a spooled attestation, as its name claims; none if it is another cluster's or not
/// that of an attestation.
pub fn spooled_job(name: &str, cluster: &str) -> Option<Incarnation> {
    let tail = name.strip_prefix(cluster)?.strip_prefix('-')?;
    tail.strip_suffix(".json")?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn names_of_attestations_come_back(job: u32, restart: u32, cluster in "[a-z0-9.-]{1,9}") {
            let incarnation = Incarnation { job, restart };
            let name = spooled(&cluster, incarnation);
            prop_assert_eq!(spooled_job(&name, &cluster), Some(incarnation));
            prop_assert_eq!(spooled_job(&name, &format!("{cluster}x")), None);
        }
    }

    #[test]
    fn only_canonical_names_are_attestations() {
        assert_eq!(spooled_job("lab-7.1.json", "lab"), Some(Incarnation { job: 7, restart: 1 }));
        for name in [
            "lab-07.1.json",
            "lab-+7.1.json",
            "lab-7.json",
            "lab-7.1.json.tmp",
            "x-7.1.json",
            "-7.1.json",
            "lab-7.1.1.json",
            "lab-7.1-trial.json",
        ] {
            assert_eq!(spooled_job(name, "lab"), None, "{name}");
        }
    }
}
