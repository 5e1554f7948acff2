//! Labels as they are compared with those of other rows and tables.

use unicode_normalization::char::is_combining_mark;

use crate::table::{LONG, plain, same};

/// Brings labels into normal form, one after the other in the same place: what a reader can take for
/// the same is the same.
#[derive(Default)]
pub(super) struct Normal(String);

impl Normal {
    /// A number in one spelling; or letters, digits and symbols in one case, width and alphabet,
    /// without accents, blanks and punctuation; or what has neither letter nor digit as it is.
    pub(super) fn of(&mut self, text: &str) -> &str {
        self.0.clear();
        let text = text.trim();
        match text.is_ascii() {
            true => self.write(text),
            false => self.write(&plain(&text.replace(is_dash, "-"))),
        }
        &self.0
    }

    fn write(&mut self, text: &str) {
        if number(text, &mut self.0) {
            return;
        }
        let letters = text.chars().filter(|c| c.is_alphanumeric()).count();
        match letters {
            0 => self.0.push_str(text),
            _ => words(text, letters >= LONG, &mut self.0),
        }
    }
}

fn is_dash(c: char) -> bool {
    matches!(c, '-' | '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{fe63}' | '\u{ff0d}')
}

/// Writes a number in its one spelling; nothing of another text.
fn number(text: &str, to: &mut String) -> bool {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, exponent.parse().ok()),
        None => (unsigned, Some(0)),
    };
    let (whole, decimals) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = || whole.bytes().chain(decimals.bytes());
    let Some(exponent @ -99..=99) = exponent else { return false };
    if digits().next().is_none() || !digits().all(|it| it.is_ascii_digit()) {
        return false;
    }
    let zeros = digits().take_while(|it| *it == b'0').count();
    to.extend(digits().skip(zeros).map(char::from));
    to.truncate(to.trim_end_matches('0').len());
    let point = whole.len() as isize - zeros as isize + exponent;
    let missing = |from: isize, end: isize| "0".repeat(usize::try_from(end - from).unwrap_or(0));
    match usize::try_from(point) {
        _ if to.is_empty() => to.push('0'),
        Ok(point @ 1..) if point < to.len() => to.insert(point, '.'),
        Ok(1..) => to.push_str(&missing(to.len() as isize, point)),
        _ => to.insert_str(0, &format!("0.{}", missing(point, 0))),
    }
    if text.starts_with('-') && to != "0" {
        to.insert(0, '-');
    }
    true
}

/// Writes letters, digits and symbols. Blanks and punctuation are left out, but not between digits.
fn words(text: &str, long: bool, to: &mut String) {
    let mut chars = text.chars().peekable();
    // What stands before in the text, the last that was written, and what was left out since.
    let (mut before, mut last, mut gap) = (None, ' ', None);
    while let Some(c) = chars.next() {
        if !c.is_ascii() && is_combining_mark(c) && !c.is_alphanumeric() {
            continue;
        }
        let is = |it: Option<char>, kind: fn(char) -> bool| it.is_some_and(kind);
        let (left, right) = (before, chars.peek().copied());
        before = Some(c);
        let written = match c {
            '-' if is(left, char::is_whitespace) && is(right, char::is_whitespace) => {
                gap = Some('-');
                continue;
            }
            '-' if is(left, char::is_alphanumeric) && is(right, char::is_alphanumeric) => {
                gap = Some('-');
                continue;
            }
            '.' | ',' | '_' | '\'' | '"' | '/' | ':' | ';' | '(' | ')' => {
                gap = gap.or(Some('.'));
                continue;
            }
            c if c.is_whitespace() => {
                gap = gap.or(Some('.'));
                continue;
            }
            c if c.is_alphanumeric() => {
                if let Some(gap) = gap.filter(|_| last.is_numeric() && c.is_numeric()) {
                    to.push(gap);
                }
                if long { same(c.to_ascii_lowercase()) } else { c.to_ascii_lowercase() }
            }
            '≤' | '≥' => {
                to.push(if c == '≤' { '<' } else { '>' });
                '='
            }
            symbol => symbol,
        };
        to.push(written);
        (last, gap) = (c, None);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn normal(text: &str) -> String {
        Normal::default().of(text).into()
    }

    #[test]
    fn spellings_of_a_label_are_one() {
        for [one, other] in [
            ["North", " north "],
            ["North", "N\u{43e}rth"],
            ["North", "Ｎｏｒｔｈ"],
            ["North", "North."],
            ["North", "N0rth"],
            ["North", "(\"North\")"],
            ["North West", "north-west"],
            ["North West", "North – West"],
            ["Covid-19", "COVID 19"],
            ["Köln", "Koln"],
            ["Orléans-Sologne", "Orleans Sologne"],
            ["Cité-Sud", "Cite Sud"],
            ["18-30", "18 – 30"],
            ["≥65", ">= 65"],
            ["−1 SD", "-1 SD"],
            ["Ａ＋", "a+"],
            ["2025", "2025.0"],
            ["2025", "+2025"],
            ["2025", "02025"],
            ["2025", "2025e0"],
            ["2025", "2.025E+03"],
            ["2025", "２０２５"],
            ["0.5", ".50"],
            ["0.005", "5e-3"],
            ["0", "-0.00"],
            ["-1", "-1.0"],
        ] {
            assert_eq!(normal(one), normal(other), "{one:?} {other:?}");
        }
        assert_eq!(["2025.0", "5e3", "-0.050", "10"].map(normal), ["2025", "5000", "-0.05", "10"]);
    }

    #[test]
    fn what_a_sign_tells_apart_stays_apart() {
        for [one, other] in [
            ["North", "South"],
            ["ER+", "ER-"],
            ["ER-", "ER"],
            ["ER-/PR+", "ER+/PR-"],
            ["ER- women", "ER women"],
            ["A+", "A-"],
            ["♀", "♂"],
            ["-1 SD", "1 SD"],
            ["+1 SD", "1 SD"],
            ["SD -1", "SD 1"],
            ["C", "C++"],
            ["C", "C#"],
            ["p<0.05", "p>0.05"],
            ["HLA-B*27", "HLA-B27"],
            ["1-5", "15"],
            ["1.5 mg", "15 mg"],
            ["1.5 mg", "1-5 mg"],
            ["1,000", "1"],
            ["<65", ">65"],
            ["65", "65+"],
            ["≤65", "<65"],
            ["Total", "All"],
            ["ALL", "Total"],
            ["I", "l"],
            ["-", "--"],
            ["", "NA"],
            ["-1", "1"],
            ["999000011000000103", "999000011000000104"],
            ["1e999", "2e999"],
        ] {
            assert_ne!(normal(one), normal(other), "{one:?} {other:?}");
        }
    }
}
