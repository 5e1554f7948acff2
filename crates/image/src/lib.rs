//! Images: a whole file system in one file, whose bytes come from anybody.
//!
//! [`recognise`] reads a superblock and nothing else, so a node may ask it before the kernel does.
#![forbid(unsafe_code)]

mod bytes;
mod erofs;
mod error;
mod filesystem;
mod part;
mod superblock;

pub use error::ImageError;
pub use filesystem::{Filesystem, recognise};
pub use part::Part;
