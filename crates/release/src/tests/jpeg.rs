mod hiding;
mod passes;
mod scans;

use sluice_policy::entry::ContentKind;

use super::{check_as, rule, unharmed};

/// A picture in its parts, before they are put together.
#[derive(Clone)]
struct Jpeg(Vec<(&'static str, Vec<u8>)>);

fn segment(marker: u8, data: &[u8]) -> Vec<u8> {
    let length = u16::try_from(data.len() + 2).unwrap().to_be_bytes();
    [&[0xff, marker], length.as_slice(), data].concat()
}

/// Bits as a scan has them, with ones in the rest of the last byte.
fn bits(digits: &str) -> Vec<u8> {
    let mut digits: Vec<u8> =
        digits.bytes().filter(|byte| *byte != b' ').map(|it| it - b'0').collect();
    digits.resize(digits.len().next_multiple_of(8), 1);
    let bytes = digits.chunks(8).map(|byte| byte.iter().fold(0, |byte, bit| byte << 1 | bit));
    bytes.flat_map(|byte| if byte == 0xff { vec![0xff, 0] } else { vec![byte] }).collect()
}

/// A table of codes: how many of each length, and what they stand for.
fn codes(place: u8, lengths: &[u8], symbols: &[u8]) -> Vec<u8> {
    let mut data = vec![place];
    data.extend(lengths);
    data.resize(17, 0);
    data.extend(symbols);
    segment(0xc4, &data)
}

/// A scan of components with tables 0, and its bits.
fn scan(components: &[u8], band: [u8; 3], digits: &str) -> Vec<u8> {
    let named: Vec<u8> = components.iter().flat_map(|&number| [number, 0]).collect();
    let head = [&[components.len() as u8], named.as_slice(), &band].concat();
    [segment(0xda, &head), bits(digits)].concat()
}

const JFIF: &[u8] = b"JFIF\0\x01\x01\x01\0\x48\0\x48\0\0";
const ADOBE: &[u8] = b"Adobe\0\x64\0\0\0\0\x01";
/// One component of 8 by 8 pixels.
const GREY: &[u8] = &[8, 0, 8, 0, 8, 1, 1, 0x11, 0];
const WHOLE: [u8; 3] = [0, 63, 0];

/// A block of middle grey: no difference, and nothing else.
fn grey() -> Jpeg {
    Jpeg(vec![
        ("start", vec![0xff, 0xd8]),
        ("JFIF", segment(0xe0, JFIF)),
        ("DQT", segment(0xdb, &[[0].as_slice(), &[1; 64]].concat())),
        ("SOF", segment(0xc0, GREY)),
        ("means", codes(0, &[1], &[0])),
        ("rest", codes(0x10, &[1], &[0])),
        ("scan", scan(&[1], WHOLE, "0 0")),
        ("end", vec![0xff, 0xd9]),
    ])
}

/// Four blocks of brightness to one of each colour, in a picture of one block: three are beyond its edge.
fn colour() -> Jpeg {
    let frame = [8, 0, 8, 0, 8, 3, 1, 0x22, 0, 2, 0x11, 0, 3, 0x11, 0];
    grey()
        .with("SOF", segment(0xc0, &frame))
        .with("scan", scan(&[1, 2, 3], WHOLE, "00 00 00 00 00 00"))
}

/// Four blocks of grey in passes: first the means, then an empty block, and a value before a run of three.
fn passes() -> Jpeg {
    grey()
        .with("SOF", segment(0xc2, &[8, 0, 16, 0, 16, 1, 1, 0x11, 0]))
        .with("scan", scan(&[1], [0, 0, 0], "0000"))
        .with("rest", codes(0x10, &[1, 1, 1], &[0, 1, 0x10]))
        .after("scan", scan(&[1], [1, 63, 1], "0 10 1 110 1"))
}

impl Jpeg {
    fn with(mut self, part: &str, bytes: Vec<u8>) -> Self {
        self.0.iter_mut().find(|(name, _)| *name == part).unwrap().1 = bytes;
        self
    }

    fn after(mut self, part: &str, bytes: Vec<u8>) -> Self {
        let at = self.0.iter().position(|(name, _)| *name == part).unwrap();
        self.0.insert(at + 1, ("", bytes));
        self
    }

    fn bytes(&self) -> Vec<u8> {
        self.0.iter().flat_map(|(_, bytes)| bytes).copied().collect()
    }

    fn held(&self) -> Option<String> {
        let held = check_as(&rule(ContentKind::Jpeg), &self.bytes()).err()?;
        assert_eq!(held.code.word(), "not-jpeg");
        Some(held.message)
    }
}

/// What each hides, the picture, its harmless twin, and what the reviewer reads.
type Row = (&'static str, Jpeg, Jpeg, &'static str);

fn all_are_held(rows: impl IntoIterator<Item = Row>) {
    for (hides, bad, twin, says) in rows {
        assert_eq!(twin.held(), None, "the twin of: {hides}");
        let held = bad.held().expect(hides);
        assert!(held.contains(says), "{hides}: {held}");
    }
}

#[test]
fn jpeg_is_pixels() {
    for (good, what) in [
        (grey(), "grey"),
        (colour(), "colour"),
        (passes(), "passes"),
        (grey().with("JFIF", Vec::new()), "without JFIF"),
        (grey().after("JFIF", segment(0xee, ADOBE)), "with Adobe's segment"),
        (grey().with("SOF", segment(0xc1, GREY)), "not baseline"),
        // Codes that were made shorter to fit stand in no order.
        (
            grey()
                .with("rest", codes(0x10, &[1, 0, 2], &[0, 2, 1]))
                .with("scan", scan(&[1], WHOLE, "0 100 11 101 1 0")),
            "codes in another order",
        ),
    ] {
        assert_eq!(good.held(), None, "{what}");
        unharmed(ContentKind::Jpeg, &good.bytes());
    }
}

#[test]
fn jpeg_of_any_size_takes_little() {
    let sized = |kind: u8, side: [u8; 2]| {
        grey().with("SOF", segment(kind, &[8, side[0], side[1], side[0], side[1], 1, 1, 0x11, 0]))
    };
    for (big, says) in [
        (sized(0xc0, [255, 255]), "unfolds to 4294967296 bytes"),
        (sized(0xc2, [255, 255]), "unfolds to 4294967296 bytes"),
        (sized(0xc0, [64, 0]), "(unit 1 of 4194304)"),
    ] {
        let held = big.held().unwrap();
        assert!(held.contains(says), "{held}");
    }
}
