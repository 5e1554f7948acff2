//! PNG: pixels and how to show them, nothing else.

use super::Fault;

const SIGNATURE: &[u8] = b"\x89PNG\r\n\x1a\n";
/// Chunks that hold pixels or say how to show them.
const KNOWN: &[&[u8; 4]] = &[
    b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"cHRM", b"gAMA", b"sBIT", b"sRGB", b"bKGD",
    b"hIST", b"pHYs", b"tIME",
];
const MAX_SOFTWARE: usize = 128;
/// A small file may not unfold to a picture that no viewer holds.
const MAX_PIXELS: u64 = 1 << 28;

pub(super) fn check(content: &[u8]) -> Result<(), Fault> {
    let fault = |what: String| Fault("not-png", what);
    let mut rest = content
        .strip_prefix(SIGNATURE)
        .ok_or_else(|| fault("it does not start as a PNG".into()))?;
    for number in 1.. {
        let (chunk, after) = take_chunk(rest)
            .ok_or_else(|| fault(format!("chunk {number} is cut off or damaged")))?;
        let plausible = match (number, chunk.kind) {
            (1, b"IHDR") => is_header(chunk.data),
            (1, _) | (_, b"IHDR") => false,
            (_, b"IEND") if chunk.data.is_empty() && after.is_empty() => return Ok(()),
            (_, b"IEND") => return Err(fault("something follows its end".into())),
            (_, b"tEXt") => is_software(chunk.data),
            (_, kind) => KNOWN.contains(&kind),
        };
        if !plausible {
            return Err(fault(format!("chunk {number} is more than pixels")));
        }
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

fn is_header(data: &[u8]) -> bool {
    let side = |at: usize| -> Option<u64> {
        let bytes = data.get(at..at + 4)?.try_into().ok()?;
        Some(u64::from(u32::from_be_bytes(bytes)))
    };
    match (side(0), side(4)) {
        (Some(width), Some(height)) if data.len() == 13 => {
            (1..=MAX_PIXELS).contains(&(width * height))
        }
        _ => false,
    }
}

/// Plotting libraries sign their pictures.
fn is_software(data: &[u8]) -> bool {
    data.len() <= MAX_SOFTWARE
        && data
            .strip_prefix(b"Software\0")
            .is_some_and(|value| value.iter().all(|byte| matches!(byte, b' '..=b'~')))
}

/// The checksum of PNG, bit by bit.
pub(super) fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0, |crc, &byte| {
        (0..8).fold(crc ^ u32::from(byte), |crc: u32, _| {
            crc >> 1 ^ if crc & 1 == 1 { 0xedb8_8320 } else { 0 }
        })
    })
}
