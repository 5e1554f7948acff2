use super::*;
use base64ct::{Base64, Encoding};
use miniz_oxide::deflate::compress_to_vec_zlib;

fn rule(kind: ContentKind) -> Output {
    let glob = "x".into();
    Output {
        glob,
        kind,
        required: false,
        max_bytes: 4096,
        max_rows: None,
        columns: Vec::new(),
        forbidden_columns: Vec::new(),
        review: Some(false),
    }
}

fn check_as(rule: &Output, content: &[u8]) -> Result<(), Hold> {
    check(rule, &mut &content[..], content.len() as u64)
}

fn code(kind: ContentKind, content: impl AsRef<[u8]>) -> &'static str {
    match check_as(&rule(kind), content.as_ref()) {
        Ok(()) => "ok",
        Err(hold) => {
            assert!(HOLD_CODES.iter().any(|(code, _)| *code == hold.code), "{}", hold.code);
            hold.code
        }
    }
}

fn message(kind: ContentKind, content: &str) -> String {
    check_as(&rule(kind), content.as_bytes()).unwrap_err().message
}

#[test]
fn hold_codes_are_sorted_and_in_the_reference() {
    assert!(HOLD_CODES.windows(2).all(|pair| pair[0].0 < pair[1].0));
    let page = include_str!("../../../../docs/reference/formats.md");
    for (code, meaning) in HOLD_CODES {
        assert!(page.contains(&format!("| `{code}` | {meaning} |")), "{code}");
    }
}

#[test]
fn holds_by_size_and_review() {
    let mut text = rule(ContentKind::Text);
    text.max_bytes = 3;
    assert!(check_as(&text, b"abc").is_ok());
    assert_eq!(check_as(&text, b"abcd").unwrap_err().code, "too-large");
    let sized = |size| check(&text, &mut &b"ab"[..], size).unwrap_err().code;
    assert_eq!((sized(1), sized(3)), ("changed", "changed"));
    text.review = Some(true);
    assert_eq!(check_as(&text, b"abc").unwrap_err().code, "review-required");
    assert_eq!(check_as(&text, b"a\0").unwrap_err().code, "not-text", "checked all the same");

    for (kind, asks) in [(ContentKind::Text, true), (ContentKind::Csv, false)] {
        assert_eq!(Output { review: None, ..rule(kind) }.needs_review(), asks);
    }

    struct Broken;
    impl Read for Broken {
        fn read(&mut self, _: &mut [u8]) -> std::io::Result<usize> {
            Err(std::io::Error::other("secret detail"))
        }
    }
    let hold = check(&text, &mut Broken, 1).unwrap_err();
    assert_eq!((hold.code, hold.message.contains("secret")), ("unreadable", false));
}

#[test]
fn text_is_printable() {
    for good in ["", "a\tb\n", "a\r\nb", "grüße\n"] {
        assert_eq!(code(ContentKind::Text, good), "ok", "{good:?}");
    }
    for bad in ["a\0", "a\rb", "a\r", "\x1b[2K", "a\u{202e}b", "\u{feff}a", "a\x0c", "a\u{85}"] {
        assert_eq!(code(ContentKind::Text, bad), "not-text", "{bad:?}");
    }
    assert_eq!(code(ContentKind::Text, b"a\xff"), "not-text");
    assert_eq!(message(ContentKind::Text, "a\nb\n\x07"), "line 3 is not printable UTF-8");
}

#[test]
fn csv_is_a_table() {
    for good in [
        "a,b\n1,2\n",
        "a,b\r\n1,2\r\n",
        "a,b\n1,2",
        "a\n",
        "a,\n,\n",
        "a,b\n1,",
        "a,b\n\"x, \"\"y\"\"\nz\",2\n",
        "a,b\n\"\",\"\"",
    ] {
        assert_eq!(code(ContentKind::Csv, good), "ok", "{good:?}");
    }
    for (bad, said) in [
        ("", "row 1, column 1 is missing"),
        ("a,b\n1\n", "row 2, column 1 ends the row; the header has 2 columns"),
        ("a,b\n1,2,3\n", "row 2, column 3 ends the row; the header has 2 columns"),
        ("a,b\n1,2\n\n", "row 3, column 1 ends"),
        ("a,b\n1,2,", "row 2, column 3 ends"),
        ("a,b\n1,x\"y\n", "row 2, column 2 has a quote inside"),
        ("a,b\n1,\"x\ny", "row 2, column 2 has a quote that does not end"),
        ("a,b\n1,\"x\"y\n", "row 2, column 2 goes on"),
    ] {
        let found = message(ContentKind::Csv, bad);
        assert!(found.contains(said), "{bad:?}: {found}");
    }
    assert_eq!(code(ContentKind::Csv, "a,b\n1,\0\n"), "not-text");
}

