//! What is in a squashfs 4.0: Linux, fs/squashfs and Documentation/filesystems/squashfs.rst.
//!
//! What is read here is what the kernel shows, or an error: the kernel looks names up by their order and
//! by an index, and keeps inodes by their numbers, so all of these have to agree with the listing.

mod attributes;
mod data;
mod directory;
mod inode;
mod metadata;
mod unfold;
mod walk;

pub(crate) use inode::{Body, File, Inode};
pub(crate) use unfold::Compression;
pub(crate) use walk::Node;

use crate::superblock::{SIZE, Superblock};
use crate::{ImageError, Part, bytes::Fields, filesystem::recognise_part};
use data::Fragments;
use metadata::Metadata;

/// A squashfs that is being read.
pub(crate) struct Squashfs<'a> {
    pub(crate) superblock: Superblock,
    pub(crate) compression: Compression,
    metadata: Metadata<'a>,
    fragments: Fragments,
}

impl<'a> Squashfs<'a> {
    pub(crate) fn open(part: Part<'a>) -> Result<Self, ImageError> {
        recognise_part(part)?;
        let superblock = Superblock::read(part)?.ok_or(ImageError::Unrecognised)?;
        let compression = Compression::numbered(superblock.compression)?;
        let metadata = Metadata::new(part, &superblock, compression);
        Ok(Self { superblock, compression, metadata, fragments: Fragments::default() })
    }

    /// The number of the user or group at this place in the table.
    pub(crate) fn owner(&self, place: u16) -> Result<u32, ImageError> {
        if place >= self.superblock.ids {
            return Err(malformed("an inode's owner is not in the table"));
        }
        let id: [u8; 4] = self.metadata.entry(self.superblock.id_table, place.into())?;
        Fields::new(&id).u32()
    }
}

fn malformed(why: &str) -> ImageError {
    ImageError::malformed(format!("squashfs, {why}"))
}
