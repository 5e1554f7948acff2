//! Asks `sluice-admit`: a separate program, so that nothing it meets can crash slurmstepd.

use std::{
    io::Read,
    os::fd::{AsFd, OwnedFd},
    process::{Child, ChildStdout, Stdio},
    time::{Duration, Instant},
};

use rustix::{
    event::{PollFd, PollFlags, Timespec, poll},
    io::Errno,
    net::{
        AddressFamily, SendFlags, Shutdown, SocketFlags, SocketType, send, shutdown, socketpair,
    },
    process::{Pid, PidfdFlags, pidfd_open},
};
use sluice_protocol::{
    ADMIT_PROGRAM, Code, FORMAT, Facts, MAX_MESSAGE, NO_PROGRESS_SECONDS, Refusal, Verdict,
};
use sluice_sys::program::{clean, stop};

/// A decider that waits for its question.
pub(crate) struct Decider {
    child: Child,
    /// A socket, since writing to a pipe that nobody reads any more would signal slurmstepd.
    question: OwnedFd,
}

impl Decider {
    /// Starts it, so that it is up once the facts are there.
    pub(crate) fn start() -> Result<Self, Refusal> {
        let (question, theirs) =
            socketpair(AddressFamily::UNIX, SocketType::STREAM, SocketFlags::CLOEXEC, None)
                .map_err(|e| no_answer(&e))?;
        let child = clean(ADMIT_PROGRAM)
            .stdin(Stdio::from(theirs))
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|e| no_answer(&format_args!("{ADMIT_PROGRAM}: {e}")))?;
        Ok(Self { child, question })
    }

    /// Its verdict, or the refusal that its silence, crash or nonsense amounts to.
    pub(crate) fn decide(mut self, facts: &Facts) -> Result<Verdict, Refusal> {
        let question = serde_json::to_vec(facts).map_err(|e| no_answer(&e))?;
        tell(&self.question, &question)?;
        let from = self.child.stdout.take().ok_or_else(|| no_answer(&"no pipe"))?;
        let answer = listen(from)?;
        // Its output ends before the process does, which may yet hang in giving up its other files.
        let process = pidfd_open(Pid::from_child(&self.child), PidfdFlags::empty());
        wait_for(&process.map_err(|e| no_answer(&e))?, PollFlags::IN)?;
        let status = self.child.wait().map_err(|e| no_answer(&e))?;
        if !status.success() {
            return Err(no_answer(&status));
        }
        match serde_json::from_slice(&answer).map_err(|e| no_answer(&e))? {
            Verdict::Admit(admission) if admission.format != FORMAT => {
                Err(no_answer(&"plugin and sluice-admit are of different versions"))
            }
            verdict => Ok(verdict),
        }
    }
}

impl Drop for Decider {
    fn drop(&mut self) {
        stop(&mut self.child);
    }
}

/// Hands over the question, as long as something moves.
fn tell(to: &OwnedFd, mut question: &[u8]) -> Result<(), Refusal> {
    while !question.is_empty() {
        wait_for(to, PollFlags::OUT)?;
        match send(to, question, SendFlags::NOSIGNAL | SendFlags::DONTWAIT) {
            Ok(n) => question = &question[n..],
            Err(Errno::AGAIN | Errno::INTR) => {}
            // It has ended; how it did says more.
            Err(Errno::PIPE | Errno::CONNRESET) => break,
            Err(error) => return Err(no_answer(&error)),
        }
    }
    shutdown(to, Shutdown::Write).map_err(|e| no_answer(&e))
}

/// Reads to the end of the answer, as long as something moves.
fn listen(mut from: ChildStdout) -> Result<Vec<u8>, Refusal> {
    let mut answer = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        wait_for(&from, PollFlags::IN)?;
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

fn wait_for(file: &impl AsFd, event: PollFlags) -> Result<(), Refusal> {
    let deadline = Instant::now() + Duration::from_secs(NO_PROGRESS_SECONDS);
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        let timeout =
            Timespec { tv_sec: left.as_secs() as i64, tv_nsec: left.subsec_nanos().into() };
        match poll(&mut [PollFd::new(file, event)], Some(&timeout)) {
            Ok(0) => {
                return Err(no_answer(&format_args!(
                    "no sign of life for {NO_PROGRESS_SECONDS} s"
                )));
            }
            Ok(_) => return Ok(()),
            Err(Errno::INTR) => {}
            Err(error) => return Err(no_answer(&error)),
        }
    }
}

fn no_answer(why: &dyn std::fmt::Display) -> Refusal {
    Refusal {
        code: Code::NoAnswer.into(),
        message: format!(
            "the node could not decide ({why}); ask the administrator to run `sluice check`"
        ),
    }
}
