//! The bits of a scan: bytes up to the next marker, without the zeros that follow each 0xFF.

use super::huffman::Huffman;

/// Reads a scan's bits; a method that finds too few of them says so.
pub(super) struct Bits<'a> {
    content: &'a [u8],
    at: usize,
    /// The next bits, the first one on top.
    buffer: u64,
    count: u32,
}

const CUT: &str = "is cut off; write the picture anew";

impl<'a> Bits<'a> {
    pub(super) fn new(content: &'a [u8], at: usize) -> Self {
        Self { content, at, buffer: 0, count: 0 }
    }

    fn fill(&mut self) {
        while self.count <= 56 {
            let byte = match self.content.get(self.at..) {
                Some([0xff, 0, ..]) => {
                    self.at += 2;
                    0xff
                }
                Some([byte, ..]) if *byte != 0xff => {
                    self.at += 1;
                    *byte
                }
                _ => break,
            };
            self.buffer |= u64::from(byte) << (56 - self.count);
            self.count += 8;
        }
    }

    /// The next 16 bits; zeros stand for what is missing.
    fn peek(&mut self) -> u16 {
        if self.count < 16 {
            self.fill();
        }
        (self.buffer >> 48) as u16
    }

    fn skip(&mut self, bits: u32) -> Result<(), &'static str> {
        self.count = self.count.checked_sub(bits).ok_or(CUT)?;
        self.buffer <<= bits;
        Ok(())
    }

    /// A number of up to 16 bits.
    pub(super) fn take(&mut self, bits: u32) -> Result<u16, &'static str> {
        let number = self.peek().checked_shr(16 - bits).unwrap_or(0);
        self.skip(bits)?;
        Ok(number)
    }

    /// A number of a size: half of them are negative.
    pub(super) fn signed(&mut self, size: u32) -> Result<i32, &'static str> {
        let number = i32::from(self.take(size)?);
        let half = (1 << size) >> 1;
        Ok(if number < half { number + 1 - (1 << size) } else { number })
    }

    pub(super) fn symbol(&mut self, table: &mut Huffman) -> Result<u8, &'static str> {
        let (length, symbol) = table
            .find(self.peek())
            .ok_or("has a code that its tables don't; write the picture anew")?;
        self.skip(length)?;
        Ok(symbol)
    }

    /// Past the marker of a restart.
    pub(super) fn restart(&mut self, number: u8) -> Result<(), &'static str> {
        let at = self.end()?;
        if self.content.get(at..at + 2) != Some(&[0xff, 0xd0 + number]) {
            return Err("has no restart where one is due; write the picture anew");
        }
        *self = Self::new(self.content, at + 2);
        Ok(())
    }

    /// Where the next marker is: only ones fill the last byte.
    pub(super) fn end(&mut self) -> Result<usize, &'static str> {
        self.fill();
        if self.count >= 8 {
            return Err("has something behind its last block; write nothing there");
        }
        match self.buffer >> (64 - 8) == 0xff << (8 - self.count) & 0xff {
            true => Ok(self.at),
            false => Err("has something in the bits behind its last block; write ones there"),
        }
    }
}
