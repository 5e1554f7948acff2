mod cells;
mod disclosure;
mod earlier;
mod gzip;
mod jpeg;
mod json;
mod names;
mod pdf;
mod picture;
mod pieces;
mod png;
mod prose;
mod svg;
mod table;
mod text;
mod totals;

use sluice_protocol::codes::rows;

use super::*;

fn rule(kind: ContentKind) -> Output {
    let extra_columns = kind.is_table().then_some(true);
    Output { extra_columns, review: Some(false), ..Output::new("x", kind, 4096) }
}

fn check_as(rule: &Output, content: &[u8]) -> Result<(), Hold> {
    check(rule, &mut &content[..], content.len() as u64).map(drop)
}

fn code(kind: ContentKind, content: impl AsRef<[u8]>) -> &'static str {
    match check_as(&rule(kind), content.as_ref()) {
        Ok(()) => "ok",
        Err(hold) => hold.code.word(),
    }
}

fn message(kind: ContentKind, content: &str) -> String {
    check_as(&rule(kind), content.as_bytes()).unwrap_err().message
}

/// Cut off anywhere a file is held; with any bit changed it is read to a verdict.
fn unharmed(kind: ContentKind, content: &[u8]) {
    for end in 0..content.len() {
        assert_ne!(code(kind, &content[..end]), "ok", "cut at {end}");
    }
    for at in 0..content.len() {
        for bit in 0..8 {
            let mut changed = content.to_vec();
            changed[at] ^= 1 << bit;
            code(kind, &changed);
        }
    }
}

#[test]
fn the_page_has_every_code() {
    let page = include_str!("../../../docs/reference/release.md");
    let row = |code: &HoldCode| format!("| `{code}` | {} | {} |", code.meaning(), code.remedy());
    let stated: Vec<String> = HoldCode::ALL.iter().map(row).collect();
    assert_eq!(rows(page, "## Holds"), stated);
    assert!(HoldCode::ALL.is_sorted_by_key(|code| code.word()));
}

#[test]
fn holds_by_size_and_review() {
    let mut text = rule(ContentKind::Text);
    text.max_bytes = 3;
    assert!(check_as(&text, b"abc").is_ok());
    assert_eq!(check_as(&text, b"abcd").unwrap_err().code, HoldCode::TooLarge);
    let sized = |size| check(&text, &mut &b"ab"[..], size).unwrap_err().code;
    assert_eq!((sized(1), sized(3)), (HoldCode::Changed, HoldCode::Changed));
    text.review = Some(true);
    assert_eq!(check_as(&text, b"abc").unwrap_err().code, HoldCode::ReviewRequired);
    assert_eq!(
        check_as(&text, b"a\0").unwrap_err().code,
        HoldCode::NotText,
        "checked all the same"
    );

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
    assert_eq!((hold.code, hold.message.contains("secret")), (HoldCode::Unreadable, false));
}
