//! PNG: pixels and how to show them, nothing else.

mod chunks;
mod filter;
mod header;
mod palette;
mod pixels;

use sluice_policy::entry::MAX_WHOLE_BYTES;

use super::{Fault, HoldCode, crc::crc32};
pub(super) use filter::paeth;
use header::Header;
use pixels::Pixels;

pub(super) const SIGNATURE: &[u8] = b"\x89PNG\r\n\x1a\n";

/// Most bytes that one file's pictures may unfold to: a small file may not keep the machine busy.
pub(super) const MAX_UNFOLDED: u64 = MAX_WHOLE_BYTES;

/// Checks a picture; `room` is what is left of [`MAX_UNFOLDED`].
pub(super) fn check(content: &[u8], room: &mut u64) -> Result<(), Fault> {
    walk(content, room).map_err(|what| Fault(HoldCode::NotPng, what))
}

fn walk(content: &[u8], room: &mut u64) -> Result<(), String> {
    let rest = content.strip_prefix(SIGNATURE).ok_or("it does not start as a PNG")?;
    let cut = |number| format!("chunk {number} is cut off or damaged; write the picture anew");
    let (first, mut rest) = take_chunk(rest).ok_or_else(|| cut(1))?;
    let header = Header::of(&first)?;
    let unfolded = header.bytes();
    *room = room.checked_sub(unfolded).ok_or_else(|| {
        format!(
            "its pixels unfold to {unfolded} bytes, and a file's may have {MAX_UNFOLDED}; write \
             fewer"
        )
    })?;
    let mut pixels = Pixels::new(header);
    // Each kind once, in order.
    let mut seen: Vec<&[u8; 4]> = Vec::new();
    for number in 2.. {
        let (chunk, after) = take_chunk(rest).ok_or_else(|| cut(number))?;
        let place = |what: String| format!("chunk {number}{} {what}", name(chunk.kind));
        if chunk.kind == b"IEND" {
            if !chunk.data.is_empty() || !after.is_empty() {
                return Err(place("has something in it or behind it; write nothing there".into()));
            }
            return pixels.end();
        }
        let goes_on = chunk.kind == b"IDAT" && seen.last() == Some(&chunk.kind);
        take(&chunk, header, &mut pixels).map_err(place)?;
        if !goes_on {
            in_order(chunk.kind, &seen).map_err(|what| place(what.into()))?;
            seen.push(chunk.kind);
        }
        rest = after;
    }
    Ok(())
}

fn take(chunk: &Chunk<'_>, header: Header, pixels: &mut Pixels) -> Result<(), String> {
    match chunk.kind {
        b"IDAT" => pixels.feed(chunk.data),
        b"PLTE" => pixels.palette.set(chunk.data, header),
        b"tRNS" => pixels.set_alpha(chunk.data),
        kind => chunks::check(kind, chunk.data, header, pixels.palette.len())
            .map_err(|what| format!("holds {what}")),
    }
}

fn in_order(kind: &[u8; 4], seen: &[&[u8; 4]]) -> Result<(), &'static str> {
    let after = |other| seen.contains(&other);
    match kind {
        b"IDAT" if after(kind) => Err("doesn't follow the one before; write all in a row"),
        kind if after(kind) => Err("comes twice; write it once"),
        // A text may stand anywhere.
        b"tEXt" => Ok(()),
        _ if after(b"IDAT") => Err("comes after the pixels; write it before them"),
        kind if chunks::comes_before_palette(kind) && after(b"PLTE") => {
            Err("comes after the palette; write it before")
        }
        b"PLTE" if after(b"tRNS") || after(b"bKGD") => {
            Err("comes after what is said of it; write it before")
        }
        _ => Ok(()),
    }
}

/// A chunk's name in brackets, if it can be one.
fn name(kind: &[u8; 4]) -> String {
    match str::from_utf8(kind) {
        Ok(name) if kind.iter().all(u8::is_ascii_alphabetic) => format!(" ({name})"),
        _ => String::new(),
    }
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
