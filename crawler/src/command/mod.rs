//! What the program's commands need beside the library.

pub(crate) mod report;
pub(crate) mod service;
pub(crate) mod withdrawal;
