use super::*;

/// A picture in passes, with other bits for the values of its four blocks.
fn values(digits: &str) -> Jpeg {
    passes().with("", scan(&[1], [1, 63, 1], digits))
}

/// A picture in passes, and one more of them with codes of its own.
fn finer(band: [u8; 3], digits: &str) -> Jpeg {
    passes().after("", [codes(0x10, &[1, 1], &[0, 1]), scan(&[1], band, digits)].concat())
}

/// Of each block a new value; the second one has a known value before it.
const VALUES: &str = "10 1 0  10 1 0 0  10 1 0  10 1 0";

#[test]
fn jpeg_passes_add_up() {
    let again = finer([1, 63, 0x10], VALUES);
    let edge = |bits: &str| {
        let frame = [8, 0, 8, 0, 8, 3, 1, 0x22, 0, 2, 0x11, 0, 3, 0x11, 0];
        grey()
            .with("SOF", segment(0xc2, &frame))
            .with("rest", Vec::new())
            .with("scan", scan(&[1, 2, 3], [0, 0, 1], "000000"))
            .after("scan", scan(&[1, 2, 3], [0, 0, 0x10], bits))
    };
    let many = |more: Vec<u8>| {
        let each = (1..64).map(|value| scan(&[1], [value, value, 1], "0"));
        let all = [scan(&[1], [0, 0, 0], "0"), each.collect::<Vec<_>>().concat(), more].concat();
        grey().with("SOF", segment(0xc2, GREY)).with("scan", all)
    };
    all_are_held([
        ("a run in two", values("0 0 10 1 110 1"), passes(), "a run of empty blocks in two"),
        (
            "a finer run in two",
            finer([1, 63, 0x10], "0 0"),
            again.clone(),
            "a run of empty blocks in two",
        ),
        (
            "a run past the end",
            values("0 10 1 0 10 1 110 1"),
            passes(),
            "more empty blocks than the picture",
        ),
        ("a pass twice", finer([1, 63, 1], "0"), again.clone(), "repeats or skips"),
        ("a pass left out", finer([1, 63, 0x21], "0"), again.clone(), "repeats or skips"),
        (
            "bits of no pass",
            finer([1, 63, 0x30], "0"),
            again.clone(),
            "values or bits that no scan has",
        ),
        (
            "means and more",
            finer([0, 63, 0], "0"),
            again.clone(),
            "values or bits that no scan has",
        ),
        (
            "too many values",
            finer([1, 64, 0x10], "0"),
            again.clone(),
            "values or bits that no scan has",
        ),
        (
            "more behind the last block",
            finer([1, 63, 0x10], &[VALUES, "00000000"].concat()),
            again.clone(),
            "behind its last block",
        ),
        ("bits beyond the edge", edge("101111"), edge("111101"), "beyond the picture's edge"),
        (
            "too many passes",
            many(scan(&[1], [1, 1, 0x10], "0")),
            many(Vec::new()),
            "more than scan 64",
        ),
        (
            "values before means",
            passes().with("scan", Vec::new()),
            passes(),
            "before its blocks' means",
        ),
        (
            "a table it doesn't use",
            passes().with("scan", [segment(0xda, &[1, 1, 1, 0, 0, 0]), bits("0000")].concat()),
            passes(),
            "a table that it doesn't use",
        ),
    ]);
}
