use super::*;

#[test]
fn jpeg_has_one_frame() {
    let frame = |kind: u8, data: &[u8]| grey().with("SOF", segment(kind, data));
    all_are_held([
        (
            "a second picture",
            grey().after("SOF", segment(0xc0, GREY)),
            grey(),
            "(SOF0) is a second",
        ),
        ("a rare kind", frame(0xc3, GREY), grey(), "(SOF3) holds pixels of a kind"),
        ("arithmetic coding", frame(0xc9, GREY), grey(), "(SOF9) holds arithmetic coding"),
        ("12 bits", frame(0xc1, &[12, 0, 8, 0, 8, 1, 1, 0x11, 0]), grey(), "hasn't 8 bits"),
        ("no rows", frame(0xc0, &[8, 0, 0, 0, 8, 1, 1, 0x11, 0]), grey(), "no pixels"),
        (
            "in components' numbers",
            frame(0xc0, &[8, 0, 8, 0, 8, 1, b'x', 0x11, 0]),
            grey(),
            "other numbers",
        ),
        ("in sampling", frame(0xc0, &[8, 0, 8, 0, 8, 1, 1, b'x', 0]), grey(), "sampling factors"),
        ("in its length", frame(0xc0, &[GREY, b"x"].concat()), grey(), "isn't of 8 bytes"),
        ("none", grey().with("SOF", Vec::new()), grey(), "(SOS) comes before the frame"),
        (
            "no scan",
            grey().with("scan", Vec::new()),
            grey(),
            "(EOI) comes before all of the picture",
        ),
        (
            "nothing",
            Jpeg(vec![("", vec![0xff, 0xd8, 0xff, 0xd9])]),
            grey(),
            "(EOI) comes before the picture",
        ),
    ]);
}

#[test]
fn jpeg_scans_have_blocks_alone() {
    let scanned = |digits: &str| grey().with("scan", scan(&[1], WHOLE, digits));
    let raw =
        |bytes: &[u8]| grey().with("scan", [scan(&[1], WHOLE, "").as_slice(), bytes].concat());
    let rest = |lengths: &[u8], symbols: &[u8], digits: &str| {
        scanned(digits).with("rest", codes(0x10, lengths, symbols))
    };
    let white = |mean: u8, digits: &str| scanned(digits).with("means", codes(0, &[1], &[mean]));
    let edge = |digits: &str| {
        colour()
            .with("rest", codes(0x10, &[1, 1], &[0, 1]))
            .with("scan", scan(&[1, 2, 3], WHOLE, digits))
    };
    let shifted = |digits: &str| {
        colour()
            .with("means", codes(0, &[1, 1], &[0, 1]))
            .with("scan", scan(&[1, 2, 3], WHOLE, digits))
    };
    let two = grey().with("SOF", segment(0xc0, &[8, 0, 8, 0, 16, 1, 1, 0x11, 0]));
    let marked = |interval: u8, scanned: &[u8]| {
        let bytes = [scan(&[1], WHOLE, "").as_slice(), scanned].concat();
        two.clone().after("SOF", segment(0xdd, &[0, interval])).with("scan", bytes)
    };
    let restarted = marked(1, b"\x3f\xff\xd0\x3f");
    all_are_held([
        (
            "a text behind the last block",
            raw(b"\x3fsecret"),
            raw(b"\x3f"),
            "(SOS) has something behind its last",
        ),
        (
            "ones behind the last block",
            raw(b"\x3f\xff\0"),
            raw(b"\x3f"),
            "has something behind its last block",
        ),
        ("in the last byte", raw(b"\x3e"), raw(b"\x3f"), "in the bits behind its last block"),
        (
            "too few blocks",
            two.clone(),
            two.clone().with("scan", scan(&[1], WHOLE, "0000")),
            "a code that its tables don't",
        ),
        ("no such code", scanned("0 1"), grey(), "has a code that its tables don't"),
        (
            "zeros that lead to nothing",
            rest(&[1, 1, 1], &[0, 1, 0xf0], "0 10 1 110 0"),
            rest(&[1, 1, 1], &[0, 1, 0xf0], "0 110 10 1 0"),
            "zeros that lead to none",
        ),
        (
            "more than 64 values",
            rest(&[1, 1], &[1, 0xf0], "0 10 10 10 10"),
            rest(&[1, 1], &[0, 0xe1], "0 10 1 10 1 10 1 10 1 0"),
            "more than 64 values",
        ),
        (
            "beyond the edge",
            edge("0 0 0 10 1 0 00 00 00 00"),
            edge("0 10 1 0 00 00 00 00 00"),
            "beyond the",
        ),
        (
            "means beyond the edge",
            shifted("00 10 1 0 00 00 00 00"),
            shifted("10 1 0 00 00 00 00 00"),
            "beyond",
        ),
        (
            "whiter than white",
            white(11, "0 11111111111 0"),
            white(10, "0 1111111111 0"),
            "whiter than white",
        ),
        (
            "blacker than black",
            white(11, "0 00000000000 0"),
            white(10, "0 0000000000 0"),
            "whiter than white",
        ),
        (
            "a text before a restart",
            marked(1, b"\x3fx\xff\xd0\x3f"),
            restarted.clone(),
            "behind its last block",
        ),
        (
            "another restart",
            marked(1, b"\x3f\xff\xd1\x3f"),
            restarted.clone(),
            "no restart where one is due",
        ),
        ("no restart", marked(1, b"\x0f"), restarted.clone(), "behind its last block"),
        (
            "a restart too many",
            marked(2, b"\x3f\xff\xd0\x3f"),
            marked(2, b"\x0f"),
            "a code that its",
        ),
        (
            "a long interval",
            marked(3, b"\x0f"),
            marked(2, b"\x0f"),
            "shorter than the restart interval",
        ),
        ("no interval", marked(0, b"\x0f"), marked(2, b"\x0f"), "restart interval of nothing"),
        (
            "an idle interval",
            grey().after("scan", segment(0xdd, &[0, 1])),
            grey(),
            "restart interval for no scan",
        ),
        (
            "intervals in a row",
            marked(2, b"\x0f").after("SOF", segment(0xdd, &[0, 2])),
            marked(2, b"\x0f"),
            "restart interval of nothing",
        ),
        (
            "a block twice",
            grey().after("scan", scan(&[1], WHOLE, "0 0")),
            grey(),
            "repeats or skips",
        ),
        (
            "in a scan's values",
            grey().with("scan", scan(&[1], [0, 62, 0], "0 0")),
            grey(),
            "values or bits",
        ),
        (
            "in a scan's length",
            grey().with("scan", segment(0xda, b"\x01\x01\0\0\x3f\0x")),
            grey(),
            "isn't of 4",
        ),
        (
            "a component it hasn't",
            grey().with("scan", scan(&[2], WHOLE, "0 0")),
            grey(),
            "that the frame doesn't",
        ),
        (
            "no component",
            grey().with("scan", scan(&[], WHOLE, "")),
            grey(),
            "not in the frame's order",
        ),
        (
            "in components' order",
            colour().with("scan", scan(&[2, 1, 3], WHOLE, "")),
            colour(),
            "frame's order",
        ),
        ("no codes", grey().with("rest", Vec::new()), grey(), "names a table that isn't there"),
    ]);
}
