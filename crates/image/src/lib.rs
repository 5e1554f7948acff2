//! Images: a whole file system in one file, whose bytes come from anybody.
//!
//! [`recognise`] reads a superblock and nothing else, so a node may ask it before the kernel does. What is
//! in an image is read with the feature `contents`, by the commands of people.
#![forbid(unsafe_code)]

mod bytes;
#[cfg(feature = "contents")]
mod canonical;
#[cfg(feature = "contents")]
mod contents;
mod erofs;
mod error;
#[cfg(feature = "contents")]
mod fault;
mod filesystem;
#[cfg(feature = "contents")]
mod format;
mod part;
#[cfg(feature = "contents")]
mod sif;
#[cfg(feature = "contents")]
mod squashfs;
mod superblock;
#[cfg(feature = "contents")]
mod tar;

#[cfg(feature = "contents")]
pub use canonical::MKSQUASHFS;
#[cfg(feature = "contents")]
pub use contents::{Absolute, Contents};
pub use error::ImageError;
#[cfg(feature = "contents")]
pub use fault::Fault;
pub use filesystem::recognise;
#[cfg(feature = "contents")]
pub use format::{Format, open};
pub use part::Part;
pub use sluice_protocol::Filesystem;
#[cfg(feature = "contents")]
pub use tar::Tar;
