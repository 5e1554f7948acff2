//! The words of all stages: verdicts on a run, where it stands, and what is said of that to whom.

mod code;
mod notice;
mod state;
mod stop;

pub use code::{Cause, Code};
pub use notice::{Notice, OwnerCode};
pub use state::State;
pub(crate) use state::{Outcome, Recheck, Step, next};
pub use stop::{Reason, Stop};
