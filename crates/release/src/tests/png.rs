use miniz_oxide::deflate::compress_to_vec_zlib;
use sluice_policy::entry::ContentKind;

use super::{check_as, code, rule};
use crate::png::crc32;

fn png_chunk(kind: &[u8; 4], data: &[u8]) -> Vec<u8> {
    let covered = [kind.as_slice(), data].concat();
    let length = u32::try_from(data.len()).unwrap().to_be_bytes();
    [length.as_slice(), &covered, &crc32(&covered).to_be_bytes()].concat()
}

fn png_of(header: &[u8; 5], chunks: &[Vec<u8>], after: &[u8]) -> Vec<u8> {
    let &[width, height, depth, colour, interlaced] = header;
    let mut bytes = b"\x89PNG\r\n\x1a\n".to_vec();
    let header = [0, 0, 0, width, 0, 0, 0, height, depth, colour, 0, 0, interlaced];
    bytes.extend(png_chunk(b"IHDR", &header));
    bytes.extend(chunks.concat());
    bytes.extend(png_chunk(b"IEND", b""));
    bytes.extend(after);
    bytes
}

/// One grey pixel.
const DOT: &[u8; 5] = &[1, 1, 8, 0, 0];

pub(super) fn idat(rows: &[u8]) -> Vec<u8> {
    png_chunk(b"IDAT", &compress_to_vec_zlib(rows, 6))
}

pub(super) fn png_with(chunks: &[Vec<u8>], after: &[u8]) -> Vec<u8> {
    png_of(DOT, chunks, after)
}

#[test]
fn png_is_pixels() {
    assert_eq!(crc32(b"IEND"), 0xae42_6082, "as in every PNG");
    let pixels = || idat(&[0, 7]);
    let said = |text: &str| png_chunk(b"tEXt", &[b"Software\0", text.as_bytes()].concat());
    for good in [
        png_with(&[pixels()], b""),
        png_with(&[said("Matplotlib version3.8.2, https://matplotlib.org/"), pixels()], b""),
        png_with(&[said("Matplotlib version3.10"), pixels()], b""),
        png_with(&[png_chunk(b"pHYs", &[0, 0, 15, 97, 0, 0, 15, 97, 1]), pixels()], b""),
        png_with(&[png_chunk(b"bKGD", &[0, 255]), pixels()], b""),
        png_with(&[png_chunk(b"gAMA", &45455_u32.to_be_bytes()), pixels()], b""),
        // Pixels in two pieces.
        {
            let all = compress_to_vec_zlib(&[0, 7], 6);
            png_with(&[png_chunk(b"IDAT", &all[..3]), png_chunk(b"IDAT", &all[3..])], b"")
        },
        // Every filter.
        png_of(&[2, 5, 8, 2, 0], &[idat(&[[0; 7], [1; 7], [2; 7], [3; 7], [4; 7]].concat())], b""),
        png_of(&[3, 1, 1, 3, 0], &[png_chunk(b"PLTE", &[1, 2, 3, 9, 9, 9]), idat(&[0, 0x40])], b""),
        png_of(&[2, 1, 8, 6, 0], &[idat(&[0, 9, 9, 9, 0, 0, 0, 0, 0xff])], b""),
    ] {
        assert_eq!(check_as(&rule(ContentKind::Png), &good), Ok(()), "{good:?}");
    }
    for bad in [
        Vec::new(),
        b"GIF89a".to_vec(),
        png_with(&[], b""),
        png_with(&[pixels()], b"secret"),
        png_with(&[png_chunk(b"tEXt", b"Comment\0secret"), pixels()], b""),
        png_with(&[said("secret"), pixels()], b""),
        png_with(&[said("Matplotlib version3.8.2 secret"), pixels()], b""),
        png_with(&[said("Matplotlib version3.8.2"), said("Matplotlib version3"), pixels()], b""),
        png_with(&[png_chunk(b"iTXt", b"x"), pixels()], b""),
        png_with(&[png_chunk(b"zTXt", b"x"), pixels()], b""),
        png_with(&[png_chunk(b"eXIf", b"x"), pixels()], b""),
        png_with(&[png_chunk(b"prVt", b"x"), pixels()], b""),
        png_with(&[png_chunk(b"IHDR", &[0, 0, 0, 1, 0, 0, 0, 1, 8, 0, 0, 0, 0]), pixels()], b""),
        png_with(&[pixels()], b"")[..40].to_vec(),
        [&png_with(&[], b"")[..8], &pixels()].concat(),
    ] {
        assert_eq!(code(ContentKind::Png, &bad), "not-png", "{bad:?}");
    }
    let mut damaged = png_with(&[pixels()], b"");
    damaged[45] ^= 1;
    assert_eq!(code(ContentKind::Png, &damaged), "not-png");
}

