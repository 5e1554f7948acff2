//! The superblock of erofs: Linux, fs/erofs/erofs_fs.h and Documentation/filesystems/erofs.rst.

use crate::{ImageError, Part, bytes::Fields, filesystem::head};

const AT: u64 = 1024;
const SIZE: usize = 128;
const MAGIC: u32 = 0xe0f5_e1e2;
/// Blocks of 512 bytes to 64 KiB, the largest page of a machine.
const BLOCK_BITS: std::ops::RangeInclusive<u8> = 9..=16;
/// FEATURE_INCOMPAT bits up to XATTR_PREFIXES. Those above change what the fields below mean.
const KNOWN_FEATURES: u32 = 0x7f;

/// The bytes that the file system says it has, if it is one.
pub(crate) fn used(part: Part<'_>) -> Result<Option<u64>, ImageError> {
    let Some(bytes) = head::<SIZE>(part, AT)? else { return Ok(None) };
    let mut fields = Fields::new(&bytes);
    if fields.u32()? != MAGIC {
        return Ok(None);
    }
    let (_checksum, _compatible) = (fields.u32()?, fields.u32()?);
    let (block_bits, extra_slots, _root) = (fields.u8()?, fields.u8()?, fields.u16()?);
    let inodes = fields.u64()?;
    fields.take(12)?; // when it was made
    let blocks = fields.u32()?;
    fields.take(4 + 4 + 16 + 16)?; // where inodes and attributes begin, its UUID, its label
    let features = fields.u32()?;
    fields.take(2)?; // algorithms
    let devices = fields.u16()?;

    let refuse = |why: &str| Err(ImageError::malformed(format!("erofs, {why}")));
    if features & !KNOWN_FEATURES != 0 {
        return refuse("with features of a newer version");
    }
    if devices != 0 {
        return refuse("with content in other files, which the digest doesn't cover");
    }
    if !BLOCK_BITS.contains(&block_bits) {
        return refuse("whose block size is out of bounds");
    }
    let block = 1 << block_bits;
    let used = u64::from(blocks) * block;
    let least = AT + SIZE as u64 + 16 * u64::from(extra_slots);
    if used < least || inodes > used / 32 {
        return refuse("whose sizes contradict each other");
    }
    Ok(Some(used))
}
