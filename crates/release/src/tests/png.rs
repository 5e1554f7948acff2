mod hiding;

use miniz_oxide::deflate::compress_to_vec_zlib;
use sluice_policy::entry::ContentKind;

use super::{check_as, code, rule, unharmed};
use crate::crc::crc32;

pub(super) fn png_chunk(kind: &[u8; 4], data: &[u8]) -> Vec<u8> {
    let covered = [kind.as_slice(), data].concat();
    let length = u32::try_from(data.len()).unwrap().to_be_bytes();
    [length.as_slice(), &covered, &crc32(&covered).to_be_bytes()].concat()
}

fn header(sides: [u32; 2], kind: [u8; 5]) -> Vec<u8> {
    png_chunk(
        b"IHDR",
        &[sides[0].to_be_bytes().as_slice(), &sides[1].to_be_bytes(), &kind].concat(),
    )
}

fn png_of(header_of: &[u8; 4], chunks: &[Vec<u8>], after: &[u8]) -> Vec<u8> {
    let &[width, height, depth, colour] = header_of;
    let header = header([width.into(), height.into()], [depth, colour, 0, 0, 0]);
    [b"\x89PNG\r\n\x1a\n", header.as_slice(), &chunks.concat(), &png_chunk(b"IEND", b""), after]
        .concat()
}

pub(super) fn idat(rows: &[u8]) -> Vec<u8> {
    png_chunk(b"IDAT", &compress_to_vec_zlib(rows, 6))
}

/// One grey pixel.
pub(super) fn png_with(chunks: &[Vec<u8>], after: &[u8]) -> Vec<u8> {
    png_of(&[1, 1, 8, 0], chunks, after)
}

/// A grey pixel with a chunk before it.
fn dot(chunk: Vec<u8>) -> Vec<u8> {
    png_with(&[chunk, idat(&[0, 7])], b"")
}

/// Two pixels of one channel.
fn two(depth: u8, colour: u8, before: &[Vec<u8>], row: &[u8]) -> Vec<u8> {
    png_of(&[2, 1, depth, colour], &[before, &[idat(row)]].concat(), b"")
}

fn palette(colours: &[u8], row: &[u8]) -> Vec<u8> {
    two(8, 3, &[png_chunk(b"PLTE", colours)], row)
}

/// With how transparent each colour is.
fn clear(colours: &[u8], alpha: &[u8], row: &[u8]) -> Vec<u8> {
    two(8, 3, &[png_chunk(b"PLTE", colours), png_chunk(b"tRNS", alpha)], row)
}

fn text(said: &str) -> Vec<u8> {
    png_chunk(b"tEXt", &[b"Software\0", said.as_bytes()].concat())
}

/// Ten grey pixels, their bytes cut into pieces.
fn pieces(cuts: &[usize]) -> Vec<u8> {
    let all = compress_to_vec_zlib(b"\0abcdefghij", 6);
    let mut rest = all.as_slice();
    let mut chunks = Vec::new();
    for &cut in cuts {
        let (piece, after) = rest.split_at(cut);
        chunks.push(png_chunk(b"IDAT", piece));
        rest = after;
    }
    chunks.push(png_chunk(b"IDAT", rest));
    png_of(&[10, 1, 8, 0], &chunks, b"")
}

/// A row of zeros with empty blocks before it.
fn blocks(empty: usize) -> Vec<u8> {
    let row = [0; 2];
    let stored =
        [&[0, 0, 0, 0xff, 0xff].repeat(empty), &[1_u8, 2, 0, 0xfd, 0xff][..], &row].concat();
    let stream = [b"\x78\x01", stored.as_slice(), &[0, 2, 0, 1]].concat();
    png_with(&[png_chunk(b"IDAT", &stream)], b"")
}

const DENSE: [u8; 9] = [0, 0, 15, 97, 0, 0, 15, 97, 1];
const SRGB: [u32; 8] = [31270, 32900, 64000, 33000, 30000, 60000, 15000, 6000];

fn ordinary() -> Vec<Vec<u8>> {
    vec![
        png_with(&[idat(&[0, 7])], b""),
        dot(text("Matplotlib version3.8.2, https://matplotlib.org/")),
        dot(text("Matplotlib version3.10")),
        png_with(&[idat(&[0, 7]), text("Matplotlib version3.10")], b""),
        dot(png_chunk(b"pHYs", &DENSE)),
        dot(png_chunk(b"bKGD", &[0, 255])),
        dot(png_chunk(b"gAMA", &45455_u32.to_be_bytes())),
        dot(png_chunk(b"sRGB", &[3])),
        dot(png_chunk(b"sBIT", &[8])),
        dot(png_chunk(b"cHRM", &SRGB.map(u32::to_be_bytes).concat())),
        dot(png_chunk(b"tRNS", &[0, 7])),
        pieces(&[]),
        pieces(&[10]),
        pieces(&[4; 4]),
        blocks(0),
        // Every filter.
        png_of(&[2, 5, 8, 2], &[idat(&[[0; 7], [1; 7], [2; 7], [3; 7], [4; 7]].concat())], b""),
        png_of(&[3, 1, 1, 3], &[png_chunk(b"PLTE", &[1, 2, 3, 9, 9, 9]), idat(&[0, 0x40])], b""),
        png_of(&[2, 1, 8, 6], &[idat(&[0, 9, 9, 9, 0, 0, 0, 0, 0xff])], b""),
        palette(b"abcdef", &[0, 0, 1]),
        palette(b"abc\0\0\0\0\0\0", &[0, 0, 0]),
        clear(b"abcabc", b"\x80", &[0, 0, 1]),
        clear(b"abc\0\0\0\0\0\0", b"\xff\xff\0", &[0, 0, 0]),
        two(8, 3, &[png_chunk(b"PLTE", b"abcdef"), png_chunk(b"bKGD", &[1])], &[0, 0, 1]),
        two(1, 0, &[png_chunk(b"tRNS", &[0, 1])], &[0, 0x40]),
        two(8, 2, &[png_chunk(b"tRNS", b"\0d\0e\0f")], b"\0abcdef"),
        two(16, 0, &[png_chunk(b"tRNS", b"cd")], b"\0abcd"),
    ]
}

#[test]
fn png_is_pixels() {
    assert_eq!(crc32(b"IEND"), 0xae42_6082, "as in every PNG");
    for good in ordinary() {
        assert_eq!(check_as(&rule(ContentKind::Png), &good), Ok(()), "{good:?}");
    }
}

#[test]
fn png_is_whole() {
    for good in ordinary() {
        unharmed(ContentKind::Png, &good);
    }
}

/// A few bytes say as much as any: the check holds no more than a row, and unfolds no more than a
/// file's pictures may have.
#[test]
fn png_of_any_size_takes_little() {
    for (sides, says) in [
        ([1 << 16, 1 << 16], "unfold to 34359803904 bytes"),
        ([1 << 15, 1 << 15], "unfold to 8589967360 bytes"),
        ([(1 << 16) + 1, 1], "says 65537 by 1 pixels"),
        ([0, 1], "says 0 by 1 pixels"),
        ([u32::MAX, u32::MAX], "says 4294967295 by"),
        ([1 << 16, 511], "cut off"),
    ] {
        let bomb = [b"\x89PNG\r\n\x1a\n", header(sides, [16, 6, 0, 0, 0]).as_slice()].concat();
        let held = check_as(&rule(ContentKind::Png), &bomb).unwrap_err();
        assert!(held.message.contains(says), "{sides:?}: {}", held.message);
    }
    assert_eq!(code(ContentKind::Png, pieces(&[1; 18])), "ok", "any number of pieces");
}