/// What a spreadsheet reads as several columns is no name of one.
#[test]
fn other_delimiters_hide_no_columns() {
    for (kind, table) in [
        (ContentKind::Csv, "count;patient_id\n1;2\n"),
        (ContentKind::Csv, "count\tpatient_id\n1\t2\n"),
        (ContentKind::Csv, "count|patient_id,x\n1|2,3\n"),
        (ContentKind::Csv, "\"count;patient_id\",x\n1,2\n"),
        (ContentKind::Csv, "\"count,patient_id\"\n\"1,2\"\n"),
        (ContentKind::Tsv, "count;patient_id\n1;2\n"),
        (ContentKind::Tsv, "count,patient_id\n1,2\n"),
        (ContentKind::Tsv, "count|patient_id\tx\n1\t2\n"),
    ] {
        assert_eq!(code(kind, table), "other-delimiter", "{table:?}");
    }
    assert_eq!(code(ContentKind::Csv, "\"height, cm\",n\n1,2\n"), "ok");
    assert_eq!(code(ContentKind::Tsv, "height, cm\tn\n1\t2\n"), "ok");
    let said = message(ContentKind::Csv, "a,b;c\n1,2\n");
    assert_eq!(said, "row 1, column 2 has ';': other columns are in it");
}

#[test]
fn tsv_is_a_table() {
    for good in ["a\tb\n1\t2\n", "a\tb\r\n1\t2", "a\t\n\t\n", "a \"b\tc\n1\t\"\n"] {
        assert_eq!(code(ContentKind::Tsv, good), "ok", "{good:?}");
    }
    for bad in ["", "a\tb\n1\n", "a\n1\t2\n", "a\tb\n1\t2\n\n", "\"a\tb\"\n1\t2\n", "\"\n1\n"] {
        assert_eq!(code(ContentKind::Tsv, bad), "not-tsv", "{bad:?}");
    }
}

#[test]
fn tables_have_so_many_rows() {
    for (kind, separator) in [(ContentKind::Csv, ","), (ContentKind::Tsv, "\t")] {
        let mut rule = rule(kind);
        rule.max_rows = Some(2);
        let table =
            |rows: usize| format!("a{separator}b\n{}", format!("1{separator}2\n").repeat(rows));
        assert!(check_as(&rule, table(2).as_bytes()).is_ok());
        let hold = check_as(&rule, table(3).as_bytes()).unwrap_err();
        assert_eq!(
            (hold.code, hold.message.as_str()),
            ("too-many-rows", "it has more than 2 rows")
        );
        rule.max_rows = Some(0);
        assert!(check_as(&rule, table(0).as_bytes()).is_ok());
    }
}

#[test]
fn json_is_one_value() {
    for good in ["1", "{\"a\": [1, null, \"\\u0000\"]}\r\n", " [] "] {
        assert_eq!(code(ContentKind::Json, good), "ok", "{good}");
    }
    for bad in ["", "{", "1 2", "{a: 1}", "[1,]", "NaN", "// x\n1", "'a'"] {
        assert_eq!(code(ContentKind::Json, bad), "not-json", "{bad}");
    }
    assert_eq!(code(ContentKind::Json, "[".repeat(4000)), "not-json", "deep");
    let found = message(ContentKind::Json, "{\"a\":\n secret}");
    assert!(found.contains("line 2") && !found.contains("secret"), "{found}");
}

