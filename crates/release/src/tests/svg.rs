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

/// Each beside one that shows the same.
#[test]
fn svg_texts_are_seen() {
    const BAR: &str = "<rect x=\"10\" y=\"10\" width=\"100\" height=\"50\"";
    const TWO: &str = "<g xmlns:xlink=\"http://www.w3.org/1999/xlink\"><defs>\
         <text id=\"t\" x=\"10\" y=\"50\">n</text><rect id=\"e\" width=\"9\" height=\"9\"/></defs>";
    let on = |bar: &str| format!("{BAR} {bar}/><text x=\"20\" y=\"40\" fill=\"white\">n</text>");
    for (hides, hidden, shown) in [
        (
            "white on white",
            on("fill=\"#fffffe\""),
            on("fill=\"navy\""),
        ),
        ("white on a bar that is hardly there", on("fill-opacity=\"0.1\""), on("opacity=\"0.9\"")),
        ("white on a bar's outline", on("fill=\"none\" stroke=\"black\""), on("stroke=\"black\"")),
        (
            "a group as clear as glass",
            "<g opacity=\"0.1\"><g opacity=\"0.1\"><text x=\"20\" y=\"40\">n</text></g></g>".into(),
            "<g opacity=\"0.5\"><g opacity=\"0.9\"><text x=\"20\" y=\"40\">n</text></g></g>".into(),
        ),
        (
            "a style that beats the attribute",
            "<style>.a text { fill: none }</style><g class=\"a\"><text fill=\"red\" x=\"20\" y=\"40\">n</text></g>".into(),
            "<style>.a line { fill: none }</style><g class=\"a\"><text fill=\"red\" x=\"20\" y=\"40\">n</text></g>".into(),
        ),
        (
            "an id that beats the class",
            "<style>#i { fill: none } .a { fill: red }</style><text id=\"i\" class=\"a\" x=\"20\" y=\"40\">n</text>".into(),
            "<style>#i { fill: red } .a { fill: none }</style><text id=\"i\" class=\"a\" x=\"20\" y=\"40\">n</text>".into(),
        ),
        (
            "the shorthand's size",
            "<text style=\"font: 0.5px sans-serif\" x=\"20\" y=\"40\">n</text>".into(),
            "<text style=\"font: bold 9px 'DejaVu Sans'\" x=\"20\" y=\"40\">n</text>".into(),
        ),
        (
            "squashed flat",
            "<text transform=\"translate(20 40) scale(1 0.01)\">n</text>".into(),
            "<text transform=\"translate(20 40) rotate(-90)\">n</text>".into(),
        ),
        (
            "squeezed",
            "<text x=\"20\" y=\"40\" textLength=\"0.1\">n = 12</text>".into(),
            "<text x=\"20\" y=\"40\" textLength=\"30\">n = 12</text>".into(),
        ),
        (
            "letters over each other",
            "<text x=\"20\" y=\"40\" letter-spacing=\"-8\">n = 12</text>".into(),
            "<text x=\"20\" y=\"40\" letter-spacing=\"1\">n = 12</text>".into(),
        ),
        (
            "above the picture",
            "<text x=\"20\" y=\"-5\">n</text>".into(),
            "<text x=\"20\" y=\"12\">n</text>".into(),
        ),
        (
            "moved out by dx",
            "<text x=\"20\" y=\"40\" dx=\"300\">n</text>".into(),
            "<text x=\"20\" y=\"40\" dx=\"30\">n</text>".into(),
        ),
        (
            "one letter is outside",
            "<text x=\"20 30 900\" y=\"40\">abc</text>".into(),
            "<text x=\"20 30 90\" y=\"40\">abc</text>".into(),
        ),
        (
            "a part of it",
            "<text x=\"20\" y=\"40\">n<tspan fill=\"none\">4711</tspan></text>".into(),
            "<text x=\"20\" y=\"40\">n<tspan fill=\"red\">4711</tspan></text>".into(),
        ),
        (
            "far longer than the picture is wide",
            format!("<text x=\"20\" y=\"40\">{}</text>", "4711 ".repeat(100)),
            format!("<text x=\"20\" y=\"40\">{}</text>", "4711 ".repeat(8)),
        ),
        (
            "cut off",
            "<clipPath id=\"c\"><rect width=\"9\" height=\"9\"/></clipPath><g clip-path=\"url(#c)\"><text x=\"20\" y=\"40\">n</text></g>".into(),
            "<clipPath id=\"c\"><rect width=\"99\" height=\"99\"/></clipPath><g clip-path=\"url(#c)\"><text x=\"20\" y=\"40\">n</text></g>".into(),
        ),
        (
            "cut by a shape whose middle is open",
            "<clipPath id=\"c\"><path d=\"M0 0H99V9H9V99H0z\"/></clipPath><g clip-path=\"url(#c)\"><text x=\"20\" y=\"40\">n</text></g>".into(),
            "<clipPath id=\"c\"><path d=\"M0 0H99V99H0z\"/></clipPath><g clip-path=\"url(#c)\"><text x=\"20\" y=\"40\">n</text></g>".into(),
        ),
        (
            "masked",
            "<mask id=\"c\"><rect width=\"99\" height=\"99\"/></mask><g mask=\"url(#c)\"><text x=\"20\" y=\"40\">n</text></g>".into(),
            "<mask id=\"c\"><rect width=\"99\" height=\"99\"/></mask><g mask=\"none\"><text x=\"20\" y=\"40\">n</text></g>".into(),
        ),
        (
            "in a svg within",
            "<svg width=\"50\" height=\"50\"><text x=\"60\" y=\"40\">n</text></svg>".into(),
            "<svg width=\"90\" height=\"50\"><text x=\"60\" y=\"40\">n</text></svg>".into(),
        ),
        (
            "a label that Vega hides, of an uneven axis",
            "<g><text x=\"9\" y=\"40\">1</text><text x=\"20\" y=\"40\" opacity=\"0\">4711</text><text x=\"30\" y=\"40\">3</text></g>".into(),
            "<g><text x=\"9\" y=\"40\">1</text><text x=\"20\" y=\"40\" opacity=\"0\">2</text><text x=\"30\" y=\"40\">3</text></g>".into(),
        ),
        (
            "for readers of another language",
            "<text systemLanguage=\"xx\" x=\"20\" y=\"40\">n</text>".into(),
            "<text xml:lang=\"xx\" x=\"20\" y=\"40\">n</text>".into(),
        ),
        (
            "letters without width",
            "<text x=\"20\" y=\"40\">n&#x200b;&#x200b;</text>".into(),
            "<text x=\"20\" y=\"40\">n&#160;&#8722;&#x3b1;</text>".into(),
        ),
        (
            "white on a paint that isn't there",
            on("fill=\"url(#none)\""),
            on("fill=\"#123\""),
        ),
        (
            "white on a white gradient",
            format!("<linearGradient id=\"w\"><stop stop-color=\"#fff\"/></linearGradient>{}", on("fill=\"url(#w)\"")),
            format!("<linearGradient id=\"w\"><stop stop-color=\"#fff\"/></linearGradient>{BAR} fill=\"url(#w)\"/><text x=\"20\" y=\"80\">n</text>"),
        ),
        (
            "of two targets, one is followed",
            format!("{TWO}<use xlink:href=\"#t\" href=\"#e\"/></g>"),
            format!("{TWO}<use xlink:href=\"#t\"/><use href=\"#e\"/></g>"),
        ),
        (
            "of two pictures, one is followed",
            format!("{TWO}<use href=\"#t\"/><image xlink:href=\"x\" href=\"y\"/></g>"),
            format!("{TWO}<use href=\"#t\"/><use href=\"#e\"/></g>"),
        ),
        (
            "letters moved out by dx and back again",
            "<text x=\"20\" y=\"40\" dx=\"0 9000 0 -9000\">abcd</text>".into(),
            "<text x=\"20\" y=\"40\" dx=\"0 9 0 -9\">abcd</text>".into(),
        ),
        (
            "letters moved out by dy and back again",
            "<text x=\"20\" y=\"40\" dy=\"0 -9000 9000\">abcd</text>".into(),
            "<text x=\"20\" y=\"40\" dy=\"0 -9 9\">abcd</text>".into(),
        ),
        (
            "letters of a part moved out by the whole's list",
            "<text x=\"20 9000\" y=\"40\"><tspan>ab</tspan></text>".into(),
            "<text y=\"40\"><tspan x=\"20 90\">ab</tspan></text>".into(),
        ),
        (
            "more letters than places",
            format!("<text x=\"20 30\" y=\"40\">{}</text>", "4711 ".repeat(100)),
            "<text x=\"20 30\" y=\"40\">4711 4711</text>".into(),
        ),
        (
            "letters spaced out of the picture",
            "<text x=\"20\" y=\"40\" letter-spacing=\"9000\">ab</text>".into(),
            "<text x=\"20\" y=\"40\" letter-spacing=\"9\">ab</text>".into(),
        ),
        (
            "letters spaced out little by little",
            format!("<text x=\"20\" y=\"40\" letter-spacing=\"30\">{}</text>", "a".repeat(9)),
            format!("<text x=\"20\" y=\"40\" letter-spacing=\"3\">{}</text>", "a".repeat(9)),
        ),
        (
            "spacing that a smaller font inherits",
            "<g letter-spacing=\"30\"><text font-size=\"3\" x=\"20\" y=\"40\">ab</text></g>".into(),
            "<g letter-spacing=\"30\"><text x=\"20\" y=\"40\">ab</text></g>".into(),
        ),
        (
            "words spaced out of the picture",
            "<text x=\"20\" y=\"40\" style=\"word-spacing: 9000px\">a b</text>".into(),
            "<text x=\"20\" y=\"40\" style=\"word-spacing: 9px\">a b</text>".into(),
        ),
        (
            "stretched out of the picture",
            "<text x=\"20\" y=\"40\" textLength=\"9000\">ab</text>".into(),
            "<text x=\"20\" y=\"40\" textLength=\"90\">ab</text>".into(),
        ),
        (
            "an outline over the letters",
            "<text x=\"20\" y=\"40\" stroke=\"#fff\" stroke-width=\"99\">ab</text>".into(),
            "<text x=\"20\" y=\"40\" stroke=\"#fff\" stroke-width=\"5\" paint-order=\"stroke\">ab</text>".into(),
        ),
        (
            "a blot",
            "<text x=\"20\" y=\"40\" stroke=\"#000\" stroke-width=\"99\">ab</text>".into(),
            "<text x=\"20\" y=\"40\" stroke=\"#000\" stroke-width=\"0.5\">ab</text>".into(),
        ),
        (
            "white around a path of one segment",
            "<path d=\"M10 10L110 60\"/><text x=\"20\" y=\"40\" fill=\"white\">n</text>".into(),
            "<path d=\"M10 10H110V60H10z\"/><text x=\"20\" y=\"40\" fill=\"white\">n</text>".into(),
        ),
        (
            "white around a line",
            "<line x1=\"10\" y1=\"10\" x2=\"110\" y2=\"60\"/><text x=\"20\" y=\"40\" fill=\"white\">n</text>".into(),
            "<line x1=\"10\" y1=\"10\" x2=\"110\" y2=\"60\" stroke=\"red\"/><text x=\"20\" y=\"40\">n</text>".into(),
        ),
        (
            "white on a dark bar that is cut away",
            format!("<clipPath id=\"c\"><rect width=\"15\" height=\"15\"/></clipPath>{}", on("clip-path=\"url(#c)\"")),
            format!("<clipPath id=\"c\"><rect width=\"150\" height=\"95\"/></clipPath>{}", on("clip-path=\"url(#c)\"")),
        ),
        (
            "in a dark shape that isn't a rectangle",
            "<circle cx=\"30\" cy=\"40\" r=\"30\"/><text x=\"20\" y=\"40\">n</text>".into(),
            "<circle cx=\"30\" cy=\"40\" r=\"30\" fill=\"#ddd\"/><text x=\"20\" y=\"40\">n</text>".into(),
        ),
        (
            "more marks than letters have",
            format!("<text x=\"20\" y=\"40\">n{}</text>", "&#x301;".repeat(9)),
            "<text x=\"20\" y=\"40\">n&#x301;&#x302;</text>".into(),
        ),
        (
            "where no text is shown",
            "<g>4711</g>".into(),
            "<g>  \n </g>".into(),
        ),
    ] {
        assert_eq!(judged(&hidden), "hidden-content", "{hides}");
        assert_eq!(judged(&shown), "ok", "{hides}, shown");
    }
    let root = drawn("<text x=\"20\" y=\"40\">n</text>").replacen("<svg", "<svg opacity=\"0\"", 1);
    assert_eq!(code(ContentKind::Svg, root), "hidden-content", "the root is as clear as glass");
}

