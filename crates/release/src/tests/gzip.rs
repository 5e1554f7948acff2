use miniz_oxide::deflate::compress_to_vec;

use super::*;

fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0, |crc, &byte| {
        (0..8).fold(crc ^ u32::from(byte), |crc: u32, _| (crc >> 1) ^ ((crc & 1) * 0xedb8_8320))
    })
}

fn around(head: &[u8], deflated: &[u8], content: &[u8]) -> Vec<u8> {
    let numbers = [crc32(content), content.len() as u32].map(u32::to_le_bytes).concat();
    [head, deflated, &numbers].concat()
}

const HEAD: &[u8] = b"\x1f\x8b\x08\0\0\0\0\0\0\x03";

fn packed(content: &[u8]) -> Vec<u8> {
    around(HEAD, &compress_to_vec(content, 6), content)
}

fn gzip(kind: ContentKind, most: u64) -> Output {
    let mut rule = rule(kind);
    rule.max_bytes = 1 << 20;
    rule.gzip = true;
    rule.max_unpacked_bytes = Some(most);
    rule
}

/// A reader that gives one byte at a time.
struct Slow<'a>(&'a [u8]);

impl Read for Slow<'_> {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        let most = into.len().min(1);
        self.0.read(&mut into[..most])
    }
}

fn says(rule: &Output, content: &[u8]) -> String {
    let whole = check_as(rule, content).map(drop);
    let slow = check(rule, &mut Slow(content), content.len() as u64).map(drop);
    assert_eq!(whole, slow, "byte by byte it is the same");
    whole.map_or_else(|hold| format!("{}: {}", hold.code.word(), hold.message), |()| "ok".into())
}

#[test]
fn one_member_is_judged_by_what_is_in_it() {
    let text = gzip(ContentKind::Text, 1 << 20);
    let long = "grüße\n".repeat(50_000);
    for good in ["", "a\n", &long] {
        assert_eq!(says(&text, &packed(good.as_bytes())), "ok");
    }
    let named = [&b"\x1f\x8b\x08\x08\x9b\x83\x0d\x6b\x02\xff"[..], b"counts.csv\0"].concat();
    assert_eq!(says(&text, &around(&named, &compress_to_vec(b"a", 9), b"a")), "ok");
    assert_eq!(says(&gzip(ContentKind::Json, 9), &packed(b"[1]")), "ok");

    for (kind, inner, found) in [
        (ContentKind::Text, "a\x1b[8m", "not-text: line 1, column 2"),
        (ContentKind::Json, "{\"a\":1,\"a\":2}", "not-json: line 1"),
        (ContentKind::Json, "[NaN]", "not-json: line 1"),
        (ContentKind::Csv, "a;b\n", "other-delimiter"),
    ] {
        let says = says(&gzip(kind, 100), &packed(inner.as_bytes()));
        assert!(says.starts_with(found), "{inner}: {says}");
    }
    let twice = says(&text, &packed(&packed(b"a")));
    assert!(twice.starts_with("not-text: it is compressed"), "{twice}");
    assert_eq!(code(ContentKind::Text, packed(b"a")), "not-text", "a rule without `gzip`");
}

#[test]
fn what_is_more_than_one_member_is_held() {
    let text = gzip(ContentKind::Text, 1 << 20);
    let body = compress_to_vec(b"a", 6);
    let with = |at: usize, byte: u8| {
        let mut head = HEAD.to_vec();
        head[at] = byte;
        around(&head, &body, b"a")
    };
    let named = |name: &str| {
        let head = [&b"\x1f\x8b\x08\x08\0\0\0\0\0\x03"[..], name.as_bytes(), b"\0"].concat();
        around(&head, &body, b"a")
    };
    let empty_blocks = [b"\0\0\0\xff\xff".repeat(200), body.clone()].concat();
    let mut damaged = packed(b"a");
    damaged[HEAD.len()] = 0xff;
    let mut sum = packed(b"a");
    let end = sum.len();
    sum[end - 8] ^= 1;
    let mut size = packed(b"a");
    size[end - 1] ^= 1;
    for (hides, content, named) in [
        ("a second member", [packed(b"a"), packed(b"b")].concat(), "second member"),
        ("an empty member behind", [packed(b"a"), packed(b"")].concat(), "second member"),
        ("text behind", [packed(b"a"), b"patient".to_vec()].concat(), "behind its end"),
        ("a checksum", sum, "checksum"),
        ("a size", size, "checksum or size"),
        ("plain text", b"group,n\nA,12\n".to_vec(), "does not start as a gzip file"),
        ("no gzip", b"a".to_vec(), "no gzip file"),
        ("another method", with(2, 7), "that gzip doesn't write"),
        ("a checksum of the head", with(3, 2), "comment or other words"),
        ("an extra field", with(3, 4), "comment or other words"),
        ("a comment", with(3, 16), "comment or other words"),
        ("a flag", with(3, 64), "comment or other words"),
        ("a level", with(8, 77), "that gzip doesn't write"),
        ("a system", with(9, 77), "that gzip doesn't write"),
        ("words as a name", named("patient 4711"), "a name in its head"),
        ("a path", named("/home/a"), "a name in its head"),
        ("a long name", named(&"a".repeat(65)), "a name in its head"),
        ("blocks of nothing", around(HEAD, &empty_blocks, b"a"), "blocks with nothing"),
        ("damage", damaged, "damaged"),
    ] {
        let says = says(&text, &content);
        assert!(says.starts_with("not-gzip: it ") && says.contains(named), "{hides}: {says}");
    }
    for whole in [packed(b"group,n\nA,12\n"), named(&"a".repeat(64))] {
        assert_eq!(says(&text, &whole), "ok");
        for length in 0..whole.len() {
            let says = says(&text, &whole[..length]);
            assert!(says.starts_with("not-gzip: "), "cut after {length}: {says}");
        }
    }
}

#[test]
fn a_bomb_stops_where_the_rule_says() {
    let mut bomb = packed(" \n".repeat(2 << 20).as_bytes());
    let held = says(&gzip(ContentKind::Text, 1 << 20), &bomb);
    assert!(held.starts_with("too-large: it unpacks to more than 1048576 bytes"), "{held}");
    assert_eq!(says(&gzip(ContentKind::Text, 4 << 20), &bomb), "ok");
    bomb.truncate(1 << 10);
    let cut = says(&gzip(ContentKind::Text, 4 << 20), &bomb);
    assert!(cut.starts_with("not-gzip: it is cut off"), "{cut}");
}
