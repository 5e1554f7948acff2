//! Content that draws nothing, beside a twin that draws.

use super::{Part, made, verdict};

#[test]
fn content_draws_something() {
    for (hides, idle, drawn) in [
        ("paths that nothing paints", "1 2 m 3 4 l n ", "1 2 m 3 4 l S "),
        ("rectangles that nothing paints", "1 2 3 4 re n ", "1 2 3 4 re f "),
        ("rectangles without size", "1 2 0 0 re f ", "1 2 0 4 re f "),
        ("glyphs that are none", "4 7 d0 ", "1 1 m 2 2 l S "),
        ("pairs around nothing", "q Q ", "q 1 1 m 2 2 l S Q "),
        ("places without lines", "1 2 m 3 4 m S ", "1 2 m 3 4 l S "),
        ("clips without drawing", "1 2 3 4 re W n ", "q 1 2 3 4 re W n 1 1 m 2 2 l S Q "),
        ("widths set anew", "1 w 2 w ", "1 w 1 1 m 2 2 l S "),
        ("colours set anew", "1 0 0 rg 0.5 g ", "1 0 0 rg 1 2 3 4 re f "),
        ("states taken back", "q 1 0 0 1 5 5 cm Q ", "q 1 0 0 1 5 5 cm 1 2 3 4 re f Q "),
        ("texts of nothing", "BT /F1 9 Tf 4 7 Td () Tj ET ", "BT /F1 9 Tf 4 7 Td (a) Tj ET "),
        (
            "moves between letters",
            "BT /F1 9 Tf 9 9 Td [1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 (a)] TJ ET ",
            "BT /F1 9 Tf 9 9 Td [1 (a) 6] TJ ET ",
        ),
        ("marks around nothing", "/Span BMC EMC ", "/Span BMC 1 2 3 4 re f EMC "),
        (
            "long dashes",
            "[1 2 3 4 5 6 7 8 9 1 2 3 4 5 6 7 8 9 1 2 3 4 5 6 7 8 9 1 2 3 4 5 6 7 8 9 1 2 3 4 5 6 7 8 9] 0 d 1 1 m 2 2 l S ",
            "[1 2] 0 d 1 1 m 2 2 l S ",
        ),
    ] {
        let often = |one: &str, times| made(Part::Content, &one.repeat(times));
        assert_eq!(verdict(&often(idle, 20)).0, "ok", "{hides}, a few");
        assert_eq!(verdict(&often(drawn, 5000)).0, "ok", "{hides}, drawn");
        let (code, message) = verdict(&often(idle, 5000));
        assert_eq!(code, "hidden-content", "{hides}");
        assert!(message.contains("draw nothing"), "{message}");
    }
}

/// One line is no excuse for places without, in the same path.
#[test]
fn each_part_of_a_path_draws() {
    for (hides, idle, drawn) in [
        ("places", "47 11 m ", "47 11 m 12 9 l "),
        ("rectangles without size", "47 11 0 0 re ", "47 11 0 4 re "),
    ] {
        let path =
            |one: &str, times| made(Part::Content, &format!("{}1 1 m 9 9 l S", one.repeat(times)));
        assert_eq!(verdict(&path(idle, 20)).0, "ok", "{hides}, a few");
        assert_eq!(verdict(&path(drawn, 5000)).0, "ok", "{hides}, drawn");
        assert_eq!(verdict(&path(idle, 5000)).0, "hidden-content", "{hides}");
    }
}

/// A form that draws nothing may be drawn as often as it says something.
#[test]
fn forms_draw_something() {
    for (content, wanted) in
        [("1 w", "hidden-content"), ("BT () Tj ET", "hidden-content"), ("1 1 m 9 9 l S", "ok")]
    {
        assert_eq!(drawn(content, &"/X1 Do ".repeat(5000)), wanted, "{content}");
        assert_eq!(drawn(content, &"/X1 Do ".repeat(20)), "ok", "{content}, a few");
    }
}

/// What draws once is no excuse for what doesn't, however often it is drawn.
#[test]
fn forms_count_once() {
    let form = "BT /F1 9 Tf 1 1 Td (a) Tj ET";
    let page = |idle: usize| format!("{}{}", "/X1 Do ".repeat(2000), "1 w ".repeat(idle));
    assert_eq!(drawn(form, &page(1000)), "ok");
    assert_eq!(drawn(form, &page(20_000)), "hidden-content");
}

/// What a page is judged to be that draws a form, `X1`.
fn drawn(form: &str, content: &str) -> &'static str {
    let form = format!("<< /Type /XObject /Subtype /Form /BBox [0 0 9 9] >>~{form}");
    let page =
        String::from_utf8(made(Part::Resources, &format!("/XObject << /X1 6 0 R >>|{form}")));
    let objects = super::made::objects(&page.unwrap());
    let mut objects: Vec<Vec<u8>> = objects.to_vec();
    objects[3] =
        format!("<< /Length {} >>\nstream\n{content}\nendstream", content.len()).into_bytes();
    let form = String::from_utf8(objects[5].clone()).unwrap();
    objects[5] = form.replace("/BBox", "/Resources << /Font << /F1 5 0 R >> >> /BBox").into_bytes();
    verdict(&super::made::bytes(&objects)).0
}
