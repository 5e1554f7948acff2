//! The crawler on a whole site.
#![allow(clippy::unwrap_used)]

mod command;
mod faults;
mod holds;
mod publish;
mod s3;
mod world;
