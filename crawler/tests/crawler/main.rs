//! The crawler on a whole site.
#![allow(clippy::unwrap_used)]

mod bad_input;
mod beside;
mod command;
mod defects;
mod differencing;
mod earlier;
mod faults;
mod figures;
mod health;
mod holds;
mod numbers;
mod preflight;
mod proxy;
mod publish;
mod quirks;
mod s3;
mod unattested;
mod versions;
mod withdraw;
mod world;
