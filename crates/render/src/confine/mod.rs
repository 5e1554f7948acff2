//! What the program gives up before it reads a byte of the figure. Each part is asked for without compromise:
//! where the kernel lacks one, nothing is drawn.

mod landlock;
mod seccomp;

use rustix::process::{Resource, Rlimit, Signal, set_parent_process_death_signal, setrlimit};

use crate::{Kind, Undrawn};

/// What the process may take.
const LIMITS: [(Resource, u64); 5] = [
    (Resource::As, 2 << 30),
    (Resource::Cpu, 60),
    // Pipes are no files.
    (Resource::Fsize, 0),
    // At 0 the kernel may start a handler of core files, core(5).
    (Resource::Core, 1),
    (Resource::Nofile, 64),
];

/// Gives up all that the drawing of such a figure needs not, for good: also for what this process
/// becomes. The environment is whoever starts it to clear.
pub fn confine(kind: Kind) -> Result<(), Undrawn> {
    // Nobody is left to read the picture then.
    set_parent_process_death_signal(Some(Signal::KILL))
        .map_err(|error| Undrawn::host("prctl", error))?;
    for (resource, most) in LIMITS {
        let limit = Rlimit { current: Some(most), maximum: Some(most) };
        setrlimit(resource, limit).map_err(|error| Undrawn::host("setrlimit", error))?;
    }
    landlock::confine(kind).map_err(|error| Undrawn::host("Landlock", error))?;
    seccomp::confine(kind).map_err(|error| Undrawn::host("seccomp", error))
}
