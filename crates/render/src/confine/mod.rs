//! What the program gives up before it reads a byte of the figure. Each part is asked for without compromise:
//! where the kernel lacks one, nothing is drawn.

mod landlock;
mod seccomp;

use std::{fs, io};

use rustix::process::{
    Pid, Resource, Rlimit, Signal, getppid, getrlimit, set_parent_process_death_signal, setrlimit,
};

use crate::{Kind, Undrawn};

/// What the process may take.
const LIMITS: [(Resource, u64); 5] = [
    (Resource::As, 2 << 30),
    (Resource::Cpu, 60),
    // Pipes are no files.
    (Resource::Fsize, 0),
    // No file, and no handler either: at 0 the kernel starts one, core(5).
    (Resource::Core, 1),
    (Resource::Nofile, 64),
];

/// Gives up all that the drawing of such a figure needs not, for good: also for what this process
/// becomes. The environment is whoever starts it to clear.
pub fn confine(kind: Kind) -> Result<(), Undrawn> {
    end_with(getppid()).map_err(|error| Undrawn::host("the program that asked", error))?;
    // Where memory is short, this process ends and not the one that asked.
    let adjusted = fs::write("/proc/self/oom_score_adj", "1000");
    adjusted.map_err(|error| Undrawn::host("oom_score_adj", error))?;
    for (resource, most) in LIMITS {
        // What is lower already stays so: nobody but root may raise it.
        let most = getrlimit(resource).maximum.map_or(most, |maximum| maximum.min(most));
        let limit = Rlimit { current: Some(most), maximum: Some(most) };
        setrlimit(resource, limit).map_err(|error| Undrawn::host("setrlimit", error))?;
    }
    landlock::confine(kind).map_err(|error| Undrawn::host("Landlock", error))?;
    seccomp::confine(kind).map_err(|error| Undrawn::host("seccomp", error))
}

/// Ends this process with its parent: nobody is left to read the picture then.
fn end_with(parent: Option<Pid>) -> io::Result<()> {
    set_parent_process_death_signal(Some(Signal::KILL))?;
    // One that ended before is told of by no signal.
    match getppid() == parent {
        true => Ok(()),
        false => Err(io::Error::other("it is gone")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_drawn_for_a_parent_that_is_gone() {
        assert!(end_with(getppid()).is_ok());
        assert!(end_with(Some(rustix::process::getpid())).is_err());
    }
}