fn png_chunk(kind: &[u8; 4], data: &[u8]) -> Vec<u8> {
    let covered = [kind.as_slice(), data].concat();
    let length = u32::try_from(data.len()).unwrap().to_be_bytes();
    [length.as_slice(), &covered, &png::crc32(&covered).to_be_bytes()].concat()
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

fn idat(rows: &[u8]) -> Vec<u8> {
    png_chunk(b"IDAT", &compress_to_vec_zlib(rows, 6))
}

fn png_with(chunks: &[Vec<u8>], after: &[u8]) -> Vec<u8> {
    png_of(DOT, chunks, after)
}

#[test]
fn png_is_pixels() {
    assert_eq!(png::crc32(b"IEND"), 0xae42_6082, "as in every PNG");
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

const PLOT: &str = r##"<?xml version="1.0" encoding="utf-8" standalone="no"?>
<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN"
  "http://www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd">
<svg xmlns:xlink="http://www.w3.org/1999/xlink" width="460.8pt" viewBox="0 0 460.8 345.6" xmlns="http://www.w3.org/2000/svg" version="1.1">
 <metadata>
  <rdf:RDF xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:cc="http://creativecommons.org/ns#" xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
   <cc:Work><dc:type rdf:resource="http://purl.org/dc/dcmitype/StillImage"/></cc:Work>
  </rdf:RDF>
 </metadata>
 <defs><style type="text/css">*{stroke-linejoin: round; fill: rgb(0,0,0)}</style></defs>
 <!-- a comment -->
 <g id="figure_1" style="fill: url(#h)"><path d="M 0 0 L 1 1 z" clip-path="url(#p)"/>
 <use xlink:href="#m" x="1" transform="translate(1 2) scale(0.1 -0.1)"/><text>a &lt; b &#38; c</text></g>
</svg>
"##;

#[test]
fn svg_only_draws() {
    assert_eq!(code(ContentKind::Svg, PLOT), "ok");
    let image = Base64::encode_string(&png_with(&[idat(&[0, 7])], b""));
    let with_image =
        |data: &str| PLOT.replace("</svg>", &format!("<image href=\"{data}\"/></svg>"));
    let wrapped = format!("data:image/png;base64,\n{}\n{}", &image[..8], &image[8..]);
    assert_eq!(code(ContentKind::Svg, with_image(&wrapped)), "ok");
    let tail = Base64::encode_string(&png_with(&[idat(&[0, 7])], b"secret"));
    for data in [
        "https://example.org/x.png",
        "//example.org/x.png",
        "x.png",
        "javascript:x",
        "data:image/svg+xml;base64,AAAA",
        "data:image/png;base64,AAAA",
        &format!("data:image/png;base64,{tail}"),
    ] {
        assert_eq!(code(ContentKind::Svg, with_image(data)), "active-content", "{data}");
    }
}

#[test]
fn svg_does_nothing_else() {
    for (from, to) in [
        ("</svg>", "<script>x</script></svg>"),
        ("</svg>", "<svg:script>x</svg:script></svg>"),
        ("</svg>", "<foreignObject/></svg>"),
        ("</svg>", "<a href=\"#x\"/></svg>"),
        ("</svg>", "<animate attributeName=\"href\" to=\"javascript:x\"/></svg>"),
        ("</svg>", "<set/></svg>"),
        ("</svg>", "<iframe/></svg>"),
        ("</svg>", "<?xml-stylesheet href=\"x\"?></svg>"),
        ("</svg>", "<!ENTITY x \"y\"></svg>"),
        ("</svg>", "<!--> <script>x</script> --></svg>"),
        ("<g ", "<g onload=\"x\" "),
        ("<g ", "<g ONLOAD='x' "),
        ("<g ", "<g on=\"x\" "),
        ("<g ", "<g xml:base=\"https://example.org/\" "),
        ("<g ", "<g ev:event=\"x\" "),
        ("<g ", "<g xmlns=\"http://www.w3.org/1999/xhtml\" "),
        ("<g ", "<g xmlns:dc=\"http://www.w3.org/2000/svg\" "),
        ("<g ", "<g xmlns:x=\"http://www.w3.org/2000/svg\" "),
        ("url(#h)", "url(https://example.org)"),
        ("url(#h)", "url( 'https://example.org')"),
        ("url(#h)", "URL(https://example.org)"),
        ("url(#h)", "image-set('https://example.org')"),
        ("url(#h)", "expression(x)"),
        ("url(#h)", "u\\72l(https://example.org)"),
        ("url(#p)", "url(https://example.org)"),
        ("url(#p)", "u&#114;l(https://example.org)"),
        ("url(#p)", "url&#40;https://example.org)"),
        ("*{stroke", "@import 'https://example.org'; *{stroke"),
        ("*{stroke", "*{fill: url(//example.org)} *{stroke"),
        ("*{stroke", "<![CDATA[@import 'x';]]>*{stroke"),
        ("xlink:href=\"#m\"", "xlink:href=\"https://example.org#m\""),
        ("xlink:href=\"#m\"", "xlink:href=\"\""),
        ("svg11.dtd\">", "svg11.dtd\" [<!ENTITY x SYSTEM 'file:///etc/passwd'>]>"),
    ] {
        let bad = PLOT.replacen(from, to, 1);
        assert_ne!(bad, PLOT, "{from}");
        assert_eq!(code(ContentKind::Svg, &bad), "active-content", "{to}");
    }
}

/// Each of these passed with a text of any length.
#[test]
fn svg_shows_the_words_it_has() {
    let text = "0123456789abcdef".repeat(100).chars().rev().collect::<String>();
    let many = |open: &str, close: &str| -> String {
        (0..20).map(|n| format!("{open}{n}{text}{close}")).collect()
    };
    let long = Output { max_bytes: 1 << 20, ..rule(ContentKind::Svg) };
    let held = |content: &str| check_as(&long, content.as_bytes()).err().map(|hold| hold.code);
    for (from, to) in [
        ("</svg>", many("<!-- ", " -->") + "</svg>"),
        ("</svg>", many("<desc>", "</desc>") + "</svg>"),
        ("</svg>", many("<title>", "</title>") + "</svg>"),
        ("</svg>", many("<g id=\"", "\"/>") + "</svg>"),
        ("</svg>", many("<g data-x=\"", "\"/>") + "</svg>"),
        ("</svg>", many("<g x7=\"", "\"/>") + "</svg>"),
        ("<g ", "<g display=\"none\" ".into()),
        ("<g ", "<g visibility=\"hidden\" ".into()),
        ("fill: url(#h)", "display : none".into()),
        ("fill: url(#h)", "fill: red/* a comment */".into()),
    ] {
        let bad = PLOT.replacen(from, &to, 1);
        assert_ne!(bad, PLOT, "{from}");
        assert_eq!(held(&bad), Some("hidden-content"), "{to}");
    }
    // The same word again says nothing new.
    let class = format!("{}</svg>", "<g class=\"point\"/>".repeat(5000));
    assert_eq!(held(&PLOT.replacen("</svg>", &class, 1)), None);
    for encoding in ["utf-7", "utf-16", "iso-8859-1"] {
        assert_eq!(held(&PLOT.replacen("utf-8", encoding, 1)), Some("not-svg"), "{encoding}");
    }
    for doctype in ["http://example.org/x.dtd", "svg12.dtd"] {
        let bad = PLOT.replacen("http://www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd", doctype, 1);
        assert_eq!(held(&bad), Some("active-content"), "{doctype}");
    }
    let system = PLOT.replacen("PUBLIC \"-//W3C//DTD SVG 1.1//EN\"", "SYSTEM", 1);
    assert_eq!(held(&system), Some("active-content"));
}

#[test]
fn svg_is_well_formed() {
    for bad in [
        "",
        "text",
        "<g/>",
        "<svg>",
        "<svg></g></svg>",
        "<svg/><svg/>",
        "<svg/>text",
        "<svg><g></svg></g>",
        "<svg a=b/>",
        "<svg a/>",
        "<svg a=\"b\"c=\"d\"/>",
        "<svg a=\"b/>",
        "<svg",
        "<svg><!-- x</svg>",
        "<?xml x",
    ] {
        assert_eq!(code(ContentKind::Svg, bad), "not-svg", "{bad}");
    }
    let found = message(ContentKind::Svg, "<svg>\n<g>\n<secret/></g></svg>");
    assert_eq!(found, "line 3 is not of a plain drawing");
}

#[test]
fn pdf_only_shows() {
    let pdf = |body: &str| format!("%PDF-1.4\n1 0 obj << {body} >> endobj\ntrailer <<>>\n%%EOF\n");
    for good in ["/Type /Catalog /Pages 2 0 R", "/A 1 /JSX 2 /AAB 3"] {
        assert_eq!(code(ContentKind::Pdf, pdf(good)), "ok", "{good}");
    }
    for bad in [
        "/JavaScript (x)",
        "/JS(x)",
        "/J#53 (x)",
        "/#4a#53 (x)",
        "/S/Launch",
        "/OpenAction<<>>",
        "/AA <<>>",
        "/Encrypt 1 0 R",
        "/Type/ObjStm",
        "/EmbeddedFiles []",
        "/URI (http://example.org)",
        "/JS%comment\n(x)",
        "/Annots [<< /Subtype /Text /Contents (x) /Rect [0 0 1 1] >>]",
        "/OCProperties <<>>",
        "/PieceInfo <<>>",
    ] {
        assert_eq!(code(ContentKind::Pdf, pdf(bad)), "active-content", "{bad}");
    }
    let updated = pdf("/A 1") + "1 0 obj (x) endobj\n%%EOF\n";
    assert_eq!(code(ContentKind::Pdf, updated), "not-pdf");
    for bad in ["", "%PDF-1.4", "%PDF-2.0\n%%EOF", " %PDF-1.4\n%%EOF", "%PDF-1.4\n%%EOF\nsecret"] {
        assert_eq!(code(ContentKind::Pdf, bad), "not-pdf", "{bad}");
    }
}

#[test]
fn rules_choose_by_path() {
    let globs = ["results.csv", "plots/*.svg", "deep/**/x.txt", "**/*.log", ".sluice/stdout", "["];
    let outputs: Vec<_> = globs
        .iter()
        .map(|glob| Output { glob: (*glob).into(), ..rule(ContentKind::Text) })
        .collect();
    let rules = Rules::new(&outputs);
    for (path, expected) in [
        ("results.csv", Some(0)),
        ("Results.csv", None),
        ("a/results.csv", None),
        ("plots/a.svg", Some(1)),
        ("plots/a/b.svg", None),
        ("plots/.a.svg", None),
        ("deep/x.txt", Some(2)),
        ("deep/a/b/x.txt", Some(2)),
        ("deep/.a/x.txt", None),
        ("a.log", Some(3)),
        ("a/b.log", Some(3)),
        (".snakemake/log/a.log", None),
        (".sluice/stdout", Some(4)),
        (".sluice/stderr", None),
        ("[", None),
        ("plots/a\u{202e}.svg", None),
        ("plots/a\n.svg", None),
        ("./results.csv", None),
        ("plots/../a.log", None),
        ("/a.log", None),
        ("", None),
    ] {
        assert_eq!(rules.rule_for(path), expected, "{path}");
    }
    assert!(is_glob("*.csv") && !is_glob("["));
}

#[test]
fn columns_are_asked_for_and_forbidden() {
    let held = |kind, content: &str| {
        let (columns, forbidden_columns) = (vec!["count".into()], vec!["Patient_ID".into()]);
        let rule = Output { columns, forbidden_columns, ..rule(kind) };
        check_as(&rule, content.as_bytes()).err().map(|hold| (hold.code, hold.message))
    };
    for (kind, with) in [(ContentKind::Csv, ","), (ContentKind::Tsv, "\t")] {
        let table = |text: &str| held(kind, &text.replace(',', with));
        assert_eq!(table("sample,count\nA,1\n"), None);
        let (code, message) = table("sample,number\nA,1\n").unwrap();
        assert_eq!((code, message.as_str()), ("column-missing", "it has no column \"count\""));
        let (code, message) = table("count, patient_id \n1,4711\n").unwrap();
        assert_eq!(code, "column-forbidden");
        assert!(message.contains("row 1, column 2") && !message.contains("4711"), "{message}");
    }
    assert_eq!(
        held(ContentKind::Csv, "\"patient_id\",count\n1,2\n").unwrap().0,
        "column-forbidden"
    );
    assert_eq!(held(ContentKind::Csv, "\"count\"\n1\n"), None);
    // As R and pandas write them.
    assert_eq!(held(ContentKind::Tsv, "\"count\"\t\"n\"\n1\t2\n"), None);
    for (kind, header) in [
        (ContentKind::Tsv, "\"patient_id\"\tcount"),
        (ContentKind::Tsv, "' patient_id '\tcount"),
        (ContentKind::Tsv, "x, patient_id\tcount"),
        (ContentKind::Csv, "'PATIENT_ID',count"),
        (ContentKind::Csv, "\"\"\"patient_id\"\"\",count"),
        (ContentKind::Csv, "\"x,patient_id\",count"),
        (ContentKind::Csv, "\"x\npatient_id\",count"),
        (ContentKind::Csv, "\u{201c}patient_id\u{201d},count"),
    ] {
        let with = if kind == ContentKind::Csv { "," } else { "\t" };
        let (code, _) = held(kind, &format!("{header}\n1{with}2\n")).unwrap();
        assert_eq!(code, "column-forbidden", "{header:?}");
    }
}
