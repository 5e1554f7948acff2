//! Texts that somebody sees, and such that nobody does.

use super::*;

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
