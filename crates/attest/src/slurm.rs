//! Whether Slurm is done with a job, by squeue(1): its own columns only, none that holds text of
//! the user's.

use std::process::Stdio;

use anyhow::{Context, Result, bail};
use sluice_policy::attestation::JobState;
use sluice_sys::{jobs::Incarnation, program::clean};

/// How long squeue may take to answer, in seconds.
const PATIENCE: u32 = 30;

/// Who knows how a job ended.
pub(crate) trait Slurm {
    /// How the incarnation ended; none while it hasn't.
    fn ended(&self, incarnation: Incarnation) -> Result<Option<JobState>>;
}

/// The controller, as squeue tells.
pub(crate) struct Squeue;

impl Slurm for Squeue {
    fn ended(&self, Incarnation { job, restart }: Incarnation) -> Result<Option<JobState>> {
        let output = clean("/usr/bin/timeout")
            .args(["--kill-after=5", &PATIENCE.to_string(), "/usr/bin/squeue"])
            .args(["--noheader", "--states=all", "--Format=State:24,RestartCnt:12"])
            .arg(format!("--jobs={job}"))
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .output()
            .context("/usr/bin/squeue")?;
        if !output.status.success() {
            let complaint = String::from_utf8_lossy(&output.stderr);
            // slurmctld forgets a job MinJobAge after its end.
            if complaint.contains("Invalid job id") {
                return Ok(Some(JobState::Unknown));
            }
            bail!("squeue ({}): {}", output.status, complaint.trim());
        }
        interpret(&String::from_utf8_lossy(&output.stdout), restart)
    }
}

/// Any word that means no end, also one of a later Slurm, means waiting.
fn interpret(answer: &str, restart: u32) -> Result<Option<JobState>> {
    let Some(line) = answer.lines().next() else { return Ok(Some(JobState::Unknown)) };
    let mut words = line.split_whitespace();
    let (Some(state), Some(count)) = (words.next(), words.next()) else {
        bail!("squeue answered {line:?}");
    };
    let count: u32 = count.parse().with_context(|| format!("squeue answered {line:?}"))?;
    if count > restart {
        return Ok(Some(JobState::Requeued));
    }
    Ok(JobState::of_slurm(state))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_for_the_end_of_this_incarnation() {
        let ended = |answer: &str| interpret(answer, 1).unwrap();
        assert_eq!(ended("RUNNING                 1           \n"), None);
        assert_eq!(ended("COMPLETING              1           \n"), None);
        assert_eq!(ended("REQUEUED                1           \n"), None);
        assert_eq!(ended("EXPEDITING              1           \n"), None);
        assert_eq!(ended("COMPLETED               1           \n"), Some(JobState::Completed));
        assert_eq!(ended("PENDING                 2           \n"), Some(JobState::Requeued));
        assert_eq!(ended(""), Some(JobState::Unknown));
        assert!(interpret("RUNNING\n", 1).is_err());
        assert!(interpret("RUNNING x\n", 1).is_err());
    }
}
