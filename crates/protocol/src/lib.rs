//! What the SPANK plugin and `sluice-admit` say to each other: [`Facts`] as JSON on the
//! decider's standard input, a [`Verdict`] as JSON on its standard output.
//!
//! White space before the verdict is the decider's sign of life: it writes a line feed now and
//! then during long work, and the plugin gives up when it has heard nothing for
//! [`NO_PROGRESS_SECONDS`].

pub mod codes;
pub mod drawing;
mod facts;
mod image;
mod loaded;
mod refusal;
mod verdict;

pub use facts::{Facts, JobFacts, Mode, Step};
pub use image::{Filesystem, Image};
pub use loaded::Loaded;
pub use refusal::Code;
pub use verdict::{
    Access, Admission, Bind, Network, OpenAs, Refusal, Sandbox, Script, Stdio, Verdict,
};

/// Version of both messages; a peer that speaks another one is refused.
pub const FORMAT: u32 = 1;

/// Silence after which a decider is given up, in seconds.
pub const NO_PROGRESS_SECONDS: u64 = 30;

/// Upper bound of either message, in bytes.
pub const MAX_MESSAGE: usize = 1 << 20;

/// Exit code of a refused job.
pub const EXIT_REFUSED: i32 = 77;

/// Where packages install the decider.
pub const ADMIT_PROGRAM: &str = "/usr/libexec/sluice/sluice-admit";

/// Where packages install the attestation worker.
pub const ATTEST_PROGRAM: &str = "/usr/libexec/sluice/sluice-attest";

/// Where an admitted job sees the ticket that its steps need, and no other process does.
pub const TICKET: &str = "/run/sluice-ticket";

/// The variable in which the plugin in srun hands the ticket to the plugin on the node, which takes
/// it out of the step's environment.
pub const TICKET_VARIABLE: &str = "SLUICE_TICKET";
