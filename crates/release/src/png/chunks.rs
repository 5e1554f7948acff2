//! Chunks beside the pixels: those that say how to show them may have one of a few usual values, all
//! others are held by name.

use super::header::{Colour, Header};

/// What the most used plotting library signs its pictures with, beside its version.
const SOFTWARE: (&[u8], &[u8]) = (b"Software\0Matplotlib version", b", https://matplotlib.org/");
/// The colours of sRGB, as `cHRM` writes them.
const SRGB: [u32; 8] = [31270, 32900, 64000, 33000, 30000, 60000, 15000, 6000];
/// The brightness curves of sRGB and of none.
const GAMMAS: [u32; 2] = [45455, 100_000];
/// Most pixels to a metre: 3,329 to an inch.
const MAX_DENSITY: u32 = 1 << 17;

/// Whether a chunk of this kind must come before the palette.
pub(super) fn comes_before_palette(kind: &[u8; 4]) -> bool {
    matches!(kind, b"gAMA" | b"cHRM" | b"sRGB" | b"sBIT")
}

/// What is wrong with a chunk that isn't pixels, and what to write instead.
pub(super) fn check(
    kind: &[u8; 4],
    data: &[u8],
    header: Header,
    palette: usize,
) -> Result<(), &'static str> {
    let (plain, otherwise) = match kind {
        b"gAMA" => (
            is_gamma(data),
            "a brightness curve that isn't sRGB's; write 4 bytes with 45455, or none",
        ),
        b"cHRM" => (is_srgb(data), "colours that aren't sRGB's; write those in 32 bytes, or none"),
        b"sRGB" => {
            (matches!(data, [0..=3]), "no rendering intent; write a byte from 0 to 3, or none")
        }
        b"pHYs" => (
            is_density(data),
            "no usual density; write 9 bytes, as many pixels across as down, at most 3,329 dpi",
        ),
        b"sBIT" => (
            is_full_depth(data, header),
            "other than all bits of its pixels; write a byte for each channel with the depth, or none",
        ),
        b"bKGD" => (
            is_background(data, header, palette),
            "a background that isn't white, black or of its palette; write one of these, or none",
        ),
        b"tEXt" if is_software(data) => (true, ""),
        b"tEXt" | b"zTXt" | b"iTXt" => (
            false,
            "a text; write none (matplotlib: metadata={\"Software\": None}, Pillow: pnginfo=None, \
             ImageMagick: -strip)",
        ),
        b"tIME" => (false, "a time; write none (ImageMagick: -strip)"),
        b"eXIf" => (false, "what a camera writes; write none (Pillow: exif=b\"\")"),
        b"iCCP" => {
            (false, "a colour profile; write none (Pillow: icc_profile=None, ImageMagick: -strip)")
        }
        b"hIST" | b"sPLT" => (false, "what isn't shown: a suggestion of colours; write none"),
        b"acTL" | b"fcTL" | b"fdAT" => {
            (false, "more than one picture; write one (Pillow: save_all=False)")
        }
        b"IHDR" => (false, "a second header; write a file for each picture"),
        _ => (
            false,
            "what isn't pixels or how to show them; write none (ImageMagick: -strip, or \
             pngcrush -rem alla)",
        ),
    };
    if plain { Ok(()) } else { Err(otherwise) }
}

fn numbers(data: &[u8]) -> impl Iterator<Item = u32> {
    data.as_chunks::<4>().0.iter().map(|bytes| u32::from_be_bytes(*bytes))
}

fn is_gamma(data: &[u8]) -> bool {
    data.len() == 4 && numbers(data).all(|gamma| GAMMAS.contains(&gamma))
}

fn is_srgb(data: &[u8]) -> bool {
    data.len() == 32 && numbers(data).eq(SRGB)
}

fn is_density(data: &[u8]) -> bool {
    let [Some(across), Some(down)] = [numbers(data).next(), numbers(data).nth(1)] else {
        return false;
    };
    matches!(data[8..], [0 | 1]) && across == down && across <= MAX_DENSITY
}

fn is_full_depth(data: &[u8], header: Header) -> bool {
    let (channels, bits) = match header.colour {
        Colour::Palette => (3, 8),
        _ => (header.channels(), header.depth),
    };
    data.len() == channels && data.iter().all(|&all| all == bits)
}

fn is_background(data: &[u8], header: Header, palette: usize) -> bool {
    let levels = match header.colour {
        Colour::Palette => return matches!(data, &[number] if usize::from(number) < palette),
        Colour::Grey | Colour::GreyAlpha => 1,
        Colour::Rgb | Colour::Rgba => 3,
    };
    let all =
        |level: u16| data.as_chunks::<2>().0.iter().all(|it| u16::from_be_bytes(*it) == level);
    data.len() == 2 * levels && (all(0) || all(header.white()))
}

fn is_software(data: &[u8]) -> bool {
    let (before, after) = SOFTWARE;
    data.strip_prefix(before).is_some_and(|rest| {
        let version = rest.strip_suffix(after).unwrap_or(rest);
        let numbers: Vec<_> = version.split(|&byte| byte == b'.').collect();
        let plain = |digits: &&[u8]| {
            (1..=2).contains(&digits.len()) && digits.iter().all(u8::is_ascii_digit)
        };
        (2..=3).contains(&numbers.len()) && numbers.iter().all(plain)
    })
}
