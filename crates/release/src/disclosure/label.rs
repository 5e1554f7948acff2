//! Which labels are those of totals.

use std::hash::{DefaultHasher, Hash, Hasher};

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
const EMPTY: &[&str] = &["", "na", "nan", "null", "none"];

/// What a label says of its row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Class {
    /// One of the parts.
    Part,
    /// A total by its name.
    Total,
    /// A part, or a total: `All ages`, `Total hip replacement`, an empty cell.
    Either,
}

/// A label as it is kept: equal for the same words, whatever their case and punctuation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Label(u64);

impl Label {
    pub(super) fn of(text: &str) -> Self {
        let words = words(text);
        let class = class(&words);
        let mut hasher = DefaultHasher::new();
        match class {
            Class::Total => {}
            // What is no word is told apart by what it is.
            _ if words.is_empty() => text.trim().hash(&mut hasher),
            _ => words.hash(&mut hasher),
        }
        Self(hasher.finish() & !3 | class as u64)
    }

    pub(super) fn class(self) -> Class {
        match self.0 & 3 {
            0 => Class::Part,
            1 => Class::Total,
            _ => Class::Either,
        }
    }
}

/// The words of a text: letters and digits, small, full-width ones as others.
pub(super) fn words(text: &str) -> Vec<String> {
    let narrow = |c: char| match c {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(c as u32 - 0xfee0).unwrap_or(c),
        other => other,
    };
    let text: String = text.chars().map(narrow).flat_map(char::to_lowercase).collect();
    let words = text.split(|c: char| !c.is_alphanumeric());
    words.filter(|word| !word.is_empty()).map(str::to_owned).collect()
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
    TOTAL.contains(&word)
}

fn class(words: &[String]) -> Class {
    match words {
        [] => Class::Either,
        [word] if is_total(word) => Class::Total,
        [before, word] if BEFORE.contains(&before.as_str()) && is_total(word) => Class::Total,
        [word] if EMPTY.contains(&word.as_str()) => Class::Either,
        words if without_total(words).is_some() => Class::Either,
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
            (Class::Either, ["All ages", "Patients, total", "", "NA", "NULL", " - ", "nan"]),
            (Class::Part, ["A", "Totality", "Small", "18-30", "M", "2024", "summer"]),
        ] {
            for label in labels {
                assert_eq!(Label::of(label).class(), class, "{label:?}");
            }
        }
        assert_eq!(Label::of("Total"), Label::of("all"));
        assert_eq!(Label::of("18–30"), Label::of(" 18-30"));
        assert_ne!(Label::of("<"), Label::of(">"));
    }
}
