//! The crawler on a whole site.
#![allow(clippy::unwrap_used)]

mod faults;
mod holds;
mod publish;
mod world;
