use super::*;

#[test]
fn jpeg_has_no_metadata() {
    let text = [b'x'; 300];
    let beside =
        |marker: u8, head: &[u8]| grey().after("JFIF", segment(marker, &[head, &text].concat()));
    let jfif = |at: usize, byte: u8| {
        let mut data = JFIF.to_vec();
        data[at] = byte;
        grey().with("JFIF", segment(0xe0, &data))
    };
    let adobe = |data: &[u8]| grey().after("JFIF", segment(0xee, data));
    all_are_held([
        (
            "a comment",
            beside(0xfe, b""),
            grey(),
            "byte 20 (COM) holds a comment; write none (jpegtran",
        ),
        ("a camera's", beside(0xe1, b"Exif\0\0"), grey(), "byte 20 (APP1) holds EXIF"),
        (
            "a description",
            beside(0xe1, b"http://ns.adobe.com/xap/1.0/\0"),
            grey(),
            "(APP1) holds XMP",
        ),
        ("a profile", beside(0xe2, b"ICC_PROFILE\0"), grey(), "(APP2) holds a colour profile"),
        ("further pictures", beside(0xe2, b"MPF\0"), grey(), "(APP2) holds further pictures"),
        ("Photoshop's", beside(0xed, b"Photoshop 3.0\0"), grey(), "(APP13) holds what Photoshop"),
        ("a program's own", beside(0xe7, b""), grey(), "(APP7) holds what isn't pixels"),
        ("an unknown marker", beside(0xf3, b""), grey(), "(marker 0xf3) holds what a picture"),
        ("a height after the scan", beside(0xdc, b""), grey(), "(DNL) holds what a picture"),
        (
            "in JFIF's length",
            grey().with("JFIF", segment(0xe0, &[JFIF, &text].concat())),
            grey(),
            "16 bytes",
        ),
        ("in JFIF's version", jfif(6, b'x'), jfif(6, 2), "16 bytes of JFIF"),
        ("in densities", jfif(10, 200), grey(), "has no usual density"),
        ("a thumbnail", jfif(12, 1), grey(), "has a thumbnail"),
        ("JFIF twice", grey().after("DQT", segment(0xe0, JFIF)), grey(), "comes later than"),
        (
            "in Adobe's flags",
            adobe(b"Adobe\0\x64ab\0\0\x01"),
            adobe(ADOBE),
            "(APP14) isn't Adobe's",
        ),
        (
            "in Adobe's length",
            adobe(&[ADOBE, &text].concat()),
            adobe(ADOBE),
            "(APP14) isn't Adobe's",
        ),
        (
            "Adobe twice",
            adobe(ADOBE).after("DQT", segment(0xee, ADOBE)),
            adobe(ADOBE),
            "comes twice",
        ),
        ("before the start", grey().with("start", b"x\xff\xd8".into()), grey(), "does not start"),
        (
            "after the end",
            grey().after("end", text.into()),
            grey(),
            "(EOI) has something behind it",
        ),
        (
            "a second end",
            grey().after("end", vec![0xff, 0xd9]),
            grey(),
            "(EOI) has something behind it",
        ),
        ("between segments", grey().after("DQT", text.into()), grey(), "byte 89 is no marker"),
        ("in fill bytes", grey().after("DQT", vec![0xff; 9]), grey(), "byte 89 fills up"),
        ("a stuffed byte", grey().after("DQT", vec![0xff, 0]), grey(), "byte 89 is no marker"),
    ]);
}

#[test]
fn jpeg_has_no_tables_of_its_own() {
    let quantised = |data: &[u8]| grey().with("DQT", segment(0xdb, data));
    let steps = |fill: u8| [[0].as_slice(), &[fill; 64]].concat();
    let wide = [[0x10].as_slice(), &[0, 1].repeat(64)].concat();
    let rest = |lengths: &[u8], symbols: &[u8], digits: &str| {
        grey().with("rest", codes(0x10, lengths, symbols)).with("scan", scan(&[1], WHOLE, digits))
    };
    all_are_held([
        (
            "in steps",
            quantised(&steps(b'x')),
            quantised(&wide),
            "(DQT) has quantisation that is of no",
        ),
        (
            "in wide steps",
            quantised(&[&[0x10], [b'x'; 128].as_slice()].concat()),
            quantised(&wide),
            "no quality",
        ),
        ("half a table", quantised(&steps(1)[..40]), grey(), "(DQT) isn't of 65 or 129 bytes"),
        (
            "an idle table of steps",
            grey().after("DQT", segment(0xdb, &[[1].as_slice(), &[1; 64]].concat())),
            grey(),
            "that no component has",
        ),
        ("steps twice", grey().after("DQT", segment(0xdb, &steps(1))), grey(), "a second time"),
        ("no steps", grey().with("DQT", Vec::new()), grey(), "names a table that isn't there"),
        (
            "an idle code",
            rest(&[1, 1], &[0, b'x'], "0 0"),
            rest(&[1, 1], &[0, 1], "0 10 1 0"),
            "codes that no block has",
        ),
        (
            "idle codes",
            grey().after("rest", codes(0x11, &[1], b"x")),
            grey().after("rest", codes(0x11, &STANDARD.0, &STANDARD.1)),
            "codes that no block has",
        ),
        (
            "codes that are written over",
            grey().with("means", [codes(0, &[1], b"x"), codes(0, &[1], &[0])].concat()),
            grey(),
            "codes that no block has",
        ),
        (
            "two codes for the same",
            rest(&[1, 1], &[0, 0], "0 10"),
            rest(&[1, 1], &[0, 1], "0 10 1 0"),
            "two codes for the same",
        ),
        ("too many codes", rest(&[3], &[0, 1, 2], "0 0"), grey(), "more codes than fit"),
        ("a code of ones", rest(&[2], &[0, 1], "0 0"), grey(), "more codes than fit"),
        ("half codes", grey().with("rest", segment(0xc4, &[0x10, 1])), grey(), "isn't of 17 bytes"),
        (
            "codes of no kind",
            grey().after("rest", codes(0x25, &[1], &[0])),
            grey(),
            "of no known kind",
        ),
    ]);
}

/// How many codes each length has, and what they stand for: the standard's means of brightness.
const STANDARD: ([u8; 16], [u8; 12]) =
    ([0, 1, 5, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0], [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
