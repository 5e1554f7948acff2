use super::inode::Directory;
use super::malformed;
use super::metadata::{Cursor, Metadata};
use crate::{ImageError, bytes::Fields};

/// Longest name, in bytes.
const MAX_NAME: usize = 255;
/// Most entries behind one header.
const MAX_RUN: u32 = 256;

/// One entry of a directory.
pub(super) struct Named {
    pub(super) name: Vec<u8>,
    /// Where its inode stands.
    pub(super) inode: u64,
    /// The number by which the kernel keeps that inode.
    pub(super) number: u32,
    pub(super) kind: u16,
}

/// A header of a listing: where it stands, by the listing's bytes and in the table, and the name behind it.
struct Run {
    byte: u32,
    place: Cursor,
    first: Vec<u8>,
}

/// The entries of a directory, `most` or fewer. They are in order, and the index leads to what the listing
/// shows: the kernel looks names up by both.
pub(super) fn entries(
    metadata: &Metadata<'_>,
    table: u64,
    directory: &Directory,
    most: usize,
) -> Result<Vec<Named>, ImageError> {
    let mut entries: Vec<Named> = Vec::new();
    let mut runs = Vec::new();
    let (mut at, mut byte) = (start(table, directory), 0);
    while byte < directory.size {
        let (run, place) = (byte, at);
        let header = metadata.read(&mut at, 12)?;
        let mut fields = Fields::new(&header);
        let (count, block, number) = (fields.u32()?, fields.u32()?, fields.u32()?);
        if count >= MAX_RUN {
            return Err(malformed("a directory's header counts more than 256 entries"));
        }
        byte += 12;
        for index in 0..=count {
            let fixed = metadata.read(&mut at, 8)?;
            let mut fields = Fields::new(&fixed);
            let (offset, delta) = (fields.u16()?, fields.u16()?.cast_signed());
            let (kind, length) = (fields.u16()?, usize::from(fields.u16()?) + 1);
            if length > MAX_NAME {
                return Err(malformed("a name is longer than 255 bytes"));
            }
            let name = metadata.read(&mut at, length)?;
            byte = byte.saturating_add(8 + length as u32);
            if entries.last().is_some_and(|before| before.name >= name) {
                return Err(malformed("a directory isn't sorted, or has a name twice"));
            }
            if entries.len() >= most {
                return Err(ImageError::TooLarge);
            }
            if index == 0 {
                runs.push(Run { byte: run, place, first: name.clone() });
            }
            let number = number.wrapping_add_signed(delta.into());
            let inode = u64::from(block) << 16 | u64::from(offset);
            entries.push(Named { name, inode, number, kind });
        }
    }
    if byte != directory.size {
        return Err(malformed("a directory's size isn't that of its entries"));
    }
    check_index(metadata, table, directory, &runs)?;
    Ok(entries)
}

fn start(table: u64, directory: &Directory) -> Cursor {
    // Not beyond 64 bits, since the table lies in the file.
    Cursor { block: table + u64::from(directory.block), offset: directory.offset.into() }
}

/// Whether each entry of the index leads to a header of the listing and the name behind it.
fn check_index(
    metadata: &Metadata<'_>,
    table: u64,
    directory: &Directory,
    runs: &[Run],
) -> Result<(), ImageError> {
    let (count, mut at) = directory.index;
    let mut after = None;
    for _ in 0..count {
        let fixed = metadata.read(&mut at, 12)?;
        let mut fields = Fields::new(&fixed);
        let (byte, block, length) = (fields.u32()?, fields.u32()?, fields.u32()? as usize);
        if length >= MAX_NAME {
            return Err(malformed("a name in a directory's index is longer than 255 bytes"));
        }
        let name = metadata.read(&mut at, length + 1)?;
        let offset =
            (u64::from(byte) + u64::from(directory.offset)) % super::metadata::BLOCK as u64;
        let place = Cursor { block: table + u64::from(block), offset: offset as usize };
        let leads = runs
            .binary_search_by_key(&byte, |run| run.byte)
            .is_ok_and(|found| runs[found].place == place && runs[found].first == name);
        if !leads || after.is_some_and(|before| before >= byte) {
            return Err(malformed("a directory's index leads to something else than its listing"));
        }
        after = Some(byte);
    }
    Ok(())
}
