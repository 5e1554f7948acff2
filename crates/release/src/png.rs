//! PNG: pixels and how to show them, nothing else.

mod pixels;

use sluice_policy::entry::MAX_WHOLE_BYTES;

use super::{Fault, HoldCode};
use pixels::Pixels;

const SIGNATURE: &[u8] = b"\x89PNG\r\n\x1a\n";
/// Longest side; a row is held in memory.
const MAX_SIDE: u32 = 1 << 16;
/// What the most used plotting library signs its pictures with, beside its version.
const SOFTWARE: (&[u8], &[u8]) = (b"Software\0Matplotlib version", b", https://matplotlib.org/");
/// The colours of sRGB, as `cHRM` writes them.
const SRGB: [u32; 8] = [31270, 32900, 64000, 33000, 30000, 60000, 15000, 6000];
/// The brightness curves of sRGB and of none.
const GAMMAS: [u32; 2] = [45455, 100_000];
/// Most pixels to a metre.
const MAX_DENSITY: u32 = 1 << 17;

/// Most bytes that one file's pictures may unfold to: a small file may not keep the machine busy.
pub(super) const MAX_UNFOLDED: u64 = MAX_WHOLE_BYTES;

/// Checks a picture; `room` is what is left of [`MAX_UNFOLDED`].
pub(super) fn check(content: &[u8], room: &mut u64) -> Result<(), Fault> {
    let fault = |what: String| Fault(HoldCode::NotPng, what);
    let rest = content
        .strip_prefix(SIGNATURE)
        .ok_or_else(|| fault("it does not start as a PNG".into()))?;
    let cut = |number| fault(format!("chunk {number} is cut off or damaged"));
    let (first, mut rest) = take_chunk(rest).ok_or_else(|| cut(1))?;
    let header = Header::of(&first)
        .ok_or_else(|| fault("chunk 1 is no header of a plain picture".into()))?;
    let unfolded = header.bytes();
    *room = room.checked_sub(unfolded).ok_or_else(|| {
        fault(format!("it unfolds to {unfolded} bytes, more than {MAX_UNFOLDED} in one file"))
    })?;
    let mut pixels = Pixels::new(header);
    let mut seen: Vec<&[u8; 4]> = Vec::new();
    for number in 2.. {
        let (chunk, after) = take_chunk(rest).ok_or_else(|| cut(number))?;
        let Chunk { kind, data } = chunk;
        let goes_on = seen.last() == Some(&kind) && kind == b"IDAT";
        let in_order = !seen.contains(&kind) && !seen.contains(&b"IDAT");
        match kind {
            b"IDAT" if goes_on || in_order => pixels.feed(data).map_err(fault)?,
            b"IEND" if !data.is_empty() || !after.is_empty() => {
                return Err(fault("something follows its end".into()));
            }
            b"IEND" => return pixels.end().map_err(fault),
            b"PLTE" if in_order => pixels.set_palette(data).map_err(fault)?,
            b"tRNS" if in_order => pixels.set_alpha(data).map_err(fault)?,
            kind if in_order && is_plain(kind, data, header) => {}
            _ => return Err(fault(format!("chunk {number} is more than pixels"))),
        }
        seen.push(kind);
        rest = after;
    }
    Ok(())
}

struct Chunk<'a> {
    kind: &'a [u8; 4],
    data: &'a [u8],
}

fn take_chunk(bytes: &[u8]) -> Option<(Chunk<'_>, &[u8])> {
    let (length, rest) = bytes.split_first_chunk::<4>()?;
    let length = usize::try_from(u32::from_be_bytes(*length)).ok()?;
    let (covered, after) = rest.split_at_checked(length.checked_add(4)?)?;
    let (checksum, after) = after.split_first_chunk::<4>()?;
    let (kind, data) = covered.split_first_chunk::<4>()?;
    (crc32(covered) == u32::from_be_bytes(*checksum)).then_some((Chunk { kind, data }, after))
}

/// Of a picture without interlacing.
#[derive(Clone, Copy)]
struct Header {
    width: u32,
    height: u32,
    depth: u8,
    colour: u8,
}

impl Header {
    fn of(chunk: &Chunk<'_>) -> Option<Self> {
        let (width, rest) = chunk.data.split_first_chunk::<4>()?;
        let (height, rest) = rest.split_first_chunk::<4>()?;
        let &[depth, colour, 0, 0, 0] = rest else { return None };
        let [width, height] = [*width, *height].map(u32::from_be_bytes);
        let sides = [width, height].iter().all(|side| (1..=MAX_SIDE).contains(side));
        let depths: &[u8] = match colour {
            0 => &[1, 2, 4, 8, 16],
            2 | 4 | 6 => &[8, 16],
            3 => &[1, 2, 4, 8],
            _ => &[],
        };
        (chunk.kind == b"IHDR" && sides && depths.contains(&depth)).then_some(Self {
            width,
            height,
            depth,
            colour,
        })
    }

    /// Numbers that make a pixel.
    fn channels(self) -> usize {
        match self.colour {
            2 => 3,
            4 => 2,
            6 => 4,
            _ => 1,
        }
    }

    /// Bytes of a row, without the one that names its filter.
    fn row(self) -> usize {
        (self.width as usize * self.channels() * usize::from(self.depth)).div_ceil(8)
    }

    fn bytes(self) -> u64 {
        (self.row() as u64 + 1) * u64::from(self.height)
    }
}

/// Chunks that say how to show pixels, with no more than one of the usual values.
fn is_plain(kind: &[u8; 4], data: &[u8], header: Header) -> bool {
    let numbers = || data.as_chunks::<4>().0.iter().map(|bytes| u32::from_be_bytes(*bytes));
    match (kind, data.len()) {
        (b"gAMA", 4) => numbers().all(|gamma| GAMMAS.contains(&gamma)),
        (b"cHRM", 32) => numbers().eq(SRGB),
        (b"sRGB", 1) => data[0] <= 3,
        (b"pHYs", 9) => {
            let [across, down] = [numbers().next(), numbers().nth(1)];
            across == down && across <= Some(MAX_DENSITY) && data[8] <= 1
        }
        (b"sBIT", length) => {
            let (channels, bits) = match header.colour {
                3 => (3, 8),
                _ => (header.channels(), header.depth),
            };
            length == channels && data.iter().all(|&all| all == bits)
        }
        (b"bKGD", 2 | 6) if header.colour != 3 => {
            let white = u16::MAX >> (16 - header.depth);
            let mut levels = data.as_chunks::<2>().0.iter().map(|it| u16::from_be_bytes(*it));
            levels.clone().all(|level| level == white) || levels.all(|level| level == 0)
        }
        (b"tEXt", _) => is_software(data),
        _ => false,
    }
}

fn is_software(data: &[u8]) -> bool {
    let (before, after) = SOFTWARE;
    data.strip_prefix(before).is_some_and(|rest| {
        let version = rest.strip_suffix(after).unwrap_or(rest);
        version.len() <= 12 && version.iter().all(|byte| matches!(byte, b'0'..=b'9' | b'.'))
    })
}

/// The checksum of PNG, bit by bit.
pub(super) fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0, |crc, &byte| {
        (0..8).fold(crc ^ u32::from(byte), |crc: u32, _| {
            crc >> 1 ^ if crc & 1 == 1 { 0xedb8_8320 } else { 0 }
        })
    })
}
