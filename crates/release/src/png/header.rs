//! The first chunk of a PNG: how many pixels of which kind follow.

use super::Chunk;

/// Longest side; a row is held in memory.
const MAX_SIDE: u32 = 1 << 16;

/// Of a picture without interlacing.
#[derive(Clone, Copy)]
pub(super) struct Header {
    pub(super) width: u32,
    pub(super) height: u32,
    /// Bits of a number.
    pub(super) depth: u8,
    pub(super) colour: Colour,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Colour {
    Grey,
    Rgb,
    /// Numbers of colours in a palette.
    Palette,
    GreyAlpha,
    Rgba,
}

impl Header {
    pub(super) fn of(chunk: &Chunk<'_>) -> Result<Self, String> {
        let plain = "chunk 1 is no header (IHDR) of 13 bytes; write the picture anew";
        let Chunk { kind: b"IHDR", data } = chunk else { return Err(plain.into()) };
        let Some((sides, &[depth, colour, compression, filters, interlacing])) =
            data.split_first_chunk::<8>()
        else {
            return Err(plain.into());
        };
        let [width, height] = [0, 4]
            .map(|at| u32::from_be_bytes([sides[at], sides[at + 1], sides[at + 2], sides[at + 3]]));
        if ![width, height].iter().all(|side| (1..=MAX_SIDE).contains(side)) {
            return Err(format!(
                "chunk 1 (IHDR) says {width} by {height} pixels; write 1 to {MAX_SIDE} on a side"
            ));
        }
        let (colour, depths): (_, &[u8]) = match colour {
            0 => (Colour::Grey, &[1, 2, 4, 8, 16]),
            2 => (Colour::Rgb, &[8, 16]),
            3 => (Colour::Palette, &[1, 2, 4, 8]),
            4 => (Colour::GreyAlpha, &[8, 16]),
            6 => (Colour::Rgba, &[8, 16]),
            _ => return Err("chunk 1 (IHDR) has a kind of pixels that PNG doesn't know".into()),
        };
        if !depths.contains(&depth) || (compression, filters) != (0, 0) {
            return Err("chunk 1 (IHDR) has a depth, a compression or filters that PNG doesn't \
                        know; write the picture anew"
                .into());
        }
        if interlacing != 0 {
            return Err("chunk 1 (IHDR) says that it is interlaced; write it without \
                        (ImageMagick: -interlace none)"
                .into());
        }
        Ok(Self { width, height, depth, colour })
    }

    /// Numbers that make a pixel.
    pub(super) fn channels(self) -> usize {
        match self.colour {
            Colour::Grey | Colour::Palette => 1,
            Colour::GreyAlpha => 2,
            Colour::Rgb => 3,
            Colour::Rgba => 4,
        }
    }

    /// Bits of a row's pixels.
    pub(super) fn bits(self) -> usize {
        self.width as usize * self.channels() * usize::from(self.depth)
    }

    /// Bytes of a row, without the one that names its filter.
    pub(super) fn row(self) -> usize {
        self.bits().div_ceil(8)
    }

    /// Bytes of a pixel, or one where a byte has several.
    pub(super) fn step(self) -> usize {
        (self.channels() * usize::from(self.depth)).div_ceil(8)
    }

    pub(super) fn bytes(self) -> u64 {
        (self.row() as u64 + 1) * u64::from(self.height)
    }

    /// The greatest value of a number.
    pub(super) fn white(self) -> u16 {
        u16::MAX >> (16 - self.depth)
    }
}
