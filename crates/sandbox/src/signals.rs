//! Whether slurmstepd has sent the step KILL or TERM.
//!
//! Slurm tells its plugins nothing of signals, and its process trackers send them to one process
//! after the other: a script may lose its tool to one and end well. So a filter of system calls stops
//! slurmstepd in kill(2), the handler of SIGSYS notes it and makes the call anew, with a word in an
//! argument that the kernel doesn't read and the filter lets through. seccomp(2), SECCOMP_RET_TRAP.

use std::{
    io,
    sync::atomic::{AtomicBool, Ordering},
};

use sluice_sys::trapped;

/// kill(2) has two arguments; this stands in the register of a third.
pub(crate) const TOLD: u64 = 0x746f_6c64;

static SENT: AtomicBool = AtomicBool::new(false);

/// Notes from now on the signals that the filter stops.
pub(crate) fn watch() -> io::Result<()> {
    trapped::pass_trapped_kills(TOLD, &SENT)
}

/// Whether there was one. Nothing tells which task it went to, or whether it ended anything. What
/// slurmstepd's main thread sends isn't counted: it ends what its own task epilog left, while it is its
/// other threads that are asked to signal a job.
pub fn sent() -> bool {
    SENT.load(Ordering::SeqCst)
}

#[cfg(test)]
mod tests {
    use std::{os::unix::process::ExitStatusExt, process::Command, thread};

    use rustix::process::{Pid, Signal, kill_process};
    use sluice_sys::child;

    use super::sent;
    use crate::confine::slurms_signals_only;

    /// Ends a process with TERM; whether that is what it died of.
    fn terminated() -> bool {
        let mut victim = Command::new("/bin/sleep").arg("100").spawn().unwrap();
        kill_process(Pid::from_child(&victim), Signal::TERM).unwrap();
        victim.wait().unwrap().signal() == Some(libc::SIGTERM)
    }

    #[test]
    fn signals_of_other_threads_are_noted_and_sent() {
        // The filter and the note are a process's for good.
        let process = child::fork(|| {
            slurms_signals_only().unwrap();
            assert!(terminated() && !sent(), "the main thread's own");
            assert!(thread::spawn(terminated).join().unwrap() && sent());
            let quit = kill_process(rustix::process::getpid(), Signal::QUIT);
            assert_eq!(quit, Err(rustix::io::Errno::PERM));
            0
        });
        assert_eq!(process.unwrap().wait().unwrap(), Some(0));
    }
}