#[test]
fn svg_points_are_seen_and_counted() {
    let path = |from: usize, to: usize| {
        let points: String = (from..to).map(|x| format!("L {x} {} ", x % 50)).collect();
        format!("<path fill=\"none\" stroke=\"red\" d=\"M 0 0 {points}\"/>")
    };
    let uses = |from: usize, to: usize| -> String {
        (from..to).map(|x| format!("<use href=\"#m\" x=\"{x}\" y=\"9\"/>")).collect()
    };
    for (hides, hidden, shown) in [
        ("right of the picture", path(100, 300), path(100, 200)),
        (
            "markers right of it",
            format!("{MARKER}{}", uses(100, 300)),
            format!("{MARKER}{}", uses(100, 200)),
        ),
        (
            "without colour",
            path(0, 100).replace("\"red\"", "\"none\""),
            path(0, 100).replace("\"red\"", "\"currentColor\""),
        ),
        ("without width", path(0, 100).replace("<path", "<path stroke-width=\"0\""), path(0, 100)),
        ("never drawn", format!("<defs>{}</defs>", path(0, 100)), path(0, 100)),
        ("not displayed", path(0, 100).replace("<path", "<path display=\"none\""), path(0, 100)),
        (
            "cut off",
            format!(
                "<clipPath id=\"c\"><rect width=\"9\" height=\"9\"/></clipPath><g clip-path=\"url(#c)\">{}</g>",
                path(0, 100)
            ),
            format!(
                "<clipPath id=\"c\"><rect width=\"99\" height=\"99\"/></clipPath><g clip-path=\"url(#c)\">{}</g>",
                path(0, 100)
            ),
        ),
        (
            "where nothing uses them",
            "<g points=\"1 2 3 4 5 6\"/>".into(),
            "<polygon points=\"1 2 3 4 5 6\"/>".into(),
        ),
        (
            "more digits than anybody draws",
            format!("<path d=\"M 0 0 L 1.{} 1\"/>", "4711".repeat(20)),
            "<path d=\"M 0 0 L 1.471147114711 1\"/>".into(),
        ),
        (
            "words as a colour",
            format!("<path font-family=\"{}\" d=\"M 0 0 L 1 1\"/>", "patient 4711 ".repeat(2000)),
            path(0, 9),
        ),
        ("an attribute that nobody knows", "<g x7=\"a\"/>".into(), "<g data-x7=\"a\"/>".into()),
        (
            "a property that nobody knows",
            "<g style=\"x7: a\"/>".into(),
            "<g style=\"opacity: 1\"/>".into(),
        ),
        (
            "two of one name",
            format!("{MARKER}{MARKER}<use href=\"#m\"/>"),
            format!("{MARKER}<use href=\"#m\"/>"),
        ),
    ] {
        assert_eq!(judged(&hidden), "hidden-content", "{hides}");
        assert_eq!(judged(&shown), "ok", "{hides}, shown");
    }
    let few = Output { max_points: Some(100), ..rule(ContentKind::Svg) };
    let found = |inner: &str| check_as(&few, drawn(inner).as_bytes()).map_err(|hold| hold.code);
    assert_eq!(found(&path(0, 99)), Ok(()));
    assert_eq!(found(&path(0, 100)), Err(HoldCode::TooManyPoints));
    assert_eq!(found(&format!("{MARKER}{}", uses(0, 97))), Ok(()));
    assert_eq!(found(&format!("{MARKER}{}", uses(0, 98))), Err(HoldCode::TooManyPoints));
}

