//! Which labels are those of totals.

/// Words that stand for a total by themselves: of pandas, R, SQL, spreadsheets and statistical
/// offices.
const TOTAL: &[&str] = &[
    "total",
    "totals",
    "subtotal",
    "all",
    "sum",
    "overall",
    "both",
    "margin",
    "gesamt",
    "summe",
    "gesamtsumme",
    "zwischensumme",
    "insgesamt",
    "alle",
    "totaal",
    "totale",
    "somme",
    "ensemble",
];
/// Words that may stand before one of them.
const BEFORE: &[&str] = &["grand", "sub", "row", "column", "col"];
/// What stands where SQL's `ROLLUP` has a total, and a group of which nothing is known.
const EMPTY: &[&str] = &["na", "nan", "null", "none"];

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
    /// Of digits and points, as [`Self::of`] has it.
    pub(super) fn number(text: &str) -> Self {
        let mut hash = Fnv::new();
        text.split('.').filter(|word| !word.is_empty()).for_each(|word| hash.word(word));
        Self(hash.0 & !3 | Class::Part as u64)
    }

    pub(super) fn of(text: &str) -> Self {
        match text.is_ascii() {
            true => Self::words(text, text.split(|c: char| !c.is_ascii_alphanumeric())),
            false => {
                let folded = fold(text);
                Self::words(&folded, folded.split(|c: char| !c.is_alphanumeric()))
            }
        }
    }

    fn words<'a>(text: &'a str, words: impl Iterator<Item = &'a str>) -> Self {
        let mut hash = Fnv::new();
        let (mut first, mut last, mut count, mut total) = ("", "", 0, false);
        for word in words.filter(|word| !word.is_empty()) {
            hash.word(word);
            if count == 0 {
                first = word;
            }
            (last, count, total) = (word, count + 1, total || is_total(word));
        }
        let class = class(first, last, count, total);
        match class {
            Class::Total => hash = Fnv::new(),
            // What has no word is told apart by what it is.
            _ if count == 0 => hash.word(text.trim()),
            _ => {}
        }
        Self(hash.0 & !3 | class as u64)
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

/// FNV-1a of 64 bits: labels are many, and short.
struct Fnv(u64);

impl Fnv {
    fn new() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }

    fn word(&mut self, word: &str) {
        // No text has this byte.
        for byte in word.bytes().chain([0xff]) {
            let byte = u64::from(byte.to_ascii_lowercase());
            self.0 = (self.0 ^ byte).wrapping_mul(0x100_0000_01b3);
        }
    }
}

/// The words of a text: letters and digits, small, full-width ones as others.
pub(super) fn words(text: &str) -> Vec<String> {
    let folded = fold(text);
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
        [stem @ .., last] if is_total(last) => Some(stem),
        [first, stem @ ..] if is_total(first) => Some(stem),
        _ => None,
    }
}

fn is_total(word: &str) -> bool {
    is_one(word, TOTAL)
}

fn is_one(word: &str, words: &[&str]) -> bool {
    words.iter().any(|it| it.eq_ignore_ascii_case(word))
}

/// Of a label of `count` words, one of which is a `total`'s.
fn class(first: &str, last: &str, count: usize, total: bool) -> Class {
    match count {
        0 => Class::Empty,
        1 if total => Class::Total,
        1 if is_one(first, EMPTY) => Class::Empty,
        2 if is_one(first, BEFORE) && is_total(last) => Class::Total,
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
        ] {
            for label in labels {
                assert_eq!(Label::of(label).class(), class, "{label:?}");
            }
        }
        assert_eq!(Label::of("Total"), Label::of("all"));
        assert_eq!(Label::of("18–30"), Label::of(" 18-30"));
        assert_ne!(Label::of("<"), Label::of(">"));
        assert_eq!(Label::of("1.5"), Label::number("1.5"));
        assert_eq!(Label::of("12"), Label::number("12"));
    }
}
