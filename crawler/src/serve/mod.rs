//! The crawler at work: takes runs through all stages, writes down how they came out, and tells.

pub mod adopt;
mod attend;
pub mod crawler;
pub mod daemon;
pub mod health;
pub mod metrics;
mod outage;
pub mod pass;
pub mod preflight;
mod rebuild;
mod recall;
mod record;
mod schedule;
pub mod signals;
pub mod status;
pub mod supervisor;
mod tell;
pub mod withdraw;
mod work;
