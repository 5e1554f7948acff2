//! Children that never execute a program.
#![allow(unsafe_code)] // fork and _exit have no safe binding.

use std::{
    io,
    panic::{AssertUnwindSafe, catch_unwind},
};

use rustix::{
    io::retry_on_intr,
    process::{Pid, WaitOptions, waitpid},
};

/// A forked child, to be waited for.
pub struct Child(Pid);

/// Runs `child` in a forked process; its result is the exit status, and so is 1 after a panic.
///
/// Of the parent's threads only the calling one goes on in it: a lock that another one held stays
/// locked there for good. So `child` makes system calls and takes no locks.
pub fn fork(child: impl FnOnce() -> i32) -> io::Result<Child> {
    // SAFETY: fork(2) has no preconditions; glibc keeps its own locks usable in the child. It leaves
    // by _exit, whatever happens, and so runs no destructor or handler of the parent's.
    let pid = unsafe { libc::fork() };
    if pid == 0 {
        exit_now(catch_unwind(AssertUnwindSafe(child)).unwrap_or(1));
    }
    Pid::from_raw(pid).filter(|_| pid > 0).map(Child).ok_or_else(io::Error::last_os_error)
}

/// Ends this process at once, without destructors, handlers or buffers.
pub fn exit_now(status: i32) -> ! {
    // SAFETY: _exit(2) has no preconditions.
    unsafe { libc::_exit(status) }
}

impl Child {
    /// Its number, until it has been waited for.
    pub fn pid(&self) -> Pid {
        self.0
    }

    /// Waits for its end: its exit status, or none if a signal ended it.
    pub fn wait(self) -> io::Result<Option<i32>> {
        let status = retry_on_intr(|| waitpid(Some(self.0), WaitOptions::empty()))?;
        Ok(status.and_then(|(_, status)| status.exit_status()))
    }
}
