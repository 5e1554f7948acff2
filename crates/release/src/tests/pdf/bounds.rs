//! Small files that ask for much, beside twins that ask for little.

use miniz_oxide::deflate::compress_to_vec_zlib;

use super::{
    made::{self, Part, made},
    verdict,
};

/// The page with a picture of these keys and bytes, and further objects.
fn picture(keys: &str, bytes: &[u8], more: &[&[u8]]) -> Vec<u8> {
    let nulls = "|null".repeat(more.len());
    let text = format!("/XObject << /X1 6 0 R >>|null{nulls}");
    let page = String::from_utf8(made(Part::Picture, &text)).unwrap();
    let mut objects = made::objects(&page);
    objects[5] = stream(keys, bytes);
    for (at, object) in more.iter().enumerate() {
        objects[6 + at] = object.to_vec();
    }
    made::bytes(&objects)
}

fn stream(keys: &str, bytes: &[u8]) -> Vec<u8> {
    let head =
        format!("<< /Subtype /Image {keys} /Length {} >>\nstream\n", bytes.len()).into_bytes();
    [&head, bytes, b"\nendstream"].concat()
}

#[test]
fn rows_are_no_longer_than_their_content() {
    let of = |parameters: &str, plain: &[u8]| {
        let keys = format!(
            "/Width 2 /Height 1 /ColorSpace /DeviceGray /BitsPerComponent 8 /Filter /FlateDecode \
             /DecodeParms << /Predictor 12 {parameters} >>"
        );
        verdict(&picture(&keys, &compress_to_vec_zlib(plain, 9), &[]))
    };
    for (what, parameters, plain, code, word) in [
        ("a row", "/Columns 2", &b"\x02ab"[..], "ok", ""),
        (
            "2^57 bytes, of nothing",
            "/Colors 1048576 /BitsPerComponent 1048576 /Columns 1048576",
            b"",
            "not-pdf",
            "wrong parameters",
        ),
        (
            "64 MiB, of nothing",
            "/Colors 32 /BitsPerComponent 16 /Columns 1048576",
            b"",
            "hidden-content",
            "0 bytes where its size makes 2",
        ),
        (
            "64 MiB, of three bytes",
            "/Colors 32 /BitsPerComponent 16 /Columns 1048576",
            b"\x02ab",
            "not-pdf",
            "cut off",
        ),
        ("many colours", "/Colors 33 /Columns 2", b"\x02ab", "not-pdf", "wrong parameters"),
        ("many bits", "/BitsPerComponent 17 /Columns 2", b"\x02ab", "not-pdf", "wrong parameters"),
        ("a wide row", "/Columns 1048577", b"\x02ab", "not-pdf", "wrong parameters"),
        ("a row as long as all", "/Columns 3", b"\x02ab", "not-pdf", "cut off"),
    ] {
        let (found, message) = of(parameters, plain);
        assert_eq!(found, code, "{what}: {message}");
        assert!(message.contains(word), "{what}: {message}");
    }
}

#[test]
fn each_filter_counts() {
    let of = |groups: usize, filters: &str| {
        let text = format!("{}~>", "z".repeat(groups));
        let keys = format!(
            "/Width 2000 /Height {} /ColorSpace /DeviceGray /BitsPerComponent 8 /Filter {filters}",
            groups / 500
        );
        verdict(&picture(&keys, &compress_to_vec_zlib(text.as_bytes(), 9), &[]))
    };
    let (code, message) = of(5_000, "[/FlateDecode /ASCII85Decode]");
    assert_eq!(code, "ok", "{message}");
    // 27 MB of text, and 110 MB of pixels.
    for (groups, filters, word) in [
        (27_500_000, "[/FlateDecode /ASCII85Decode]", "unfold"),
        (500, "[/FlateDecode /FlateDecode /FlateDecode /FlateDecode /FlateDecode]", "filters"),
    ] {
        let (code, message) = of(groups, filters);
        assert_eq!(code, "not-pdf", "{filters}: {message}");
        assert!(message.contains(word), "{filters}: {message}");
    }
}

/// A form that shows this text, drawn so often.
fn drawn(times: usize, text: &str) -> Vec<u8> {
    let inner = "/Resources << /XObject << /X1 7 0 R >> >>";
    made(
        Part::Resources,
        &format!(
            "/XObject << /X1 6 0 R >>|<< /Subtype /Form /BBox [0 0 9 9] {inner} >>~{}\
             |<< /Subtype /Form /BBox [0 0 9 9] /Resources << /Font << /F1 5 0 R >> >> >>\
             ~BT /F1 9 Tf {text} ET",
            "/X1 Do ".repeat(times)
        ),
    )
}

