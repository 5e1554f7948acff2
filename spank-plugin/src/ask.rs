//! Asks `sluice-admit`: a separate program, so that nothing it meets can crash slurmstepd.

use std::{
    fs::File,
    io::{self, Read, Seek, Write},
    process::{ChildStdout, Stdio},
    time::{Duration, Instant},
};

use rustix::{
    event::{PollFd, PollFlags, Timespec, poll},
    fs::{MemfdFlags, memfd_create},
};
use sluice_protocol::{
    ADMIT_PROGRAM, FORMAT, Facts, MAX_MESSAGE, NO_PROGRESS_SECONDS, Refusal, Verdict,
};
use sluice_sys::program::clean;

/// The decider's verdict, or the refusal that its silence, crash or nonsense amounts to.
pub(crate) fn decider(facts: &Facts) -> Result<Verdict, Refusal> {
    let question = serde_json::to_vec(facts).map_err(|e| no_answer(&e))?;
    let question = in_memory(&question).map_err(|e| no_answer(&e))?;
    let mut child = clean(ADMIT_PROGRAM)
        .stdin(Stdio::from(question))
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|e| no_answer(&format_args!("{ADMIT_PROGRAM}: {e}")))?;
    let answer = match child.stdout.take() {
        Some(from) => listen(from),
        None => Err(no_answer(&"no pipe")),
    };
    if answer.is_err() {
        // It may be stuck in the kernel: it is killed, not waited for.
        let _ = child.kill();
        let _ = child.try_wait();
    } else {
        let status = child.wait().map_err(|e| no_answer(&e))?;
        if !status.success() {
            return Err(no_answer(&status));
        }
    }
    let verdict = serde_json::from_slice(&answer?).map_err(|e| no_answer(&e))?;
    match verdict {
        Verdict::Admit(admission) if admission.format != FORMAT => {
            Err(no_answer(&"plugin and sluice-admit are of different versions"))
        }
        verdict => Ok(verdict),
    }
}

/// A file that is nowhere: unlike a pipe it takes a question of any length at once, whether or not
/// anybody reads.
fn in_memory(question: &[u8]) -> io::Result<File> {
    let mut file = File::from(memfd_create("facts", MemfdFlags::CLOEXEC)?);
    file.write_all(question)?;
    file.rewind()?;
    Ok(file)
}

/// Reads to the end of the answer, as long as something moves.
fn listen(mut from: ChildStdout) -> Result<Vec<u8>, Refusal> {
    let mut answer = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        wait_readable(&from)?;
        match from.read(&mut buffer).map_err(|e| no_answer(&e))? {
            0 => return Ok(answer),
            // Leading white space is a sign of life and not kept.
            n if answer.is_empty() => {
                answer.extend_from_slice(buffer[..n].trim_ascii_start());
            }
            n => answer.extend_from_slice(&buffer[..n]),
        }
        if answer.len() > MAX_MESSAGE {
            return Err(no_answer(&"the answer is too long"));
        }
    }
}

fn wait_readable(from: &impl std::os::fd::AsFd) -> Result<(), Refusal> {
    let deadline = Instant::now() + Duration::from_secs(NO_PROGRESS_SECONDS);
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        let timeout =
            Timespec { tv_sec: left.as_secs() as i64, tv_nsec: left.subsec_nanos().into() };
        match poll(&mut [PollFd::new(from, PollFlags::IN)], Some(&timeout)) {
            Ok(0) => return Err(no_answer(&"no sign of life for 30 s")),
            Ok(_) => return Ok(()),
            Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(no_answer(&error)),
        }
    }
}

fn no_answer(why: &dyn std::fmt::Display) -> Refusal {
    Refusal {
        code: "no-answer".into(),
        message: format!(
            "the node could not decide ({why}); ask the administrator to run `sluice check`"
        ),
    }
}
