//! The names of extended attributes.

use super::metadata::Cursor;
use super::{Squashfs, malformed};
use crate::{ImageError, bytes::Fields};

/// Most attributes of one inode, and most bytes of all of them, as much as Linux lists.
const MAX: u32 = 256;
const MAX_BYTES: usize = 64 << 10;
/// Namespaces by their number.
const PREFIXES: [&str; 3] = ["user.", "trusted.", "security."];
const PREFIX: u16 = 0xff;

impl Squashfs<'_> {
    /// The names of attributes with this number; none if the image has no table of them, as for the kernel.
    pub(crate) fn attributes(&self, number: u32) -> Result<Vec<String>, ImageError> {
        let Some(table) = self.superblock.attribute_table else { return Ok(Vec::new()) };
        let mut head = [0; 16];
        self.metadata.read_raw(table, &mut head)?;
        let mut fields = Fields::new(&head);
        let (values, ids) = (fields.u64()?, fields.u32()?);
        if number >= ids {
            return Err(malformed("an inode has attributes that there are none of"));
        }
        let entry: [u8; 16] = self.metadata.entry(table + 16, number)?;
        let mut fields = Fields::new(&entry);
        let (reference, count) = (fields.u64()?, fields.u32()?);
        if count > MAX {
            return Err(malformed("an inode has more than 256 attributes"));
        }
        let mut at = Cursor::of(values, reference)?;
        let (mut names, mut left) = (Vec::new(), MAX_BYTES);
        for _ in 0..count {
            names.push(self.attribute(&mut at, &mut left)?);
        }
        Ok(names)
    }

    fn attribute(&self, at: &mut Cursor, left: &mut usize) -> Result<String, ImageError> {
        let head = self.metadata.read(at, 4)?;
        let mut fields = Fields::new(&head);
        let (kind, length) = (fields.u16()?, fields.u16()?);
        if length > 255 {
            return Err(malformed("an attribute's name is longer than 255 bytes"));
        }
        let name = self.metadata.read(at, length.into())?;
        let value = Fields::new(&self.metadata.read(at, 4)?).u32()?;
        let bytes = usize::from(length).saturating_add(value as usize);
        *left = left
            .checked_sub(bytes)
            .ok_or_else(|| malformed("an inode's attributes have too many bytes"))?;
        self.metadata.read(at, value as usize)?;
        let prefix = PREFIXES.get(usize::from(kind & PREFIX)).copied().unwrap_or("unknown.");
        Ok(format!("{prefix}{}", String::from_utf8_lossy(&name)))
    }
}
