//! What the tests of several crates share. Only tests depend on it.
#![allow(clippy::unwrap_used)]

mod host;
mod images;
mod keys;
mod left_out;
mod set;
pub mod sif;
mod table;

pub use host::{Host, NOW};
pub use images::{EROFS, SQUASHFS};
pub use keys::Keys;
pub use left_out::{is_root, leave_out};
pub use set::{Draft, point_to, write};
pub use table::asserts;
