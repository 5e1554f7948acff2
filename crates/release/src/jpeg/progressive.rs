//! Blocks of a picture that comes in passes: the means first, then more of each block's rest, then its
//! finer bits. Which values a block has so far decides how many bits of it come.

use super::{bits::Bits, huffman::Huffman, scan::Band};

/// Longest run of blocks that have nothing more.
const MAX_RUN: u32 = 0x7fff;
/// So many bits for known values end a run early: libjpeg keeps no more of them.
const MAX_CORRECTIONS: u32 = 937;

/// Of one scan of blocks' rest.
#[derive(Default)]
pub(super) struct Run {
    /// Blocks that have nothing more, from this one on.
    left: u32,
    /// Whether the last code ended a block, and its run could have been longer.
    could_be_longer: bool,
    corrections: u32,
}

impl Run {
    /// A block that is coded the first time; `known` gets a bit for each of its values.
    pub(super) fn first(
        &mut self,
        bits: &mut Bits<'_>,
        table: &mut Huffman,
        band: Band,
        known: &mut u64,
    ) -> Result<(), &'static str> {
        if self.left > 0 {
            self.left -= 1;
            return Ok(());
        }
        let mut at = u32::from(band.from);
        let mut skipped = false;
        while at <= band.to.into() {
            let (zeros, size) = split(bits.symbol(table)?);
            match (zeros, size) {
                (15, 0) => {
                    at += 16;
                    skipped = true;
                    continue;
                }
                (_, 0) => {
                    self.begin(bits, zeros, skipped)?;
                    self.left -= 1;
                    return Ok(());
                }
                _ => {}
            }
            at += zeros;
            if at > band.to.into() || size > 10 {
                return Err(BEYOND);
            }
            bits.take(size)?;
            *known |= 1 << at;
            at += 1;
            (self.could_be_longer, skipped) = (false, false);
        }
        if skipped { Err(BEYOND) } else { Ok(()) }
    }

    /// A block of which a further bit comes.
    pub(super) fn finer(
        &mut self,
        bits: &mut Bits<'_>,
        table: &mut Huffman,
        band: Band,
        known: &mut u64,
    ) -> Result<(), &'static str> {
        let mut at = u32::from(band.from);
        let mut skipped = false;
        while self.left == 0 && at <= band.to.into() {
            let (mut zeros, size) = split(bits.symbol(table)?);
            match (zeros, size) {
                (15, 0) | (_, 1) => {}
                (_, 0) => {
                    self.begin(bits, zeros, skipped)?;
                    break;
                }
                _ => return Err(BEYOND),
            }
            bits.take(size)?;
            while *known >> at & 1 == 1 || zeros > 0 {
                match *known >> at & 1 {
                    1 => drop(bits.take(1)?),
                    _ => zeros -= 1,
                }
                at += 1;
                if at > band.to.into() {
                    return Err(BEYOND);
                }
            }
            *known |= u64::from(size) << at;
            at += 1;
            (self.could_be_longer, skipped) = (false, size == 0);
        }
        if self.left > 0 {
            let own = u64::MAX >> (63 - (u32::from(band.to) - at));
            let rest = (*known >> at & own).count_ones();
            for _ in 0..rest {
                bits.take(1)?;
            }
            self.corrections += rest;
            self.left -= 1;
        } else if skipped {
            return Err(BEYOND);
        }
        Ok(())
    }

    fn begin(&mut self, bits: &mut Bits<'_>, size: u32, skipped: bool) -> Result<(), &'static str> {
        if skipped {
            return Err(BEYOND);
        }
        if self.could_be_longer && self.corrections <= MAX_CORRECTIONS {
            return Err(
                "has a run of empty blocks in two; write the picture anew (jpegtran -copy none)",
            );
        }
        self.left = (1 << size) + u32::from(bits.take(size)?);
        self.could_be_longer = self.left < MAX_RUN;
        self.corrections = 0;
        Ok(())
    }

    /// Before a restart or the end.
    pub(super) fn end(&mut self) -> Result<(), &'static str> {
        match std::mem::take(self).left {
            0 => Ok(()),
            _ => Err("has more empty blocks than the picture; write the picture anew"),
        }
    }
}

/// Zeros before a value, and its size.
pub(super) fn split(symbol: u8) -> (u32, u32) {
    (u32::from(symbol >> 4), u32::from(symbol & 15))
}

pub(super) const BEYOND: &str =
    "has a block with more than 64 values, or zeros that lead to none; write the picture anew";
