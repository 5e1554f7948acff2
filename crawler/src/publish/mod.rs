//! Sending a run to the store, and what stands there for it.

pub mod buffers;
mod parts;
pub mod send;
pub(crate) mod token;
pub mod uploads;
