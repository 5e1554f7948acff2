use sluice_policy::entry::{ContentKind, Output};

use super::{check_as, code, rule};

#[test]
fn markdown_shows_what_it_says() {
    for (hostile, wanted, twin) in [
        ("a <!-- 4711 -->\n", "hidden-content", "a - 4711\n"),
        ("<?x 4711?>\n", "hidden-content", "< ?\n"),
        ("<script>f()</script>\n", "active-content", "a < b\n"),
        // CommonMark takes nothing but letters for a tag's name.
        ("n<b\n", "active-content", "n <10, n<=9, n<\u{e9}, a< b, x<-1, <3, <<, a <\n"),
        ("<http://example.org>\n", "active-content", "<-- <. <_ <* <\n"),
        ("a</b>\n", "active-content", "1 </ 2".trim_end_matches("/ 2")),
        ("`Vec<T>`\n", "active-content", "`Vec&lt;T>`\n"),
        ("![](http://example.org/4711.png)\n", "active-content", "! [a]\n"),
        ("[here](http://example.org/4711)\n", "hidden-content", "http://example.org/4711 (here)\n"),
        ("text\n  [a 4711]: http://example.org\n", "hidden-content", "text [a 4711] example\n"),
        ("> [a]: x\n", "hidden-content", "> a: x\n"),
        ("- [a]: /4711\n", "hidden-content", "- [a] : /4711\n"),
        ("[\na\n]: /4711 \"x\"\n", "hidden-content", "[\na\n] /4711\n"),
        ("```x patient 4711\n```\n", "hidden-content", "```x\npatient 4711\n```\n"),
        ("1. ```patient-4711-and-more\n", "hidden-content", "1. ```python\n"),
        ("> ~~~ x patient 4711\n", "hidden-content", "> ~~~ x\n"),
    ] {
        assert_eq!(code(ContentKind::Md, hostile), wanted, "{hostile:?}");
        assert_eq!(code(ContentKind::Md, twin), "ok", "{twin:?}");
        assert_eq!(code(ContentKind::Text, hostile), "ok", "{hostile:?}");
    }
}

#[test]
fn lines_are_bounded() {
    let check = |kind, length: usize| {
        let content = format!("{}\n", "a".repeat(length));
        check_as(&Output { max_bytes: 1 << 20, ..rule(kind) }, content.as_bytes())
    };
    for kind in [ContentKind::Text, ContentKind::Md, ContentKind::Yaml, ContentKind::Log] {
        assert!(check(kind, 64 << 10).is_ok(), "{kind:?}");
        let message = check(kind, (64 << 10) + 1).expect_err("too long").message;
        assert!(message.starts_with("line 1 has over 65,536 bytes"), "{message}");
    }
}
