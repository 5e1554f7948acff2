//! Sluice's SPANK plugin: only approved workflows run, sealed and confined.
//!
//! It is thin. `init` gathers facts and asks `sluice-admit` ([`ask`]); `task_init_privileged`
//! builds the sandbox ([`sandbox`]); `task_post_fork` takes exec away from slurmstepd's main
//! thread; `task_init` confines the task or ends it with the refusal; `job_epilog` hands an
//! ended job to `sluice-attest`. Which hook does what, and why no other will do, stands in
//! docs/reference/hooks.md.
#![allow(unsafe_code)]

mod ask;
mod bindings;
mod confine;
mod environment;
mod hooks;
mod mutations;
mod node;
mod raw;
mod sandbox;
mod signals;
mod slurm;
mod spank;
mod step;
mod ticket;

/// Slurm refuses a plugin whose major.minor differs from its own.
#[unsafe(no_mangle)]
#[allow(non_upper_case_globals)]
pub static plugin_version: u32 = number(env!("SLUICE_SLURM_NUMBER"));

/// The plugin's name in Slurm's messages.
#[unsafe(no_mangle)]
#[allow(non_upper_case_globals)]
pub static plugin_name: [u8; 7] = *b"sluice\0";

/// What Slurm loads it as.
#[unsafe(no_mangle)]
#[allow(non_upper_case_globals)]
pub static plugin_type: [u8; 6] = *b"spank\0";

/// Version of the plugin's own options, of which it has none.
#[unsafe(no_mangle)]
#[allow(non_upper_case_globals)]
pub static spank_plugin_version: u32 = 1;

/// The Slurm version built for, as `22.05`.
const SLURM: &str = env!("SLUICE_SLURM_VERSION");

const fn number(digits: &str) -> u32 {
    let (bytes, mut value, mut i) = (digits.as_bytes(), 0, 0);
    while i < bytes.len() {
        value = value * 10 + (bytes[i] - b'0') as u32;
        i += 1;
    }
    value
}