#[test]
fn svg_paths_and_values_are_whole() {
    for bad in [
        "<path d=\"L 1 1\"/>",
        "<path d=\"M 0 0 L 1 1 words\"/>",
        "<polyline points=\"1 1 2 2 words\"/>",
        "<polyline points=\"1 1 2\"/>",
        "<g transform=\"words\"/>",
        "<rect width=\"words\" height=\"1\"/>",
        "<rect fill=\"words\" width=\"1\" height=\"1\"/>",
        "<g opacity=\"words\"/>",
        "<text x=\"words\" y=\"9\">n</text>",
        "<style>.a{fill:red</style>",
        "<g color=\"Canvas\"/>",
        "<text x=\"9\" y=\"20\" color=\"Canvas\" fill=\"currentColor\">n</text>",
        "<g style=\"words\"/>",
        "<g style=\"font-family:'a;b'\"/>",
        "<g id=\"a\" id=\"b\"/>",
        "<text x=\"9\" y=\"20\">&nbsp;</text>",
        "<g a=\"b\" c=\"&unknown;\"/>",
        "<title><title/></title>",
        "<![CDATA[<script>]]>",
        "<text x=\"9\" y=\"20\"><![CDATA[<script>]]></text>",
    ] {
        assert_ne!(judged(bad), "ok", "{bad}");
    }
    let (open, close) = ("<svg xmlns=\"http://www.w3.org/2000/svg\"", "</svg>");
    for (hides, size) in [
        ("no size", ""),
        ("hardly a pixel", " width=\"1\" height=\"1\" viewBox=\"0 0 900 900\""),
        ("a part of it", " viewBox=\"0 0 90 90\" preserveAspectRatio=\"xMidYMid slice\""),
    ] {
        assert_ne!(code(ContentKind::Svg, format!("{open}{size}>{close}")), "ok", "{hides}");
    }
    assert_eq!(code(ContentKind::Svg, format!("{open} viewBox=\"0 0 90 90\">{close}")), "ok");
    assert_eq!(
        code(ContentKind::Svg, "<svg viewBox=\"0 0 90 90\"></svg>"),
        "not-svg",
        "no name space"
    );
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

/// None of these may take long, or overflow the stack.
#[test]
fn svg_bombs_are_held() {
    let fan: String = (1..9)
        .map(|n| {
            let before = n - 1;
            format!("<g id=\"a{n}\">{}</g>", format!("<use href=\"#a{before}\"/>").repeat(10))
        })
        .collect();
    for (bomb, inner, wanted) in [
        ("uses of uses", format!("<g id=\"a0\"/>{fan}"), "hidden-content"),
        ("a use of itself", "<g id=\"a\"><use href=\"#a\"/></g>".into(), "hidden-content"),
        ("a million tags deep", "<g>".repeat(500_000) + &"</g>".repeat(500_000), "not-svg"),
        ("a value of a megabyte", format!("<g id=\"{}\"/>", "a".repeat(1 << 20)), "hidden-content"),
        ("a name of a megabyte", format!("<{}/>", "a".repeat(1 << 20)), "active-content"),
        (
            "attributes without end",
            format!("<g {}/>", (0..100_000).map(|n| format!("a{n}=\"\" ")).collect::<String>()),
            "not-svg",
        ),
        ("elements without end", "<g/>".repeat(1 << 20), "too-large"),
        (
            "transforms without end",
            format!("<g transform=\"{}\"/>", "scale(2)".repeat(100_000)),
            "ok",
        ),
        (
            "one long path, drawn often",
            format!(
                "<path id=\"m\" d=\"M 0 0{}\"/>{}",
                "L 1 1L 2 2".repeat(50_000),
                "<use href=\"#m\"/>".repeat(50_000)
            ),
            "too-many-points",
        ),
        ("rules without end", format!("<style>{}</style>", ".a{fill:red}".repeat(1000)), "not-svg"),
    ] {
        assert_eq!(judged(&inner), wanted, "{bomb}");
    }
}

/// A small file multiplies two of its numbers; one budget bounds them all.
#[test]
fn svg_products_are_held() {
    const NAMES: [&str; 20] = [
        "clip-path",
        "clip-rule",
        "color",
        "shape-rendering",
        "display",
        "fill",
        "fill-rule",
        "filter",
        "font-style",
        "isolation",
        "pointer-events",
        "overflow",
        "stroke",
        "stroke-linecap",
        "text-anchor",
        "visibility",
        "white-space",
        "marker-end",
        "marker-mid",
        "font-weight",
    ];
    let every = |times| NAMES.map(|name| format!("{name}:inherit;").repeat(times)).concat();
    for (bomb, inner, wanted) in [
        (
            "rules of many declarations",
            format!("<style>{}</style>", format!(".a{{{}}}", every(1)).repeat(60)),
            "not-svg",
        ),
        (
            "one declaration, again and again",
            format!(
                "<style>.a{{{}}}</style>{}",
                "fill:red;".repeat(10_000),
                "<g class=\"a\"/>".repeat(4000)
            ),
            "ok",
        ),
        (
            "a long value for each element",
            format!(
                "<style>g{{font-family:{}}}</style>{}",
                "a".repeat(100_000),
                "<g/>".repeat(4000)
            ),
            "too-many-points",
        ),
        (
            "classes of a rule, times those of an element, times elements",
            format!(
                "<style>{}{{fill:red}}</style><g id=\"g\" class=\"{}\"/>{}",
                ".z".repeat(5000),
                "z ".repeat(5000),
                "<use href=\"#g\"/>".repeat(1000)
            ),
            "too-many-points",
        ),
        (
            "rules times classes of those above",
            format!(
                "<style>{}</style>{}{}{}",
                ".z g{fill:red}".repeat(60),
                format!("<g class=\"{}\">", "a ".repeat(8000)).repeat(20),
                "<g/>".repeat(4000),
                "</g>".repeat(20)
            ),
            "too-many-points",
        ),
        (
            "a long style attribute, drawn often",
            format!("<g id=\"g\" style=\"{}\"/>{}", every(1000), "<use href=\"#g\"/>".repeat(4000)),
            "too-many-points",
        ),
        (
            "a long transform, drawn often",
            format!(
                "<g id=\"g\" transform=\"{}\"/>{}",
                "scale(1)".repeat(50_000),
                "<use href=\"#g\"/>".repeat(4000)
            ),
            "too-many-points",
        ),
        (
            "titles, passed by often",
            format!(
                "<g id=\"g\">{}</g>{}",
                "<title/>".repeat(20_000),
                "<use href=\"#g\"/>".repeat(4000)
            ),
            "too-many-points",
        ),
        (
            "parts of a clip, for each element",
            format!(
                "<clipPath id=\"c\">{}</clipPath>{}",
                "<rect width=\"99\" height=\"99\"/>".repeat(4000),
                "<g clip-path=\"url(#c)\"/>".repeat(4000)
            ),
            "too-many-points",
        ),
        (
            "a long text, drawn often",
            format!(
                "<text id=\"t\" x=\"9\" y=\"9\"> {}</text>{}",
                "<tspan/>".repeat(20_000),
                "<use href=\"#t\"/>".repeat(4000)
            ),
            "too-many-points",
        ),
        (
            "places for each piece of a text",
            format!(
                "<text x=\"{}\" y=\"50\">{}</text>",
                "9 ".repeat(20_000),
                "a<title/>".repeat(20_000)
            ),
            "too-many-points",
        ),
    ] {
        assert_eq!(judged(&inner), wanted, "{bomb}");
    }
}

#[test]
fn svg_holds_name_element_place_and_remedy() {
    for (inner, said) in [
        (
            "\n<text id=\"t\" x=\"9\" y=\"-50\">n</text>",
            "line 3: the element `text` `t`: the text `n` is outside of the picture, or cut off; show it, or leave it out",
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
