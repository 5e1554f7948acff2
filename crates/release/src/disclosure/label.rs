//! Which labels are those of totals.

mod words;

use words::{BEFORE, EMPTY, TOTAL, undisguised};

/// What a label says of its row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Class {
    /// One of the parts.
    Part,
    /// A total by its name.
    Total,
    /// A part, or a total: `All ages`, `Total hip replacement`.
    Either,
    /// The same of a cell without a word.
    Empty,
}

/// A label as it is kept: equal for the same words, whatever their case and punctuation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Label(u64);

impl Label {
    pub(super) fn of(text: &str) -> Self {
        let label = Self::as_written(text);
        match label.class() {
            Class::Part => undisguised(text).map_or(label, |text| Self::as_written(&text)),
            _ => label,
        }
    }

    fn as_written(text: &str) -> Self {
        if text.is_ascii() {
            return Self::words(text.as_bytes(), text, |byte| SMALL[usize::from(byte)]);
        }
        let folded = fold(text);
        let words = folded.replace(|c: char| !c.is_alphanumeric(), "\0");
        Self::words(words.as_bytes(), &folded, |byte| byte)
    }

    /// Of words that `small` makes small, and what stands between them 0; `whole` is all of the text.
    fn words(text: &[u8], whole: &str, small: impl Fn(u8) -> u8) -> Self {
        let mut hash = Hash::new();
        let (mut first, mut last, mut count, mut total) = (&text[..0], &text[..0], 0, false);
        let mut at = 0;
        while at < text.len() {
            let start = at;
            while let Some(byte) = text.get(at).map(|&byte| small(byte)).filter(|&byte| byte != 0) {
                hash.push(byte);
                at += 1;
            }
            if at > start {
                // No text has this byte, so that each word has an end.
                hash.push(1);
                last = &text[start..at];
                first = if count == 0 { last } else { first };
                (count, total) = (count + 1, total || TOTAL.have(last));
            }
            at += 1;
        }
        let class = class(first, last, count, total);
        match class {
            Class::Total => hash = Hash::new(),
            // What has no word is told apart by what it is.
            _ if count == 0 => whole.trim().bytes().for_each(|byte| hash.push(byte)),
            _ => {}
        }
        Self(hash.end() & !3 | class as u64)
    }

    pub(super) fn class(self) -> Class {
        match self.0 & 3 {
            0 => Class::Part,
            1 => Class::Total,
            2 => Class::Either,
            _ => Class::Empty,
        }
    }
}

/// Letters and digits of ASCII, small; 0 for all else.
static SMALL: [u8; 256] = {
    let mut small = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        if (byte as u8).is_ascii_alphanumeric() {
            small[byte] = (byte as u8).to_ascii_lowercase();
        }
        byte += 1;
    }
    small
};

/// A hash of 64 bits, sixteen bytes at a time: labels are many, and short.
struct Hash {
    state: u64,
    packed: u128,
}

impl Hash {
    fn new() -> Self {
        Self { state: 0xcbf2_9ce4_8422_2325, packed: 0 }
    }

    /// Takes one more byte, which isn't 0.
    fn push(&mut self, byte: u8) {
        self.packed = self.packed << 8 | u128::from(byte);
        if self.packed >> 120 != 0 {
            self.mix();
        }
    }

    /// Multiplies, and folds the products.
    fn mix(&mut self) {
        for half in [self.packed as u64, (self.packed >> 64) as u64] {
            let product = u128::from(self.state ^ half) * 0x9e37_79b9_7f4a_7c15;
            self.state = product as u64 ^ (product >> 64) as u64;
        }
        self.packed = 0;
    }

    fn end(mut self) -> u64 {
        self.mix();
        self.state
    }
}

/// The words of a text: letters and digits, small, full-width ones as others.
pub(super) fn words(text: &str) -> Vec<String> {
    let undisguised = undisguised(text);
    let folded = fold(undisguised.as_deref().unwrap_or(text));
    let words = folded.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    words.map(str::to_owned).collect()
}

fn fold(text: &str) -> String {
    let narrow = |c: char| match c {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(c as u32 - 0xfee0).unwrap_or(c),
        other => other,
    };
    text.chars().map(narrow).flat_map(char::to_lowercase).collect()
}

/// What is left of a name when a word for a total is taken from its end or beginning.
pub(super) fn without_total(words: &[String]) -> Option<&[String]> {
    match words {
        [stem @ .., last] if TOTAL.have(last.as_bytes()) => Some(stem),
        [first, stem @ ..] if TOTAL.have(first.as_bytes()) => Some(stem),
        _ => None,
    }
}

/// Of a label of `count` words, one of which is a `total`'s.
fn class(first: &[u8], last: &[u8], count: usize, total: bool) -> Class {
    match count {
        0 => Class::Empty,
        1 if total => Class::Total,
        1 if EMPTY.have(first) => Class::Empty,
        2 if BEFORE.have(first) && TOTAL.have(last) => Class::Total,
        2.. if total => Class::Either,
        _ => Class::Part,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn totals_have_names() {
        for (class, labels) in [
            (Class::Total, ["Total", "All", "sum", "TOTAL:", "Grand total", "(all)", "Sub-Total"]),
            (
                Class::Total,
                ["**Total**", "Gesamt", "insgesamt", "Both", "ＡＬＬ", "ToTaL ", "\"Sum\""],
            ),
            (
                Class::Total,
                // Letters that look alike, accents, digits, blanks and punctuation inside.
                [
                    "T\u{43e}t\u{430}l",
                    "T0tal",
                    "To-tal",
                    "Tótal",
                    "T o t a l",
                    "TotaI",
                    "Grand T\u{43e}tal",
                ],
            ),
            (
                Class::Either,
                [
                    "All m\u{435}n",
                    "\u{410}ll ages",
                    "T0tal men",
                    "Women, to-tal",
                    "men (To.tal)",
                    "Übér all",
                    "a b\u{43e}th",
                ],
            ),
            (
                Class::Either,
                [
                    "All ages",
                    "Grand total A",
                    "Total men",
                    "Overall cohort",
                    "Sum of all",
                    "Women (all)",
                    "Both sexes",
                ],
            ),
            (Class::Empty, ["", "NA", "NULL", " - ", "nan", "None", "--"]),
            (Class::Part, ["A", "Totality", "Small", "18-30", "M", "2024", "summer"]),
            (
                Class::Part,
                ["A11", "5um", "Sömmer", "", "a-l", "t0ta", "Tot al x"]
                    .map(|it| if it.is_empty() { "B0th" } else { it }),
            ),
        ] {
            for label in labels {
                assert_eq!(Label::of(label).class(), class, "{label:?}");
            }
        }
        assert_eq!(Label::of("Total"), Label::of("all"));
        assert_eq!(Label::of("18–30"), Label::of(" 18-30"));
        assert_ne!(Label::of("<"), Label::of(">"));
        assert_ne!(Label::of("1.5"), Label::of("15"));
        assert_ne!(Label::of("ab c"), Label::of("a bc"));
        assert_ne!(Label::of("abcdefgh i"), Label::of("abcdefghi"));
    }
}
