//! Words for a total, as they are and as they may be disguised.

use crate::table::{LONG, plain, same};

/// Words that stand for a total by themselves: of pandas, R, SQL, spreadsheets and statistical
/// offices.
pub(super) static TOTAL: Words = Words::of(&[
    "all",
    "alle",
    "both",
    "ensemble",
    "gesamt",
    "gesamtsumme",
    "insgesamt",
    "margin",
    "overall",
    "somme",
    "subtotal",
    "sum",
    "summe",
    "totaal",
    "total",
    "totale",
    "totals",
    "zwischensumme",
]);
/// Words that may stand before one of them.
pub(super) static BEFORE: Words = Words::of(&["col", "column", "grand", "row", "sub"]);
/// What stands where SQL's `ROLLUP` has a total, and a group of which nothing is known.
pub(super) static EMPTY: Words = Words::of(&["na", "nan", "none", "null"]);

/// Words in any case, found by their first letter.
pub(super) struct Words {
    words: &'static [&'static str],
    /// Where those that begin with a small letter or its capital begin.
    starts: [usize; 256],
}

impl Words {
    /// Of small words, sorted.
    const fn of(words: &'static [&'static str]) -> Self {
        let (mut starts, mut at) = ([words.len(); 256], words.len());
        while at > 0 {
            at -= 1;
            let first = words[at].as_bytes()[0];
            assert!(at == 0 || words[at - 1].as_bytes()[0] <= first, "not sorted");
            starts[first as usize] = at;
            starts[first.to_ascii_uppercase() as usize] = at;
        }
        Self { words, starts }
    }

    pub(super) fn have(&self, word: &[u8]) -> bool {
        let Some(&first) = word.first() else { return false };
        let some = self.words[self.starts[usize::from(first)]..].iter().map(|it| it.as_bytes());
        some.take_while(|it| it[0] == first.to_ascii_lowercase())
            .any(|it| it.eq_ignore_ascii_case(word))
    }

    /// Whether some begin with a letter, or with one that it looks like.
    fn begin(&self, letter: char) -> bool {
        let begin =
            |it| u8::try_from(it).is_ok_and(|it| self.starts[usize::from(it)] < self.words.len());
        begin(letter) || begin(same(letter))
    }

    /// The word that a reader can take a text for: without accents, blanks and punctuation, with letters
    /// of other alphabets, and digits in long words, for those that they look like.
    fn spelled(&self, text: &str) -> Option<&'static str> {
        const LONGEST: usize = 16;
        let (mut letters, mut count) = ([' '; LONGEST], 0);
        for c in text.chars() {
            let folded =
                if c.is_ascii() { String::new() } else { plain(c.encode_utf8(&mut [0; 4])) };
            let ascii = c.is_ascii().then_some(c.to_ascii_lowercase());
            for letter in ascii.into_iter().chain(folded.chars()).filter(|c| c.is_alphanumeric()) {
                // Most texts begin as no word does.
                if count == LONGEST || count == 0 && !self.begin(letter) {
                    return None;
                }
                letters[count] = letter;
                count += 1;
            }
        }
        let alike = |one: char, other| one == other || count >= LONG && same(one) == same(other);
        let spells = |word: &&&str| {
            word.len() == count && word.chars().zip(letters).all(|(one, other)| alike(one, other))
        };
        self.words.iter().find(spells).copied()
    }
}

/// A text with words for a total as they are spelled, if it has some that aren't.
pub(super) fn undisguised(text: &str) -> Option<String> {
    if let Some(word) = TOTAL.spelled(text) {
        return Some(word.into());
    }
    let parts = || text.split(' ');
    parts().find_map(|part| TOTAL.spelled(part))?;
    Some(parts().map(|part| TOTAL.spelled(part).unwrap_or(part)).collect::<Vec<_>>().join(" "))
}
