//! Slurm's own programs, as the user has them in PATH.

use std::ffi::OsStr;
use std::io::Write;
use std::process::{Command, Output, Stdio};

use crate::exit::{Doing, Failure, Result};

/// Submits a script and returns the job id.
pub(crate) fn sbatch<S: AsRef<OsStr>>(args: &[S], script: &str) -> Result<String> {
    let mut child = Command::new("sbatch")
        .args(args)
        // They would make slurmd run the login profile before the job.
        .env_remove("SBATCH_GET_USER_ENV")
        .env_remove("SLURM_GET_USER_ENV")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .doing(|| "run sbatch")?;
    if let Some(mut stdin) = child.stdin.take() {
        // A refusing sbatch may not read it; its exit code tells.
        let _ = stdin.write_all(script.as_bytes());
    }
    let output = child.wait_with_output().doing(|| "wait for sbatch")?;
    let answer = text("sbatch", &output)?;
    let id = answer.trim().split(';').next().unwrap_or_default();
    if id.is_empty() || !id.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(Failure::environment(format_args!("sbatch answered {answer:?}, not a job id")));
    }
    Ok(id.to_owned())
}

/// Cancels a job.
pub(crate) fn cancel(id: u32) -> Result<()> {
    let output = Command::new("scancel").arg(id.to_string()).output().doing(|| "run scancel")?;
    text("scancel", &output).map(drop)
}

/// Working directories of the caller's jobs that wait or run.
pub(crate) fn work_dirs() -> Result<String> {
    let output = Command::new("squeue")
        .args(["--me", "--noheader", "--format=%Z"])
        .output()
        .doing(|| "run squeue")?;
    text("squeue", &output)
}

/// The hosts of a list such as `n[1-9,12]`.
pub(crate) fn hostnames(list: &str) -> Result<Vec<String>> {
    let output = Command::new("scontrol")
        .args(["show", "hostnames", list])
        .output()
        .doing(|| "run scontrol")?;
    Ok(text("scontrol", &output)?.lines().map(str::to_owned).collect())
}

/// A node's slurmd, and where it listens.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Daemon {
    pub(crate) node: String,
    pub(crate) address: String,
    pub(crate) port: u16,
}

/// All nodes' slurmds, by the controller.
pub(crate) fn daemons() -> Result<Vec<Daemon>> {
    let show = |words: &[&str]| {
        let output = Command::new("scontrol").arg("show").args(words).output();
        text("scontrol", &output.doing(|| "run scontrol")?)
    };
    parse_daemons(&show(&["config"])?, &show(&["nodes", "--oneliner"])?)
        .ok_or_else(|| Failure::environment("scontrol names no SlurmdPort"))
}

/// Only a port that isn't the common one stands with its node.
fn parse_daemons(config: &str, nodes: &str) -> Option<Vec<Daemon>> {
    let port = config.lines().find_map(|line| {
        let (key, value) = line.split_once('=')?;
        (key.trim() == "SlurmdPort").then(|| value.trim().parse().ok())?
    })?;
    let daemon = |line: &str| {
        Some(Daemon {
            node: field(line, "NodeName=")?.to_owned(),
            address: field(line, "NodeAddr=")?.to_owned(),
            port: field(line, "Port=").and_then(|it| it.parse().ok()).unwrap_or(port),
        })
    };
    Some(nodes.lines().filter_map(daemon).collect())
}

/// Of a line of `scontrol --oneliner`.
fn field<'a>(line: &'a str, key: &str) -> Option<&'a str> {
    line.split_whitespace().find_map(|word| word.strip_prefix(key))
}

/// A job as the controller sees it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Job {
    /// Slurm's word, such as `RUNNING`.
    pub(crate) state: String,
    code: u8,
    signal: u8,
}

impl Job {
    /// Asks the controller, which forgets a job MinJobAge seconds after its end.
    pub(crate) fn ask(id: &str) -> Result<Self> {
        let output = Command::new("scontrol")
            .args(["--oneliner", "show", "job", id])
            .output()
            .doing(|| "run scontrol")?;
        Self::parse(&text("scontrol", &output)?)
            .ok_or_else(|| Failure::environment(format_args!("scontrol says nothing of job {id}")))
    }

    fn parse(line: &str) -> Option<Self> {
        let (code, signal) = field(line, "ExitCode=")?.split_once(':')?;
        Some(Self {
            state: field(line, "JobState=")?.to_owned(),
            code: code.parse().ok()?,
            signal: signal.parse().ok()?,
        })
    }

    /// Nothing of it will run any more.
    pub(crate) fn ended(&self) -> bool {
        !matches!(
            self.state.as_str(),
            "PENDING"
                | "CONFIGURING"
                | "RUNNING"
                | "SUSPENDED"
                | "STOPPED"
                | "COMPLETING"
                | "STAGE_OUT"
                | "SIGNALING"
                | "RESIZING"
                | "REQUEUED"
                | "REQUEUE_FED"
                | "REQUEUE_HOLD"
                | "RESV_DEL_HOLD"
                | "SPECIAL_EXIT"
        )
    }

    /// What a shell would report; a job that Slurm ended is never a success.
    pub(crate) fn exit_code(&self) -> u8 {
        match (self.code, self.signal) {
            (0, 0) => u8::from(self.state != "COMPLETED"),
            (0, signal) => 128 | signal,
            (code, _) => code,
        }
    }
}

fn text(program: &str, output: &Output) -> Result<String> {
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let said = said.trim().trim_start_matches(program).trim_start_matches(": error: ");
    Err(Failure::environment(format_args!("{program} failed: {said}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn job(state: &str, exit: &str) -> Job {
        Job::parse(&format!("JobId=7 JobState={state} Reason=None ExitCode={exit} X=y")).unwrap()
    }

    #[test]
    fn exit_codes() {
        assert_eq!(job("COMPLETED", "0:0").exit_code(), 0);
        assert_eq!(job("FAILED", "77:0").exit_code(), 77);
        assert_eq!(job("FAILED", "0:9").exit_code(), 137);
        assert_eq!(job("CANCELLED", "0:0").exit_code(), 1);
    }

    #[test]
    fn daemons_listen_where_the_controller_says() {
        let config = "SlurmctldPort           = 6817\nSlurmdPort              = 6818\n";
        let nodes = "NodeName=n1 Arch=x86_64 NodeAddr=10.0.0.1 NodeHostName=n1 State=IDLE\n\
                     NodeName=n2 NodeAddr=n2.example NodeHostName=n2 Port=17002 State=DOWN\n\n";
        let daemon = |node: &str, address: &str, port| Daemon {
            node: node.into(),
            address: address.into(),
            port,
        };
        assert_eq!(
            parse_daemons(config, nodes).unwrap(),
            [daemon("n1", "10.0.0.1", 6818), daemon("n2", "n2.example", 17002)]
        );
        assert_eq!(parse_daemons("SlurmctldPort = 6817\n", nodes), None);
    }

    #[test]
    fn ends() {
        assert!(!job("COMPLETING", "0:0").ended());
        assert!(job("NODE_FAIL", "0:0").ended());
        assert_eq!(Job::parse("JobId=7"), None);
    }
}
