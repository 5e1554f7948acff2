//! The one form in which Sluice writes images, so that the same files give the same bytes.

use crate::squashfs::{Body, Compression, Inode};
use crate::{Contents, ImageError};

/// Bytes of a block of content.
const BLOCK_SIZE: u32 = 128 << 10;

/// What mksquashfs, version 4.5 or later, has to be told to write it from a tar archive.
pub const MKSQUASHFS: [&str; 24] = [
    "-tar",
    "-noappend",
    "-quiet",
    "-no-progress",
    "-comp",
    "zstd",
    "-Xcompression-level",
    "15",
    "-b",
    "131072",
    "-reproducible",
    "-mkfs-time",
    "0",
    "-all-time",
    "0",
    "-root-mode",
    "0755",
    "-root-uid",
    "0",
    "-root-gid",
    "0",
    "-no-xattrs",
    "-no-exports",
    "-no-hardlinks",
];

/// How an image isn't in this form, as far as its tables show.
pub(crate) fn departures(contents: &Contents<'_>) -> Result<Vec<String>, ImageError> {
    let Contents { squashfs, root, nodes } = contents;
    let superblock = &squashfs.superblock;
    let mut departures = Vec::new();
    let mut wants = |is: bool, what: &str| {
        if !is {
            departures.push(what.to_owned());
        }
    };
    wants(squashfs.compression == Compression::Zstd, "it isn't compressed with zstd");
    wants(superblock.block_size == BLOCK_SIZE, "its blocks don't have 131072 bytes");
    wants(superblock.made == 0, "it says when it was made");
    wants(superblock.attribute_table.is_none(), "it has extended attributes");
    let owned =
        |inode: &Inode| inode.owners.iter().all(|&place| matches!(squashfs.owner(place), Ok(0)));
    let inodes = || nodes.iter().map(|node| &node.inode).chain([root]);
    wants(inodes().all(owned), "not everything is root's");
    wants(inodes().all(|inode| inode.modified == 0), "not everything is of 1970-01-01");
    wants(inodes().all(has_mode), "a mode is none of 0755, 0644, and 0777 of links");
    Ok(departures)
}

fn has_mode(inode: &Inode) -> bool {
    match inode.body {
        Body::File(_) => matches!(inode.mode, 0o644 | 0o755),
        Body::Link(_) => inode.mode == 0o777,
        _ => inode.mode == 0o755,
    }
}
