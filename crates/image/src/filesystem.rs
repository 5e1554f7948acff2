//! Which file system a file is.

use std::fs::File;
use std::io;

use sluice_protocol::Filesystem;

use crate::{ImageError, Part, erofs, superblock::Superblock};

/// Writers fill up the last block of this size with zeros.
const PADDED_TO: u64 = 4096;

/// Which file system this file is, by its superblock. The file system fills the file: its last block
/// may be followed by zeros up to the next 4096 bytes, and by nothing else.
pub fn recognise(file: &File) -> Result<Filesystem, ImageError> {
    recognise_part(Part::whole(file)?)
}

pub(crate) fn recognise_part(part: Part<'_>) -> Result<Filesystem, ImageError> {
    let (filesystem, used) = if let Some(superblock) = Superblock::read(part)? {
        (Filesystem::Squashfs, superblock.used)
    } else if let Some(used) = erofs::used(part)? {
        (Filesystem::Erofs, used)
    } else {
        return Err(ImageError::Unrecognised);
    };
    check_end(part, used)?;
    Ok(filesystem)
}

/// Whether nothing but padding follows the `used` bytes.
fn check_end(part: Part<'_>, used: u64) -> Result<(), ImageError> {
    let behind = part.size().checked_sub(used).ok_or_else(|| {
        ImageError::malformed(format!(
            "it says that it has {used} bytes, and the file has {}",
            part.size()
        ))
    })?;
    let extra = || ImageError::malformed("something follows the file system");
    if behind >= PADDED_TO || !part.size().is_multiple_of(PADDED_TO) && behind > 0 {
        return Err(extra());
    }
    let mut padding = [0; PADDED_TO as usize];
    let padding = &mut padding[..behind as usize];
    part.read_at(used, padding)?;
    if padding.iter().any(|&byte| byte != 0) { Err(extra()) } else { Ok(()) }
}

/// The `N` bytes at `at`, unless the part is too short to have them.
pub(crate) fn head<const N: usize>(part: Part<'_>, at: u64) -> io::Result<Option<[u8; N]>> {
    let mut head = [0; N];
    match part.read_at(at, &mut head) {
        Ok(()) => Ok(Some(head)),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(None),
        Err(error) => Err(error),
    }
}
