//! How long what is waited for.

use std::time::Duration;

/// How long a worker waits for what.
pub(crate) struct Patience {
    /// A node that has not said it is done this long after the job's end is lost.
    pub(crate) lost: Duration,
    /// A Slurm that does not answer, or a configuration that can't be read, is told of after this.
    pub(crate) silence: Duration,
    /// A worker gives up after this long; the next start of slurmd resumes it.
    pub(crate) give_up: Duration,
    /// Slurm is asked again after this long at most.
    pub(crate) slowest: Duration,
}

impl Patience {
    /// Outside of tests.
    pub(crate) const USUAL: Self = Self {
        lost: Duration::from_secs(600),
        silence: Duration::from_secs(60),
        give_up: Duration::from_secs(24 * 3600),
        slowest: Duration::from_secs(2),
    };
}
