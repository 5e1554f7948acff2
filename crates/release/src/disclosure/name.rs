//! Labels as they are compared with those of other tables.

use super::label::{Class, Label};
use crate::table::{LONG, plain, same};

/// What labels have in common that a reader can take for the same: letters and digits, whatever their
/// case, width, accents and punctuation, and all words for a total. Numbers stay apart, as in `1-5`
/// and `15`, and so do `<65` and `65+`.
pub(super) fn normal(text: &str) -> String {
    if Label::of(text).class() == Class::Total {
        return "total".into();
    }
    let plain = plain(text);
    let digits = plain.contains(|c: char| c.is_numeric());
    let long = plain.chars().filter(|c| c.is_alphanumeric()).count() >= LONG;
    let mut normal = String::with_capacity(plain.len());
    let (mut before, mut apart) = (' ', false);
    for c in plain.chars() {
        match c {
            '<' | '>' | '=' | '+' if digits => normal.push(c),
            '≤' if digits => normal.push_str("<="),
            '≥' if digits => normal.push_str(">="),
            c if c.is_alphanumeric() => {
                if apart && before.is_numeric() && c.is_numeric() {
                    normal.push('-');
                }
                normal.push(if long { same(c) } else { c });
                (before, apart) = (c, false);
                continue;
            }
            _ => {}
        }
        apart = true;
    }
    normal
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_a_label_are_one() {
        for [one, other] in [
            ["North", " north "],
            ["North", "N\u{43e}rth"],
            ["North", "Ｎｏｒｔｈ"],
            ["North", "North."],
            ["North", "N0rth"],
            ["North West", "north-west"],
            ["Köln", "Koln"],
            ["18-30", "18 – 30"],
            ["≥65", ">=65"],
            ["Total", "All"],
            ["Total", "(sum)"],
        ] {
            assert_eq!(normal(one), normal(other), "{one:?} {other:?}");
        }
        for [one, other] in [
            ["North", "South"],
            ["1-5", "15"],
            ["<65", ">65"],
            ["65", "65+"],
            ["≤65", "<65"],
            ["Total", "Total hip"],
            ["I", "l"],
        ] {
            assert_ne!(normal(one), normal(other), "{one:?} {other:?}");
        }
    }
}
