use miniz_oxide::deflate::compress_to_vec_zlib;
use sluice_policy::entry::ContentKind;

use super::{
    super::{check_as, rule},
    blocks, clear, dot, header, idat, palette, pieces, png_chunk, png_of, png_with, text, two,
};

/// What each hides, the picture, and what the reviewer reads. A twin without it is among the ordinary ones.
#[test]
fn png_hides_nothing_beside_its_pixels() {
    let long = [b'x'; 300];
    let rows = compress_to_vec_zlib(&[0, 7], 6);
    let mut wrong_sum = rows.clone();
    *wrong_sum.last_mut().unwrap() ^= 1;
    let stream = |bytes: &[u8]| png_with(&[png_chunk(b"IDAT", bytes)], b"");
    let between = |kind: [u8; 5]| {
        [
            b"\x89PNG\r\n\x1a\n",
            header([1, 1], kind).as_slice(),
            &idat(&[0, 7]),
            &png_chunk(b"IEND", b""),
        ]
        .concat()
    };
    let mut damaged = png_with(&[idat(&[0, 7])], b"");
    damaged[45] ^= 1;
    for (hides, bad, says) in [
        ("nothing", Vec::new(), "does not start as a PNG"),
        ("another kind", b"GIF89a".to_vec(), "does not start as a PNG"),
        ("no pixels", png_with(&[], b""), "cut off"),
        ("what a checksum doesn't cover", damaged, "chunk 2 is cut off or damaged"),
        (
            "no header",
            [b"\x89PNG\r\n\x1a\n", idat(&[0, 7]).as_slice()].concat(),
            "no header (IHDR)",
        ),
        ("an unknown depth", between([3, 0, 0, 0, 0]), "chunk 1 (IHDR) has a depth"),
        ("an unknown compression", between([8, 0, 1, 0, 0]), "chunk 1 (IHDR) has a depth"),
        ("an unknown kind of pixels", between([8, 1, 0, 0, 0]), "a kind of pixels"),
        (
            "interlaced",
            between([8, 0, 0, 0, 1]),
            "(IHDR) says that it is interlaced; write it without",
        ),
        (
            "after the end",
            png_with(&[idat(&[0, 7])], b"secret"),
            "chunk 3 (IEND) has something in it",
        ),
        (
            "a second header",
            dot(header([1, 1], [8, 0, 0, 0, 0])),
            "chunk 2 (IHDR) holds a second header",
        ),
        ("in pHYs", dot(png_chunk(b"pHYs", &long)), "chunk 2 (pHYs) holds no usual density"),
        ("a density of its own", dot(png_chunk(b"pHYs", b"abcdefgh\0")), "(pHYs)"),
        ("in hIST", dot(png_chunk(b"hIST", &long)), "chunk 2 (hIST) holds what isn't shown"),
        ("in sPLT", dot(png_chunk(b"sPLT", &long)), "(sPLT) holds what isn't shown"),
        ("in tIME", dot(png_chunk(b"tIME", &long)), "(tIME) holds a time; write none"),
        ("a time", dot(png_chunk(b"tIME", &[7, 208, 1, 1, 0, 0, 0])), "(tIME) holds a time"),
        ("in bKGD", dot(png_chunk(b"bKGD", b"ab")), "(bKGD) holds a background"),
        ("in sBIT", dot(png_chunk(b"sBIT", b"a")), "(sBIT) holds other than all bits"),
        ("in gAMA", dot(png_chunk(b"gAMA", b"abcd")), "(gAMA) holds a brightness curve"),
        ("in sRGB", dot(png_chunk(b"sRGB", b"a")), "(sRGB) holds no rendering intent"),
        ("in cHRM", dot(png_chunk(b"cHRM", &[b'x'; 32])), "(cHRM) holds colours"),
        ("in tEXt", dot(text("secret")), "(tEXt) holds a text; write none (matplotlib: metadata={"),
        ("in a version", dot(text("Matplotlib version3.8.2 secret")), "(tEXt) holds a text"),
        ("in a long version", dot(text("Matplotlib version3.8.200000")), "(tEXt) holds a text"),
        ("in iTXt", dot(png_chunk(b"iTXt", b"x")), "(iTXt) holds a text"),
        ("in zTXt", dot(png_chunk(b"zTXt", b"x")), "(zTXt) holds a text"),
        ("in eXIf", dot(png_chunk(b"eXIf", b"x")), "(eXIf) holds what a camera writes"),
        ("in iCCP", dot(png_chunk(b"iCCP", b"x")), "(iCCP) holds a colour profile"),
        ("in a chunk of its own", dot(png_chunk(b"prVt", b"x")), "(prVt) holds what isn't pixels"),
        ("in a chunk without a name", dot(png_chunk(b"\0\n\x1b1", b"x")), "chunk 2 holds what"),
        ("an animation", dot(png_chunk(b"acTL", &[0; 8])), "(acTL) holds more than one picture"),
        ("in tRNS", dot(png_chunk(b"tRNS", b"ab")), "(tRNS) holds no colour of its pixels"),
        ("a colour no pixel has", dot(png_chunk(b"tRNS", &[0, 8])), "one that no pixel has"),
        (
            "in tRNS beside alpha",
            two(8, 4, &[png_chunk(b"tRNS", b"")], b"\0abab"),
            "a second transp",
        ),
        ("a palette that isn't used", dot(png_chunk(b"PLTE", b"abcabc")), "(PLTE) holds a palette"),
        ("half a colour", palette(b"abcd", &[0, 0, 0]), "(PLTE) holds no palette"),
        ("in unused colours", palette(b"abcdef", &[0, 0, 0]), "colours that no pixel has"),
        (
            "in unused transparency",
            clear(b"abc\0\0\0", b"\xffx", &[0, 0, 0]),
            "colours that no pixel",
        ),
        ("a colour twice", palette(b"abcabc", &[0, 0, 1]), "a colour twice"),
        (
            "no such colour",
            palette(b"abcdef", &[0, 0, 2]),
            "row 1 has a colour that is not in its palette",
        ),
        (
            "in empty tRNS",
            clear(b"abcdef", b"", &[0, 0, 1]),
            "(tRNS) isn't one byte for each colour",
        ),
        (
            "behind a transparent colour",
            clear(b"abcdef", b"\0\0", &[0, 0, 1]),
            "row 1 hides colours",
        ),
        (
            "behind transparency",
            png_of(&[2, 1, 8, 6], &[idat(b"\0abc\0def\0")], b""),
            "row 1 hides",
        ),
        (
            "by order",
            two(8, 3, &[png_chunk(b"PLTE", b"abc"), png_chunk(b"sRGB", &[0])], &[0, 0, 0]),
            "chunk 3 (sRGB) comes after the palette",
        ),
        ("by order", two(8, 3, &[png_chunk(b"tRNS", b"\0")], &[0, 0, 0]), "chunk 2 (tRNS)"),
        (
            "behind the pixels",
            png_with(&[idat(&[0, 7]), png_chunk(b"gAMA", &[0, 0, 177, 143])], b""),
            "chunk 3 (gAMA) comes after the pixels",
        ),
        (
            "twice",
            png_with(
                &[text("Matplotlib version3.8"), text("Matplotlib version3.9"), idat(&[0, 7])],
                b"",
            ),
            "chunk 3 (tEXt) comes twice",
        ),
        (
            "after the stream",
            stream(&[&rows, &long[..30]].concat()),
            "something follows its pixels",
        ),
        (
            "after the stream, in a chunk",
            png_with(&[png_chunk(b"IDAT", &rows), png_chunk(b"IDAT", &long[..9])], b""),
            "chunk 3 (IDAT) something follows its pixels",
        ),
        (
            "after the last row",
            png_with(&[idat(&[[0, 7].as_slice(), &long].concat())], b""),
            "more pixels",
        ),
        ("no stream", stream(&long[..30]), "damaged"),
        ("cut off", stream(&rows[..rows.len() - 1]), "its pixels are cut off"),
        ("in the stream's checksum", stream(&wrong_sum), "damaged"),
        ("too few rows", png_of(&[1, 2, 8, 0], &[idat(&[0, 7])], b""), "it has 1 rows"),
        ("half a row", png_of(&[3, 1, 8, 0], &[idat(&[0, 7])], b""), "it has 0 rows"),
        ("an unknown filter", png_with(&[idat(&[5, 7])], b""), "row 1 has an unknown filter"),
        (
            "in spare bits",
            png_of(&[1, 1, 1, 0], &[idat(&[0, 0x81])], b""),
            "row 1 has something behind",
        ),
        (
            "in lengths of pieces",
            pieces(&[3, 5]),
            "chunk 3 (IDAT) pieces of pixels have differing lengths",
        ),
        ("in empty pieces", pieces(&[0]), "pieces of pixels have differing lengths"),
        ("in empty pieces at the end", pieces(&[10, 9]), "pieces of pixels have differing lengths"),
        ("in empty blocks", blocks(20), "more bytes than without compression"),
        (
            "between the pixels",
            {
                let all = compress_to_vec_zlib(&[0, 7], 6);
                let [a, b] = [&all[..5], &all[5..]].map(|piece| png_chunk(b"IDAT", piece));
                png_with(&[a, text("Matplotlib version3.8"), b], b"")
            },
            "chunk 4 (IDAT)",
        ),
    ] {
        let held = check_as(&rule(ContentKind::Png), &bad).expect_err(hides);
        assert_eq!(held.code.word(), "not-png", "{hides}");
        assert!(held.message.contains(says), "{hides}: {}", held.message);
    }
}
