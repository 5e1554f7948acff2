use super::malformed;
use super::metadata::{Cursor, Metadata};
use crate::{ImageError, bytes::Fields};

/// Stands for no fragment and for no attributes.
const NONE: u32 = u32::MAX;
/// Longest target of a link, as in Linux.
const MAX_TARGET: u32 = 4096;

/// What stands in the inode table.
#[derive(Clone, Debug)]
pub(crate) struct Inode {
    /// The kernel knows it by this number.
    pub(crate) number: u32,
    /// Permissions, set-id bits and the sticky bit.
    pub(crate) mode: u16,
    /// Where the owner's and the group's numbers stand in the table of ids.
    pub(crate) owners: [u16; 2],
    /// Seconds since 1970.
    pub(crate) modified: u32,
    /// Where its extended attributes stand in their table.
    pub(crate) attributes: Option<u32>,
    pub(crate) body: Body,
}

#[derive(Clone, Debug)]
pub(crate) enum Body {
    Directory(Directory),
    File(File),
    Link(Vec<u8>),
    Device,
    Fifo,
    Socket,
}

#[derive(Clone, Debug)]
pub(crate) struct Directory {
    /// A reference into the directory table.
    pub(super) block: u32,
    pub(super) offset: u16,
    /// Bytes of the listing.
    pub(super) size: u32,
    /// Entries of the index, and where they begin.
    pub(super) index: (u16, Cursor),
}

#[derive(Clone, Debug)]
pub(crate) struct File {
    pub(crate) size: u64,
    /// Where the first block lies in the image.
    pub(super) start: u64,
    /// Where the sizes of its blocks stand.
    pub(super) blocks: Cursor,
    /// Number of the fragment with its end, and the byte in that.
    pub(super) fragment: Option<(u32, u32)>,
}

impl Inode {
    /// The inode at `at`, and its type as a directory's entry has to say it.
    pub(super) fn read(metadata: &Metadata<'_>, mut at: Cursor) -> Result<(Self, u16), ImageError> {
        let at = &mut at;
        let head = metadata.read(at, 16)?;
        let mut fields = Fields::new(&head);
        let (kind, mode) = (fields.u16()?, fields.u16()?);
        let owners = [fields.u16()?, fields.u16()?];
        let (modified, number) = (fields.u32()?, fields.u32()?);
        // The kernel would take them for a part of the type.
        if mode & !0o7777 != 0 {
            return Err(malformed("an inode's mode has unknown bits"));
        }
        let (body, attributes) = match kind {
            1 => (Body::Directory(directory(metadata, at)?), NONE),
            8 => long_directory(metadata, at)?,
            2 => (Body::File(file(metadata, at)?), NONE),
            9 => long_file(metadata, at)?,
            3 | 10 => {
                let target = target(metadata, at)?;
                (Body::Link(target), if kind == 10 { number_at(metadata, at)? } else { NONE })
            }
            4 | 5 | 11 | 12 => {
                metadata.read(at, 8)?;
                (Body::Device, if kind > 7 { number_at(metadata, at)? } else { NONE })
            }
            6 | 7 | 13 | 14 => {
                metadata.read(at, 4)?;
                let body = if kind == 6 || kind == 13 { Body::Fifo } else { Body::Socket };
                (body, if kind > 7 { number_at(metadata, at)? } else { NONE })
            }
            _ => return Err(malformed("an inode of an unknown type")),
        };
        let attributes = (attributes != NONE).then_some(attributes);
        let kind = if kind > 7 { kind - 7 } else { kind };
        Ok((Self { number, mode, owners, modified, attributes, body }, kind))
    }
}

fn number_at(metadata: &Metadata<'_>, at: &mut Cursor) -> Result<u32, ImageError> {
    Fields::new(&metadata.read(at, 4)?).u32()
}

fn directory(metadata: &Metadata<'_>, at: &mut Cursor) -> Result<Directory, ImageError> {
    let bytes = metadata.read(at, 16)?;
    let mut fields = Fields::new(&bytes);
    let (block, _links) = (fields.u32()?, fields.u32()?);
    let (size, offset) = (fields.u16()?, fields.u16()?);
    Ok(Directory { block, offset, size: listed(size.into()), index: (0, *at) })
}

fn long_directory(metadata: &Metadata<'_>, at: &mut Cursor) -> Result<(Body, u32), ImageError> {
    let bytes = metadata.read(at, 24)?;
    let mut fields = Fields::new(&bytes);
    let (_links, size, block) = (fields.u32()?, fields.u32()?, fields.u32()?);
    let (_parent, indexed, offset) = (fields.u32()?, fields.u16()?, fields.u16()?);
    let attributes = fields.u32()?;
    let directory = Directory { block, offset, size: listed(size), index: (indexed, *at) };
    Ok((Body::Directory(directory), attributes))
}

/// Sizes of directories count three bytes for `.` and `..`, which aren't stored.
fn listed(size: u32) -> u32 {
    size.saturating_sub(3)
}

fn file(metadata: &Metadata<'_>, at: &mut Cursor) -> Result<File, ImageError> {
    let bytes = metadata.read(at, 16)?;
    let mut fields = Fields::new(&bytes);
    let (start, fragment) = (fields.u32()?, fields.u32()?);
    let (offset, size) = (fields.u32()?, fields.u32()?);
    let fragment = (fragment != NONE).then_some((fragment, offset));
    Ok(File { size: size.into(), start: start.into(), blocks: *at, fragment })
}

fn long_file(metadata: &Metadata<'_>, at: &mut Cursor) -> Result<(Body, u32), ImageError> {
    let bytes = metadata.read(at, 40)?;
    let mut fields = Fields::new(&bytes);
    let (start, size, _sparse) = (fields.u64()?, fields.u64()?, fields.u64()?);
    let (_links, fragment, offset) = (fields.u32()?, fields.u32()?, fields.u32()?);
    let attributes = fields.u32()?;
    let fragment = (fragment != NONE).then_some((fragment, offset));
    Ok((Body::File(File { size, start, blocks: *at, fragment }), attributes))
}

fn target(metadata: &Metadata<'_>, at: &mut Cursor) -> Result<Vec<u8>, ImageError> {
    let bytes = metadata.read(at, 8)?;
    let mut fields = Fields::new(&bytes);
    let (_links, size) = (fields.u32()?, fields.u32()?);
    if size == 0 || size > MAX_TARGET {
        return Err(malformed("a link's target is empty or too long"));
    }
    metadata.read(at, size as usize)
}