#[test]
fn all_runs_of_a_form_count() {
    let long = format!("({}) Tj", "a".repeat(32 << 10));
    for (what, times, text, code) in [
        ("a text", 10_000, "(a) Tj".to_owned(), "ok"),
        ("3000 texts 100 times", 100, format!("[{}] TJ", "(a)".repeat(3000)), "ok"),
        ("3000 texts 3000 times", 3000, format!("[{}] TJ", "(a)".repeat(3000)), "not-pdf"),
        ("3000 lists 3000 times", 3000, format!("[{}] TJ", "[]".repeat(3000)), "not-pdf"),
        ("a long text", 10, long.clone(), "ok"),
        ("a long text 5000 times", 5000, long, "not-pdf"),
    ] {
        let (found, message) = verdict(&drawn(times, &text));
        assert_eq!(found, code, "{what}: {message}");
        if code != "ok" && !text.contains("[]") {
            assert!(message.contains("values"), "{what}: {message}");
        }
    }
}

#[test]
fn a_photo_is_seen() {
    let photo = include_bytes!("../../../../../tests/rules.d/real/Pillow/plain.jpg");
    let keys = "/Width 4 /Height 3 /ColorSpace /DeviceRGB /BitsPerComponent 8";
    let mask = |more: &str, alpha: [u8; 12]| {
        let keys = format!("/Width 4 /Height 3 /BitsPerComponent 8 {more}");
        stream(&keys, &alpha)
    };
    let gray = "/ColorSpace /DeviceGray";
    let mut one = [255; 12];
    one[5] = 254;
    for (what, mask, code) in [
        ("opaque", mask(gray, [255; 12]), "ok"),
        ("wholly transparent", mask(gray, [0; 12]), "hidden-content"),
        ("a pixel that isn't opaque", mask(gray, one), "hidden-content"),
        (
            "transparent the other way",
            mask(&format!("{gray} /Decode [1 0]"), [255; 12]),
            "hidden-content",
        ),
        (
            "transparent by a palette",
            mask("/ColorSpace [/Indexed /DeviceGray 0 <00>]", [0; 12]),
            "hidden-content",
        ),
    ] {
        let keys = format!("{keys} /Filter /DCTDecode /SMask 7 0 R");
        let (found, message) = verdict(&picture(&keys, photo, &[&mask]));
        assert_eq!(found, code, "{what}: {message}");
    }
    let (found, message) = verdict(&picture(&format!("{keys} /Filter /DCTDecode"), photo, &[]));
    assert_eq!(found, "ok", "{message}");
}

#[test]
fn what_many_share_is_read_once() {
    let glyphs = |resources: u32| {
        let font = |resources| {
            format!(
                "|<< /Type /Font /Subtype /Type3 /FontBBox [0 0 9 9] /FontMatrix [0.1 0 0 0.1 0 0] \
                 /FirstChar 97 /LastChar 97 /Widths [9] /Encoding << /Differences [97 /a] >> \
                 /CharProcs 6 0 R /Resources {resources} 0 R >>"
            )
        };
        let fonts = [font(8), font(resources)].concat();
        let other = if resources == 8 { "null" } else { "<< /ProcSet [/PDF] >>" };
        let text = format!("|<< /a 7 0 R >>|<< >>~9 0 d0|<< >>|{other}{fonts}");
        let page = String::from_utf8(made(Part::Resources, &text)).unwrap();
        let named = page.replace("/F1 5 0 R", "/F1 5 0 R /F2 10 0 R /F3 11 0 R");
        made::bytes(&made::objects(&named))
    };
    let contents = |more: usize| {
        let text = format!("/Rotate 0{}", "|<< >>~q Q".repeat(more));
        let page = String::from_utf8(made(Part::Page, &text)).unwrap();
        let list: String = (6..6 + more).map(|number| format!(" {number} 0 R")).collect();
        let page = page.replace("/Contents 4 0 R", &format!("/Contents [4 0 R{list}]"));
        made::bytes(&made::objects(&page))
    };
    for (what, file, code, word) in [
        ("the glyphs of two fonts", glyphs(8), "ok", ""),
        ("glyphs with two resources", glyphs(9), "not-pdf", "two resources"),
        ("1024 contents", contents(1023), "ok", ""),
        ("1025 contents", contents(1024), "not-pdf", "too many contents"),
    ] {
        let (found, message) = verdict(&file);
        assert_eq!(found, code, "{what}: {message}");
        assert!(message.contains(word), "{what}: {message}");
    }
}
