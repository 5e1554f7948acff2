use super::*;
use crate::hidden::Watch;

const TEXTS: [ContentKind; 4] =
    [ContentKind::Text, ContentKind::Md, ContentKind::Yaml, ContentKind::Log];

#[test]
fn text_that_shows_all_that_it_holds_passes() {
    for (what, text) in [
        ("nothing", ""),
        ("tabs", "a\tb\n"),
        ("lines of Windows", "a\r\nb\r\n"),
        ("no line end at the end", "grüße"),
        ("Excel's mark of UTF-8", "\u{feff}a\n"),
        ("the mark alone", "\u{feff}"),
        ("a decomposed letter", "gru\u{308}ße\n"),
        ("Vietnamese, decomposed", "Vie\u{323}\u{302}t\n"),
        ("Arabic with vowels", "مُحَمَّد\n"),
        ("Hindi", "हिन्दी\n"),
        ("Chinese", "统计，结果。\n"),
        ("emoji of one character", "done 🎉\n"),
        ("mathematics", "σ² ≤ 1.96 × √n ± ½ µm\n"),
        ("boxes, as of tree", "├── a\n└── b\n"),
    ] {
        for kind in TEXTS {
            assert_eq!(code(kind, text), "ok", "{what}");
        }
    }
}

#[test]
fn what_does_not_show_is_held_by_name_and_place() {
    for (hidden, text, place, named) in [
        ("a progress bar", "a\n10%\r20%\n", "line 2, column 4", "progress bar"),
        ("a bare CR at the end", "a\r", "line 1, column 2", "carriage return"),
        ("colours", "ok \x1b[32mgreen", "line 1, column 4", "NO_COLOR"),
        ("colours in C1", "\u{9b}32mgreen", "line 1, column 1", "NO_COLOR"),
        ("R's page break", "a\x0cb", "line 1, column 2", "form feed"),
        ("what was written over", "abc\x08", "line 1, column 4", "backspace"),
        ("a bell", "a\nb\n\x07", "line 3, column 1", "U+0007 (a control character)"),
        ("binary data", "a\0", "line 1, column 2", "NUL"),
        ("a reversed name", "grüße \u{202e}b", "line 1, column 7", "U+202E (a bidirectional"),
        ("an isolate", "\u{2066}b", "line 1, column 1", "bidirectional"),
        ("a second mark", "\u{feff}\u{feff}a", "line 1, column 1", "byte order mark"),
        ("a mark inside", "a\n\u{feff}b", "line 2, column 1", "very start"),
        ("bits of no width", "a\u{200b}\u{200d}b", "line 1, column 2", "no width"),
        ("a soft hyphen", "co\u{ad}op", "line 1, column 3", "soft hyphen"),
        ("a line end of IBM", "a\u{85}b", "line 1, column 2", "line end"),
        ("a line end of Unicode", "a\u{2028}b", "line 1, column 2", "line end"),
        ("an emoji's selector", "\u{2764}\u{fe0f}", "line 1, column 2", "variation selector"),
        ("a byte by selector", "a\u{e0140}", "line 1, column 2", "variation selector"),
        ("words of tags", "a\u{e0041}", "line 1, column 2", "tag"),
        ("a Hangul filler", "a\u{3164}", "line 1, column 2", "filler"),
        ("a Braille blank", "a\u{2800}", "line 1, column 2", "filler"),
        ("a music control", "a\u{1d173}", "line 1, column 2", "no shape"),
        ("French thousands", "1\u{202f}000", "line 1, column 2", "ordinary space"),
        ("bits of spaces", "a\u{2003}\u{a0}b", "line 1, column 2", "ordinary space"),
        ("a private sign", "a\u{e000}", "line 1, column 2", "private use"),
        ("a far private sign", "a\u{10fffd}", "line 1, column 2", "private use"),
        ("no character yet", "a\u{378}", "line 1, column 2", "no shape"),
        ("no character ever", "a\u{1fffe}", "line 1, column 2", "no shape"),
        ("a flood of marks", "a\u{300}\u{301}\u{302}\u{303}\u{304}", "line 1, column 6", "fewer"),
        ("a mark on a tab", "a\t\u{301}", "line 1, column 3", "no letter"),
        ("a mark on the line above", "a\n\u{301}", "line 2, column 1", "no letter"),
    ] {
        for kind in TEXTS {
            assert_eq!(code(kind, text), "not-text", "{hidden}");
        }
        let found = message(ContentKind::Text, text);
        let begins = format!("{place} has U+");
        assert!(found.starts_with(&begins) && found.contains(named), "{hidden}: {found}");
    }
}

#[test]
fn other_encodings_are_named() {
    for (what, bytes, named) in [
        ("UTF-16 of Excel", &b"\xff\xfea\0\n\0"[..], "it starts with the mark of UTF-16"),
        ("UTF-16, big end first", b"\xfe\xff\0a", "it starts with the mark of UTF-16"),
        ("the mark of UTF-16 alone", b"\xff\xfe", "it starts with the mark of UTF-16"),
        ("UTF-16 without a mark", b"a\0\n\0", "line 1, column 2 has U+0000 (NUL, as in UTF-16"),
        ("Latin-1", b"a\nM\xe4rz\n", "line 2, column 2 has the byte 0xE4, which is no UTF-8 there"),
        ("Latin-1, later", b"\xc3\xa4\xf6\n", "line 1, column 2 has the byte 0xF6"),
        ("Windows-1252", b"\x93a\x94", "line 1, column 1 has the byte 0x93"),
        (
            "a file cut off",
            b"a\xe2\x82",
            "line 1, column 2 begins a character with the byte 0xE2, but the file ends",
        ),
        ("a letter by the long way", b"\xc1\x81", "line 1, column 1 has the byte 0xC1"),
        ("half of a pair", b"\xed\xa0\x80", "line 1, column 1 has the byte 0xED"),
        ("gzip", b"\x1f\x8b\x08\0", "it is compressed with gzip"),
    ] {
        let hold = check_as(&rule(ContentKind::Text), bytes).unwrap_err();
        assert_eq!(hold.code, HoldCode::NotText, "{what}");
        assert!(hold.message.starts_with(named), "{what}: {}", hold.message);
    }
    // JSON has no mark; the readers of many programs stop at it.
    assert_eq!(
        message(ContentKind::Json, "\u{feff}{}"),
        "it starts with a byte order mark; write UTF-8 without (`utf-8`, not `utf-8-sig`)"
    );
    assert_eq!(code(ContentKind::Csv, "\u{feff}n\n1\n"), "ok");
    assert_eq!(code(ContentKind::Tsv, "\u{feff}\u{feff}n\n1\n"), "not-text");
}

/// What the standard library has a shape for may only grow.
#[test]
fn every_code_point_is_judged() {
    let (mut shown, mut marks) = (0, 0);
    for c in ('\u{80}'..='\u{3ffff}').chain('\u{e0000}'..='\u{10ffff}') {
        let mut on_letter = Watch::default();
        on_letter.pass_plain();
        let passes = on_letter.see(c).is_none();
        if Watch::default().see(c).is_none() {
            assert!(passes && !c.is_whitespace() && !c.is_control(), "{c:?}");
            shown += 1;
        } else if passes {
            marks += 1;
        }
    }
    assert!((150_000..200_000).contains(&shown), "{shown}");
    assert!((1_800..3_000).contains(&marks), "{marks}");
}
