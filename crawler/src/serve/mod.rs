//! The crawler at work: takes runs through all stages, writes down how they came out, and tells.

pub mod adopt;
pub(crate) mod attend;
pub mod crawler;
pub mod daemon;
pub mod health;
pub mod metrics;
pub mod notice;
pub mod preflight;
pub mod recall;
pub mod record;
pub mod roll;
pub mod signals;
pub mod status;
pub mod supervisor;
pub mod withdraw;
mod work;
