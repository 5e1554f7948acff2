//! Metadata: streams of bytes in compressed blocks of 8 KiB, and tables of entries of one size.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use super::{Compression, SIZE, Superblock, malformed};
use crate::{ImageError, Part, bytes::Fields};

/// Bytes that a block unfolds to at most.
pub(super) const BLOCK: usize = 8192;
/// Set in a block's header if it is stored as it is.
const STORED: u16 = 1 << 15;
/// Blocks that are kept unfolded: 32 MiB.
const KEPT: usize = 4096;

/// A place in a stream of metadata.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Cursor {
    /// Where its block begins in the image.
    pub(super) block: u64,
    /// The byte in the unfolded block.
    pub(super) offset: usize,
}

struct Block {
    bytes: Vec<u8>,
    next: u64,
}

pub(super) struct Metadata<'a> {
    part: Part<'a>,
    used: u64,
    compression: Compression,
    kept: RefCell<HashMap<u64, Rc<Block>>>,
}

impl Cursor {
    /// Of a reference: the block's place behind `table`, and 16 bits of offset.
    pub(super) fn of(table: u64, reference: u64) -> Result<Self, ImageError> {
        let block = table.checked_add(reference >> 16);
        let block = block.ok_or_else(|| malformed("a reference overflows"))?;
        Ok(Self { block, offset: (reference & 0xffff) as usize })
    }
}

impl<'a> Metadata<'a> {
    pub(super) fn new(part: Part<'a>, superblock: &Superblock, compression: Compression) -> Self {
        Self { part, used: superblock.used, compression, kept: RefCell::default() }
    }

    /// The next `length` bytes, and moves on behind them.
    pub(super) fn read(&self, at: &mut Cursor, length: usize) -> Result<Vec<u8>, ImageError> {
        let mut bytes = Vec::with_capacity(length.min(BLOCK));
        while bytes.len() < length {
            let block = self.block(at.block)?;
            let there = block.bytes.get(at.offset..).filter(|there| !there.is_empty());
            let there = there.ok_or_else(|| malformed("metadata ends too early"))?;
            let taken = there.len().min(length - bytes.len());
            bytes.extend_from_slice(&there[..taken]);
            at.offset += taken;
            if at.offset == block.bytes.len() {
                *at = Cursor { block: block.next, offset: 0 };
            }
        }
        Ok(bytes)
    }

    /// The entry of `N` bytes with this number in a table, whose blocks' places stand at `pointers`.
    pub(super) fn entry<const N: usize>(
        &self,
        pointers: u64,
        number: u32,
    ) -> Result<[u8; N], ImageError> {
        let byte = u64::from(number) * N as u64;
        let at = pointers.saturating_add(byte / BLOCK as u64 * 8);
        let mut pointer = [0; 8];
        self.read_raw(at, &mut pointer)?;
        let block = u64::from_le_bytes(pointer);
        let mut cursor = Cursor { block, offset: (byte % BLOCK as u64) as usize };
        let mut entry = [0; N];
        entry.copy_from_slice(&self.read(&mut cursor, N)?);
        Ok(entry)
    }

    /// Bytes of the image as they are, behind the superblock.
    pub(super) fn read_raw(&self, at: u64, bytes: &mut [u8]) -> Result<(), ImageError> {
        let end = at.checked_add(bytes.len() as u64);
        if at < SIZE as u64 || end.is_none_or(|end| end > self.used) {
            return Err(malformed("a block lies outside the file system"));
        }
        Ok(self.part.read_at(at, bytes)?)
    }

    fn block(&self, at: u64) -> Result<Rc<Block>, ImageError> {
        if let Some(block) = self.kept.borrow().get(&at) {
            return Ok(block.clone());
        }
        let mut header = [0; 2];
        self.read_raw(at, &mut header)?;
        let header = Fields::new(&header).u16()?;
        let (stored, length) = (header & STORED != 0, usize::from(header & !STORED));
        if length == 0 || length > BLOCK {
            return Err(malformed("a metadata block's size is out of bounds"));
        }
        let mut packed = vec![0; length];
        self.read_raw(at + 2, &mut packed)?;
        let bytes = if stored { packed } else { self.compression.unfold(&packed, BLOCK)? };
        let block = Rc::new(Block { bytes, next: at + 2 + length as u64 });
        let mut kept = self.kept.borrow_mut();
        if kept.len() >= KEPT {
            kept.clear();
        }
        kept.insert(at, block.clone());
        Ok(block)
    }
}
