//! The content of files: blocks of one size, and what is shorter in a part of a fragment.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use super::{Squashfs, inode::File, malformed};
use crate::{ImageError, bytes::Fields};

/// Set in a block's size if it is stored as it is.
const STORED: u32 = 1 << 24;
/// Fragments that are kept unfolded, each of a block's size at most.
const KEPT: usize = 16;

/// Fragments by their number.
pub(super) type Fragments = RefCell<HashMap<u32, Rc<Vec<u8>>>>;

impl Squashfs<'_> {
    /// Tells `each` the content of a file, piece by piece.
    pub(crate) fn read<E: From<ImageError>>(
        &self,
        file: &File,
        each: &mut dyn FnMut(&[u8]) -> Result<(), E>,
    ) -> Result<(), E> {
        let block = u64::from(self.superblock.block_size);
        let end = match file.fragment {
            Some(_) => file.size - file.size % block,
            None => file.size,
        };
        let (mut done, mut at, mut sizes) = (0, file.start, file.blocks);
        while done < end {
            let wanted = block.min(end - done);
            let size = Fields::new(&self.metadata.read(&mut sizes, 4)?).u32()?;
            // Lossless: a block has 1 MiB at most.
            each(&self.block(at, size, wanted as usize)?)?;
            at += u64::from(size & !STORED);
            done += wanted;
        }
        if let Some((number, offset)) = file.fragment
            && done < file.size
        {
            let fragment = self.fragment(number)?;
            let (offset, length) = (offset as usize, (file.size - done) as usize);
            let part = offset.checked_add(length).and_then(|end| fragment.get(offset..end));
            each(part.ok_or_else(|| malformed("a file's end lies outside its fragment"))?)?;
        }
        Ok(())
    }

    /// A block of exactly `wanted` bytes.
    fn block(&self, at: u64, size: u32, wanted: usize) -> Result<Vec<u8>, ImageError> {
        if size == 0 {
            return Ok(vec![0; wanted]);
        }
        let unfolded = self.stretch(at, size, wanted)?;
        if unfolded.len() != wanted {
            return Err(malformed("a block has another length than its file says"));
        }
        Ok(unfolded)
    }

    /// A stretch of the image, unfolded to `most` bytes or fewer.
    fn stretch(&self, at: u64, size: u32, most: usize) -> Result<Vec<u8>, ImageError> {
        let length = size & !STORED;
        if length == 0 || length > self.superblock.block_size {
            return Err(malformed("a block's size is out of bounds"));
        }
        let mut packed = vec![0; length as usize];
        self.metadata.read_raw(at, &mut packed)?;
        match size & STORED {
            0 => self.compression.unfold(&packed, most),
            _ => Ok(packed),
        }
    }

    fn fragment(&self, number: u32) -> Result<Rc<Vec<u8>>, ImageError> {
        if let Some(fragment) = self.fragments.borrow().get(&number) {
            return Ok(fragment.clone());
        }
        if number >= self.superblock.fragments {
            return Err(malformed("a file's end lies in a fragment that there is none of"));
        }
        let entry: [u8; 16] = self.metadata.entry(self.superblock.fragment_table, number)?;
        let mut fields = Fields::new(&entry);
        let (at, size) = (fields.u64()?, fields.u32()?);
        let most = self.superblock.block_size as usize;
        let fragment = Rc::new(self.stretch(at, size, most)?);
        let mut kept = self.fragments.borrow_mut();
        if kept.len() >= KEPT {
            kept.clear();
        }
        kept.insert(number, fragment.clone());
        Ok(fragment)
    }
}
