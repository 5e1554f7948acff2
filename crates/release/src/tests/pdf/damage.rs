//! What is broken, too large, or arranged so that readers differ.

use miniz_oxide::deflate::compress_to_vec_zlib;

use super::{
    made::{self, Part, made},
    real::SAMPLES,
    verdict,
};

fn text(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap()
}

#[test]
fn readers_cannot_differ() {
    let plain = text(made(Part::Page, ""));
    assert_eq!(verdict(plain.as_bytes()).0, "ok");
    let rebuilt =
        |from: &str, to: &str| text(made::bytes(&made::objects(&plain.replace(from, to))));
    let start = plain.find("xref\n").unwrap();
    let more = format!("{plain}4 0 obj\nnull\nendobj\n");
    let updated = format!(
        "{more}xref\n4 1\n{:010} 00000 n \ntrailer\n<< /Size 6 /Root 1 0 R /Prev {start} >>\nstartxref\n{}\n%%EOF\n",
        plain.len(),
        more.len()
    );
    for (what, file, code, word) in [
        ("an update", updated, "hidden-content", "was updated"),
        ("text behind the end", format!("{plain}secret\n"), "not-pdf", "%%EOF"),
        ("two line ends behind the end", format!("{plain}\n"), "not-pdf", "%%EOF"),
        (
            "another end before",
            plain.replace("xref\n0", "startxref\n0\n%%EOF\nxref\n0"),
            "not-pdf",
            "",
        ),
        ("a line before", format!("secret\n{plain}"), "not-pdf", "does not start as a PDF"),
        (
            "text behind the version",
            plain.replace("%PDF-1.7", "%PDF-1.7 secret"),
            "not-pdf",
            "version",
        ),
        (
            "an object elsewhere than the table says",
            plain.replace("0000000009", "0000000010"),
            "not-pdf",
            "table",
        ),
        (
            "an object of another number",
            plain.replace("5 0 obj", "6 0 obj"),
            "not-pdf",
            "object 6 is not where",
        ),
        ("a replaced object", plain.replace("5 0 obj", "5 1 obj"), "not-pdf", "was replaced"),
        (
            "text in the table",
            plain.replace("65535 f \n", "65535 f s\n"),
            "not-pdf",
            "line of the table",
        ),
        (
            "text in a free line",
            plain.replace("0000000000 65535 f", "1234567890 65535 f"),
            "not-pdf",
            "/Size",
        ),
        (
            "a length that is too short",
            plain.replace("/Length 35", "/Length 30"),
            "not-pdf",
            "/Length",
        ),
        ("two tables", plain.replace("/Root", "/XRefStm 9 /Root"), "hidden-content", "/XRefStm"),
        (
            "a wrong number of pages",
            plain.replace("/Count 1", "/Count 9"),
            "not-pdf",
            "number of pages",
        ),
        ("a page twice", rebuilt("[3 0 R]", "[3 0 R 3 0 R]"), "not-pdf", "twice"),
        ("pages without end", rebuilt("[3 0 R]", "[2 0 R]"), "not-pdf", "twice"),
        ("no page's size", rebuilt("[0 0 100 100]", "[0 0 0 0]"), "not-pdf", "/MediaBox"),
        ("a page of a mile", rebuilt("[0 0 100 100]", "[0 0 99999 100]"), "not-pdf", "/MediaBox"),
        ("linearised", plain.replace("/Type /Catalog", "/Linearized 1"), "not-pdf", "linearised"),
    ] {
        // Offsets stay right where a text of the same length stands in another's place.
        let (found, message) = verdict(file.as_bytes());
        assert_eq!(found, code, "{what}: {message}");
        assert!(message.contains(word), "{what}: {message}");
    }
}

#[test]
fn bombs_are_held() {
    let deep = format!("/Lang {}", "[".repeat(1 << 20));
    assert_eq!(verdict(&made(Part::Catalog, &deep)).0, "not-pdf");
    // 100 streams of 4 MiB each, in less than half a megabyte.
    let zeros = compress_to_vec_zlib(&vec![b' '; 4 << 20], 9);
    let parts: String = (6..106).map(|number| format!("{number} 0 R ")).collect();
    let plain =
        text(made(Part::Page, &format!("@{}", "|null".repeat(100)))).replace("4 0 R @", "[ ] ");
    assert!(plain.len() < 1 << 20);
    let mut objects: Vec<Vec<u8>> = [
        "<< /Type /Catalog /Pages 2 0 R >>".to_owned(),
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>".into(),
        format!("<< /Type /Page /Parent 2 0 R /MediaBox [0 0 9 9] /Contents [{parts}] >>"),
        "null".into(),
        "null".into(),
    ]
    .map(String::into_bytes)
    .to_vec();
    for _ in 6..106 {
        let head = format!("<< /Length {} /Filter /FlateDecode >>\nstream\n", zeros.len());
        objects.push([head.as_bytes(), &zeros, b"\nendstream"].concat());
    }
    let (code, message) = verdict(&made::bytes(&objects));
    assert_eq!(code, "not-pdf");
    assert!(message.contains("unfold"), "{message}");
    // Forms that draw others ten times, sixteen deep.
    let mut text = "/XObject << /X1 6 0 R >>".to_owned();
    for next in 7..21 {
        text += &format!(
            "|<< /Subtype /Form /BBox [0 0 9 9] /Resources << /XObject << /X1 {next} 0 R >> >> >>~{}",
            "/X1 Do ".repeat(10)
        );
    }
    text += "|<< /Subtype /Form /BBox [0 0 9 9] /Resources << /Font << /F1 5 0 R >> >> >>~BT /F1 9 Tf (a) Tj ET";
    let (code, message) = verdict(&made(Part::Resources, &text));
    assert_eq!(code, "not-pdf", "{message}");
}

#[test]
fn cuts_and_flips_never_panic() {
    for (name, sample, ..) in SAMPLES {
        assert_eq!(verdict(sample).0, verdict(sample).0);
        let step = sample.len() / 100 + 1;
        for length in (0..sample.len() - 1).step_by(step) {
            assert_ne!(verdict(&sample[..length]).0, "ok", "{name} cut at {length}");
        }
    }
    let (_, smallest, ..) = SAMPLES.iter().min_by_key(|(_, sample, ..)| sample.len()).unwrap();
    for length in 0..smallest.len() - 1 {
        assert_ne!(verdict(&smallest[..length]).0, "ok", "cut at {length}");
    }
    let mut file = smallest.to_vec();
    for at in 0..file.len() {
        for flip in [0x01, 0x20, 0x80, 0xff] {
            file[at] ^= flip;
            verdict(&file);
            file[at] ^= flip;
        }
    }
}

#[test]
fn random_streams_are_not_held_by_chance() {
    // xorshift: 10 MB in 50 files.
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    for _ in 0..50 {
        let pixels: Vec<u8> = std::iter::repeat_with(|| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state as u8
        })
        .take(500 * 400)
        .collect();
        let page = text(made(Part::Picture, "/XObject << /X1 6 0 R >>|null"));
        let mut objects: Vec<Vec<u8>> = made::objects(&page);
        let head = "<< /Subtype /Image /Width 500 /Height 400 /ColorSpace /DeviceGray /BitsPerComponent 8 \
                    /Length 200000 >>\nstream\n";
        objects[5] = [head.as_bytes(), &pixels, b"\nendstream"].concat();
        let (code, message) = verdict(&made::bytes(&objects));
        assert_eq!(code, "ok", "{message}");
    }
}
