mod bombs;
mod points;
mod texts;

use base64ct::{Base64, Encoding};
use sluice_policy::entry::{ContentKind, Output};

use super::png::{idat, png_with};
use super::{HoldCode, check_as, code, message, rule};

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
 <use xlink:href="#m" x="1" transform="translate(1 2) scale(0.1 -0.1)"/><text x="9" y="20" fill="black">a &lt; b &#38; c</text></g>
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
    let held =
        |content: &str| check_as(&long, content.as_bytes()).err().map(|hold| hold.code.word());
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
    let class =
        format!("{}</svg>", "<circle class=\"point\" cx=\"9\" cy=\"9\" r=\"1\"/>".repeat(5000));
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
    assert_eq!(found, "line 3: the element `secret` isn't one that only draws");
}

const MARKER: &str = "<path id=\"m\" d=\"M 0 0 L 3 0 L 3 3 z\"/>";

/// In a drawing of 200 by 100 pixels.
fn drawn(inner: &str) -> String {
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"200\" height=\"100\" \
         viewBox=\"0 0 200 100\">\n{inner}\n</svg>"
    )
}

fn judged(inner: &str) -> &'static str {
    let wide = Output { max_bytes: 1 << 22, ..rule(ContentKind::Svg) };
    check_as(&wide, drawn(inner).as_bytes()).map_or_else(|hold| hold.code.word(), |()| "ok")
}

#[test]
fn svg_metadata_is_of_matplotlib_alone() {
    let work = |inner: &str| {
        let names = "xmlns:dc=\"http://purl.org/dc/elements/1.1/\" \
             xmlns:cc=\"http://creativecommons.org/ns#\" \
             xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\"";
        drawn(&format!(
            "<metadata><rdf:RDF {names}><cc:Work>{inner}</cc:Work></rdf:RDF></metadata>"
        ))
    };
    const CREATOR: &str = "<dc:creator><cc:Agent><dc:title>Matplotlib v3.11.2, https://matplotlib.org/</dc:title></cc:Agent></dc:creator>";
    for good in [
        CREATOR,
        "<dc:date>2026-01-01T00:00:00.123456+00:00</dc:date><dc:format>image/svg+xml</dc:format>",
    ] {
        assert_eq!(code(ContentKind::Svg, work(good)), "ok", "{good}");
    }
    for bad in [
        "<dc:title>4711</dc:title>",
        "<dc:date>patient</dc:date>",
        "<dc:format>patient</dc:format>",
        "<dc:creator>patient</dc:creator>",
        "<dc:type>patient</dc:type>",
        "<dc:type rdf:resource=\"patient\"/>",
        &CREATOR.replace("3.11.2", "3 patient"),
        "words",
    ] {
        let hold = check_as(&rule(ContentKind::Svg), work(bad).as_bytes()).unwrap_err();
        assert_eq!(hold.code, HoldCode::HiddenContent, "{bad}");
        assert!(hold.message.contains("metadata={\"Date\": None, \"Creator\": None}"), "{bad}");
    }
}

#[test]
fn svg_holds_name_element_place_and_remedy() {
    for (inner, said) in [
        (
            "\n<text id=\"t\" x=\"9\" y=\"-50\">n</text>",
            "line 3: the element `text` `t`: the text `n` is outside of the picture; show it, or leave it out",
        ),
        (
            "\n<text x=\"190\" y=\"50\">Hospital</text>",
            "line 3: the element `text`: the text `Hospital` is a label that is cut off at the edge (Matplotlib: write `bbox_inches=\"tight\"`); show it, or leave it out",
        ),
        ("<a href=\"#x\"/>", "line 2: it has a link, `a`; leave `url`, `href` and `URL` out"),
        (
            "<g onclick=\"x\"/>",
            "line 2: the attribute `onclick` of `g`: it runs a script; leave it out",
        ),
        (
            "<g fill=\"expression(x)\"/>",
            "line 2: the attribute `fill` of `g`: it calls `expression`, which isn't a function of drawings",
        ),
    ] {
        assert_eq!(message(ContentKind::Svg, &drawn(inner)), said);
    }
}

#[test]
fn svg_pictures_are_in_sight() {
    let photo = include_bytes!("../../../../tests/rules.d/real/R/bars.jpg");
    let image = |bytes: &[u8], kind: &str, size: &str| {
        let data = Base64::encode_string(bytes);
        format!("<image {size} href=\"data:image/{kind};base64,{data}\"/>")
    };
    const SIZE: &str = "width=\"90\" height=\"90\"";
    assert_eq!(judged(&image(photo, "jpeg", SIZE)), "ok");
    for (hides, inner, wanted) in [
        (
            "a text behind it",
            image(&[photo, &b"4711"[..]].concat(), "jpeg", SIZE),
            "active-content",
        ),
        ("another kind", image(photo, "png", SIZE), "active-content"),
        ("small", image(photo, "jpeg", "width=\"1\" height=\"1\""), "hidden-content"),
        ("outside", image(photo, "jpeg", &format!("{SIZE} x=\"300\"")), "hidden-content"),
        ("faint", image(photo, "jpeg", &format!("{SIZE} opacity=\"0.01\"")), "hidden-content"),
        ("never drawn", format!("<defs>{}</defs>", image(photo, "jpeg", SIZE)), "hidden-content"),
    ] {
        assert_eq!(judged(&inner), wanted, "{hides}");
    }
}
