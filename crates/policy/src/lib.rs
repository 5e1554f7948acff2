//! Sluice's pure rules: what a bundle is, who approved it, which script may start it, and
//! which rule each of its results falls under.
//!
//! Nothing here opens a file, reads a clock or knows Slurm. Callers hand in bytes, readers and
//! the time; every parser limits its input before looking at it and refuses what it does not
//! know.
#![forbid(unsafe_code)]

pub mod attestation;
pub mod digest;
pub mod entry;
pub mod index;
pub mod manifest;
pub mod openssh;
pub mod path;
pub mod revocation;
pub mod script;
pub mod set;
pub mod signature;
pub mod signers;
pub mod template;
pub mod text;
pub mod ticket;
pub mod time;
pub mod toml;
pub mod weskit;

#[cfg(test)]
mod testing;
