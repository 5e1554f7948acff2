use std::fs::File;

use crate::filesystem::recognise_part;
use crate::{Filesystem, ImageError, Part, sif};

/// What people have: an image, or a SIF with one in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// The file is an image.
    Image(Filesystem),
    /// The file is a SIF, with a squashfs for its one partition.
    Sif,
}

/// What a file is, and the part of it with the file system.
pub fn open(file: &File) -> Result<(Format, Part<'_>), ImageError> {
    let whole = Part::whole(file)?;
    if !sif::is_sif(whole)? {
        return Ok((Format::Image(recognise_part(whole)?), whole));
    }
    let partition = sif::partition(whole)?;
    match recognise_part(partition)? {
        Filesystem::Squashfs => Ok((Format::Sif, partition)),
        Filesystem::Erofs => Err(ImageError::malformed("SIF, its partition is no squashfs")),
    }
}
