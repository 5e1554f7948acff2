//! Whether Slurm is done with a job, by squeue(1): its own columns only, none that holds text of
//! the user's.

use std::process::Command;

use anyhow::{Context, Result, bail};

/// States in which an incarnation may still have something running.
const UNFINISHED: &[&str] = &[
    "PENDING",
    "RUNNING",
    "SUSPENDED",
    "COMPLETING",
    "CONFIGURING",
    "RESIZING",
    "SIGNALING",
    "STAGE_OUT",
    "STOPPED",
    "POWER_UP_NODE",
    "REQUEUE_FED",
    "REQUEUE_HOLD",
    "REQUEUED",
    "SPECIAL_EXIT",
    "RESV_DEL_HOLD",
];

/// Slurm's word for how the incarnation ended; none while it hasn't.
pub(crate) fn ended(job: u32, restart: u32) -> Result<Option<String>> {
    let output = Command::new("/usr/bin/squeue")
        .args(["--noheader", "--states=all"])
        .arg(format!("--jobs={job}"))
        .arg("--Format=State:24,RestartCnt:12")
        .env_clear()
        .env("PATH", "/usr/bin:/bin")
        .current_dir("/")
        .output()
        .context("/usr/bin/squeue")?;
    if !output.status.success() {
        let complaint = String::from_utf8_lossy(&output.stderr);
        // slurmctld forgets a job MinJobAge after its end.
        if complaint.contains("Invalid job id") {
            return Ok(Some("UNKNOWN".into()));
        }
        bail!("squeue: {}", complaint.trim());
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
    Ok((!UNFINISHED.contains(&state)).then(|| state.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::interpret;

    #[test]
    fn waits_for_the_end_of_this_incarnation() {
        let ended = |answer: &str| interpret(answer, 1).unwrap();
        assert_eq!(ended("RUNNING                 1           \n"), None);
        assert_eq!(ended("COMPLETING              1           \n"), None);
        assert_eq!(ended("COMPLETED               1           \n").as_deref(), Some("COMPLETED"));
        assert_eq!(ended("PENDING                 2           \n").as_deref(), Some("REQUEUED"));
        assert_eq!(ended("").as_deref(), Some("UNKNOWN"));
        assert!(interpret("RUNNING\n", 1).is_err());
    }
}
