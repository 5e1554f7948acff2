//! Points and numbers: those that are seen, and how many there are.

use super::*;

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

/// Each many times over, beside a twin that draws something.
#[test]
fn svg_numbers_draw_something() {
    let often = |one: &str| -> String {
        (0..100).map(|n| one.replace('@', &format!("{}", n % 50))).collect()
    };
    let dashes = "1.5 ".repeat(17);
    for (hides, hidden, shown) in [
        (
            "groups that are moved, and empty",
            "<g transform=\"translate(@ 1)\"/>",
            "<g transform=\"translate(@ 1)\"><path d=\"M1 1h3v3z\"/></g>",
        ),
        (
            "empty groups with a width",
            "<g stroke-width=\"@\"/>",
            "<g id=\"a\"><path d=\"M1 1h3v3z\"/></g>",
        ),
        ("groups in groups, all empty", "<g><g stroke-width=\"@\"/></g>", ""),
        (
            "paths of nothing, moved",
            "<path transform=\"translate(@ 1)\"/>",
            "<path d=\"M1 1h3v3z\"/>",
        ),
        (
            "circles without size",
            "<circle cx=\"@\" cy=\"9\" r=\"0\"/>",
            "<circle cx=\"@\" cy=\"9\" r=\"1\"/>",
        ),
        (
            "ellipses without height",
            "<ellipse cx=\"@\" cy=\"9\" rx=\"1\" ry=\"0\"/>",
            "<ellipse cx=\"@\" cy=\"9\" rx=\"1\" ry=\"1\"/>",
        ),
        (
            "rectangles without size",
            "<rect x=\"@\" y=\"9\"/>",
            "<rect x=\"@\" y=\"9\" width=\"4\" height=\"0\"/>",
        ),
        ("texts without letters", "<text x=\"@\" y=\"9\"/>", "<text x=\"@\" y=\"9\">n</text>"),
        (
            "clips that cut nothing",
            "<clipPath id=\"c\"><g transform=\"translate(@ 1)\"/></clipPath>",
            "",
        ),
        ("gradients that paint nothing", "<linearGradient x1=\"@\"/>", ""),
        ("filters that nothing uses", "<filter x=\"@\"><feOffset dx=\"@\"/></filter>", ""),
    ] {
        assert_eq!(judged(&often(hidden)), "hidden-content", "{hides}");
        assert_eq!(judged(&often(shown)), "ok", "{hides}, shown");
        let few = Output { max_points: Some(20), max_bytes: 1 << 20, ..rule(ContentKind::Svg) };
        let found = check_as(&few, drawn(&often(hidden)).as_bytes()).map_err(|hold| hold.code);
        assert_eq!(found, Err(HoldCode::TooManyPoints), "{hides}");
    }
    let lists = |list: &str| -> String {
        (0..300).map(|n| format!("<path stroke-dasharray=\"{list}{n}\" d=\"M1 1h9\"/>")).collect()
    };
    let sheets = |family: &str| format!("<style>.a{{font-family:{family}}}</style>");
    for (hides, hidden, shown) in [
        ("lists of dashes", lists(&dashes), lists("1.5 ")),
        (
            "a style sheet's words",
            sheets(&"patient 4711 ".repeat(2000)),
            sheets("Arial, sans-serif"),
        ),
        (
            "places for letters that aren't there",
            "<text x=\"9 20 30\" y=\"40\">ab</text>".into(),
            "<text x=\"9 20 30\" y=\"40\">abc</text>".into(),
        ),
        (
            "a long list of moves",
            format!(
                "<path transform=\"{}\" d=\"M1 1h9\"/>",
                "translate(1 2) translate(-1 -2)".repeat(900)
            ),
            "<path transform=\"translate(1 2) rotate(9)\" d=\"M1 1h9\"/>".into(),
        ),
    ] {
        assert_eq!(judged(&hidden), "hidden-content", "{hides}");
        assert_eq!(judged(&shown), "ok", "{hides}, shown");
    }
}
