//! Whether Slurm is done with a job, by squeue(1): its own columns only, none that holds text of
//! the user's.

use std::process::Stdio;

use anyhow::{Context, Result, bail};
use sluice_sys::{jobs::Incarnation, program::clean};

/// States in which nothing of the incarnation runs any more, job_state_string(3) of Slurm. Any
/// other word, also one of a later Slurm, means waiting.
const FINAL: &[&str] = &[
    "BOOT_FAIL",
    "CANCELLED",
    "COMPLETED",
    "DEADLINE",
    "FAILED",
    "NODE_FAIL",
    "OUT_OF_MEMORY",
    "PREEMPTED",
    "REVOKED",
    "TIMEOUT",
];
/// How long squeue may take to answer, in seconds.
const PATIENCE: &str = "30";

/// Slurm's word for how the incarnation ended; none while it hasn't.
pub(crate) fn ended(Incarnation { job, restart }: Incarnation) -> Result<Option<String>> {
    let output = clean("/usr/bin/timeout")
        .args(["--kill-after=5", PATIENCE, "/usr/bin/squeue", "--noheader", "--states=all"])
        .arg(format!("--jobs={job}"))
        .arg("--Format=State:24,RestartCnt:12")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .output()
        .context("/usr/bin/squeue")?;
    if !output.status.success() {
        let complaint = String::from_utf8_lossy(&output.stderr);
        // slurmctld forgets a job MinJobAge after its end.
        if complaint.contains("Invalid job id") {
            return Ok(Some("UNKNOWN".into()));
        }
        bail!("squeue ({}): {}", output.status, complaint.trim());
    }
    interpret(&String::from_utf8_lossy(&output.stdout), restart)
}

fn interpret(answer: &str, restart: u32) -> Result<Option<String>> {
    let Some(line) = answer.lines().next() else { return Ok(Some("UNKNOWN".into())) };
    let mut words = line.split_whitespace();
    let (Some(state), Some(count)) = (words.next(), words.next()) else {
        bail!("squeue answered {line:?}");
    };
    let count: u32 = count.parse().with_context(|| format!("squeue answered {line:?}"))?;
    if count > restart {
        return Ok(Some("REQUEUED".into()));
    }
    Ok(FINAL.contains(&state).then(|| state.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::interpret;

    #[test]
    fn waits_for_the_end_of_this_incarnation() {
        let ended = |answer: &str| interpret(answer, 1).unwrap();
        assert_eq!(ended("RUNNING                 1           \n"), None);
        assert_eq!(ended("COMPLETING              1           \n"), None);
        assert_eq!(ended("EXPEDITING              1           \n"), None);
        assert_eq!(ended("COMPLETED               1           \n").as_deref(), Some("COMPLETED"));
        assert_eq!(ended("PENDING                 2           \n").as_deref(), Some("REQUEUED"));
        assert_eq!(ended("").as_deref(), Some("UNKNOWN"));
        assert!(interpret("RUNNING\n", 1).is_err());
    }
}
