//! The superblock of squashfs 4.0: Linux, fs/squashfs/squashfs_fs.h.

use crate::{ImageError, Part, bytes::Fields, filesystem::head};

pub(crate) const SIZE: usize = 96;
const MAGIC: u32 = 0x7371_7368;
/// Stands for a table that there is none of.
const NONE: u64 = u64::MAX;
/// Smallest inode, of a FIFO.
const SMALLEST_INODE: u64 = 20;
/// A block of metadata unfolds to 8 KiB out of no fewer than 3 bytes.
const MOST_UNFOLDED: u64 = 8192 / 3;

/// What stands in the first 96 bytes, and is consistent.
#[derive(Clone, Copy, Debug)]
#[cfg_attr(not(feature = "contents"), allow(dead_code))]
pub(crate) struct Superblock {
    /// Seconds since 1970.
    pub(crate) made: u32,
    /// Bytes of a block of content.
    pub(crate) block_size: u32,
    pub(crate) fragments: u32,
    pub(crate) compression: u16,
    pub(crate) ids: u16,
    /// Where the root's inode stands.
    pub(crate) root: u64,
    /// Bytes of the file system.
    pub(crate) used: u64,
    pub(crate) id_table: u64,
    pub(crate) attribute_table: Option<u64>,
    pub(crate) inode_table: u64,
    pub(crate) directory_table: u64,
    pub(crate) fragment_table: u64,
}

impl Superblock {
    /// The superblock, if this is a squashfs.
    pub(crate) fn read(part: Part<'_>) -> Result<Option<Self>, ImageError> {
        let Some(bytes) = head::<SIZE>(part, 0)? else { return Ok(None) };
        let mut fields = Fields::new(&bytes);
        if fields.u32()? != MAGIC {
            return Ok(None);
        }
        let (inodes, made) = (fields.u32()?, fields.u32()?);
        let (block_size, fragments) = (fields.u32()?, fields.u32()?);
        let (compression, block_log, _flags) = (fields.u16()?, fields.u16()?, fields.u16()?);
        let (ids, major, minor) = (fields.u16()?, fields.u16()?, fields.u16()?);
        let (root, used) = (fields.u64()?, fields.u64()?);
        let (id_table, attribute_table) = (fields.u64()?, fields.u64()?);
        let (inode_table, directory_table) = (fields.u64()?, fields.u64()?);
        let (fragment_table, export_table) = (fields.u64()?, fields.u64()?);

        let refuse = |why: &str| Err(ImageError::malformed(format!("squashfs, {why}")));
        if (major, minor) != (4, 0) {
            return refuse("of another version than 4.0");
        }
        if !(12..=20).contains(&block_log) || block_size != 1 << block_log {
            return refuse("whose block size is not a power of two from 4 KiB to 1 MiB");
        }
        if !(1..=6).contains(&compression) {
            return refuse("with an unknown compression");
        }
        let optional = [attribute_table, fragment_table, export_table];
        let within = |table: u64| (directory_table..used).contains(&table);
        if inode_table < SIZE as u64
            || directory_table <= inode_table
            || !within(id_table)
            || !optional.into_iter().all(|table| table == NONE || within(table))
        {
            return refuse("whose tables are out of order or bounds");
        }
        let most = used.saturating_mul(MOST_UNFOLDED) / SMALLEST_INODE;
        if inodes == 0 || ids == 0 || u64::from(inodes) > most || u64::from(fragments) > used {
            return refuse("whose sizes contradict each other");
        }
        let attribute_table = (attribute_table != NONE).then_some(attribute_table);
        Ok(Some(Self {
            made,
            block_size,
            fragments,
            compression,
            ids,
            root,
            used,
            id_table,
            attribute_table,
            inode_table,
            directory_table,
            fragment_table,
        }))
    }
}
