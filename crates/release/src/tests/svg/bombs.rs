//! Small drawings that would take long.

use super::*;

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
            "hidden-content",
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
        (
            "a text of blanks, drawn often",
            format!(
                "<text id=\"t\">{}</text>{}",
                " ".repeat(1 << 18),
                "<use href=\"#t\"/>".repeat(1000)
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
    let every = NAMES.map(|name| format!("{name}:inherit;")).concat();
    for (bomb, inner, wanted) in [
        (
            "rules of many declarations",
            format!("<style>{}</style>", format!(".a{{{every}}}").repeat(60)),
            "not-svg",
        ),
        (
            "one declaration, again and again",
            format!(
                "<style>.a{{{}}}</style>{}",
                "fill:red;".repeat(10_000),
                "<circle class=\"a\" cx=\"9\" cy=\"9\" r=\"1\"/>".repeat(4000)
            ),
            "hidden-content",
        ),
        (
            "a long value for each element",
            format!(
                "<style>g{{font-family:{}}}</style>{}",
                "a".repeat(16_000),
                "<g/>".repeat(9000)
            ),
            "too-many-points",
        ),
        (
            "classes of a rule, times those of an element, times elements",
            format!(
                "<style>{}{{fill:red}}</style><g id=\"g\" class=\"{}\"/>{}",
                ".z".repeat(3900),
                "z ".repeat(3900),
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
            format!(
                "<g id=\"g\" style=\"font-family:{}\"/>{}",
                "a".repeat(16_000),
                "<use href=\"#g\"/>".repeat(5000)
            ),
            "too-many-points",
        ),
        (
            "a long transform, drawn often",
            format!(
                "<g id=\"g\" transform=\"{}\"/>{}",
                "scale(1)".repeat(2000),
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
