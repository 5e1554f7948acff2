//! Sluice's SPANK plugin: only approved workflows run, sealed and confined.
//!
//! It is thin. `init` gathers facts and asks `sluice-admit` ([`ask`]); `task_init_privileged`
//! builds the sandbox ([`sluice_sandbox`]); `task_post_fork` takes exec away from slurmstepd's main
//! thread; `task_init` confines the task or ends it with the refusal; `job_epilog` hands an
//! ended job to `sluice-attest`. Which hook does what, and why no other will do, stands in
//! docs/reference/hooks.md. Unsafe code is in [`ffi`] alone.

#[cfg(all(feature = "mutations", not(debug_assertions)))]
compile_error!("the feature `mutations` opens the sandbox: it is for test builds only");

#[forbid(unsafe_code)]
mod ask;
#[forbid(unsafe_code)]
mod environment;
#[forbid(unsafe_code)]
mod facts;
#[allow(unsafe_code)]
mod ffi;
#[forbid(unsafe_code)]
mod node;
#[forbid(unsafe_code)]
mod step;
#[forbid(unsafe_code)]
mod ticket;

/// The Slurm version built for, as `22.05`.
const SLURM: &str = env!("SLUICE_SLURM_VERSION");