/// Each of these passed as a picture of pixels alone, with a text of any length in most.
#[test]
fn png_hides_nothing_beside_its_pixels() {
    let text = [b'x'; 300];
    let rows = compress_to_vec_zlib(&[0, 7], 6);
    let after = |more: &[u8]| png_chunk(b"IDAT", &[&rows, more].concat());
    let grey = |chunk| png_with(&[chunk, idat(&[0, 7])], b"");
    let palette = |colours: &[u8], rows: &[u8]| {
        png_of(&[2, 1, 8, 3, 0], &[png_chunk(b"PLTE", colours), idat(rows)], b"")
    };
    for (what, bad) in [
        ("in pHYs", grey(png_chunk(b"pHYs", &text))),
        ("in hIST", grey(png_chunk(b"hIST", &text))),
        ("in tIME", grey(png_chunk(b"tIME", &text))),
        ("in bKGD", grey(png_chunk(b"bKGD", b"ab"))),
        ("in sBIT", grey(png_chunk(b"sBIT", b"a"))),
        ("in gAMA", grey(png_chunk(b"gAMA", b"abcd"))),
        ("in cHRM", grey(png_chunk(b"cHRM", &[b'x'; 32]))),
        ("in tRNS", grey(png_chunk(b"tRNS", b"ab"))),
        ("in a palette that isn't used", grey(png_chunk(b"PLTE", b"abcabc"))),
        ("after the stream", png_with(&[after(&text)], b"")),
        ("after the stream, in a chunk", png_with(&[after(b""), png_chunk(b"IDAT", &text)], b"")),
        ("after the last row", png_with(&[idat(&[[0, 7].as_slice(), &text].concat())], b"")),
        ("no stream", png_with(&[png_chunk(b"IDAT", &text)], b"")),
        ("cut off", png_with(&[png_chunk(b"IDAT", &rows[..rows.len() - 1])], b"")),
        ("too few rows", png_of(&[1, 2, 8, 0, 0], &[idat(&[0, 7])], b"")),
        (
            "behind the pixels",
            png_with(&[idat(&[0, 7]), png_chunk(b"gAMA", &[0, 0, 177, 143])], b""),
        ),
        ("an unknown filter", png_with(&[idat(&[5, 7])], b"")),
        ("in spare bits", png_of(&[1, 1, 1, 0, 0], &[idat(&[0, 0x81])], b"")),
        ("in unused colours", palette(b"abcdef", &[0, 0, 0])),
        ("no such colour", palette(b"abcdef", &[0, 0, 2])),
        ("interlaced", png_of(&[1, 1, 8, 0, 1], &[idat(&[0, 7])], b"")),
        ("behind transparency", png_of(&[2, 1, 8, 6, 0], &[idat(b"\0abc\0def\0")], b"")),
        (
            "behind a transparent colour",
            png_of(
                &[2, 1, 8, 3, 0],
                &[png_chunk(b"PLTE", b"abcdef"), png_chunk(b"tRNS", b"\0\0"), idat(&[0, 0, 1])],
                b"",
            ),
        ),
    ] {
        assert_eq!(code(ContentKind::Png, &bad), "not-png", "{what}");
    }
    let mut bomb = b"\x89PNG\r\n\x1a\n".to_vec();
    bomb.extend(png_chunk(b"IHDR", &[0, 0, 255, 255, 0, 0, 255, 255, 8, 0, 0, 0, 0]));
    bomb.extend(png_chunk(b"IEND", b""));
    let held = check_as(&rule(ContentKind::Png), &bomb).unwrap_err();
    assert!(held.message.contains("unfolds"), "{}", held.message);
}
