//! Values of attributes and style sheets: functions, numbers, colours.

use std::str::FromStr;

use svgtypes::{Color, NumberListParser};

use super::vocabulary::FUNCTIONS;
use super::{ACTIVE, HIDDEN, Wrong, short, wrong};

/// Most digits and points of one number: more would say something that the drawing doesn't show.
const MAX_DIGITS: usize = 24;
/// Most numbers of one value that aren't counted as words: no dashes or matrix have more.
const MAX_NUMBERS: usize = 16;

/// A style sheet or style attribute: no `@import`, no escapes that spell out something else.
pub(super) fn check_style(style: &str) -> Result<(), Wrong> {
    if style.contains(['@', '\\', '&']) {
        return wrong(
            ACTIVE,
            "its style has `@`, `\\` or `&`, which may load something; leave it out",
        );
    }
    if style.contains("/*") {
        return wrong(HIDDEN, "its style has a comment; leave it out");
    }
    check_functions(style)?;
    check_numbers(style)
}

pub(super) fn check_functions(value: &str) -> Result<(), Wrong> {
    for (at, _) in value.match_indices('(') {
        let (before, after) = (&value[..at], value[at + 1..].trim_ascii_start());
        let ends = |c: char| !c.is_ascii_alphanumeric() && c != '-';
        let name = before.rsplit(ends).next().unwrap_or_default();
        if !FUNCTIONS.contains(&name) {
            return wrong(
                ACTIVE,
                format!("it calls {}, which isn't a function of drawings", short(name)),
            );
        }
        if name == "url" && !after.trim_start_matches(['"', '\'']).starts_with('#') {
            return wrong(ACTIVE, "its `url` is outside of the file");
        }
    }
    Ok(())
}

pub(super) fn check_numbers(value: &str) -> Result<(), Wrong> {
    let mut run = 0;
    for byte in value.bytes() {
        run = if byte.is_ascii_digit() || byte == b'.' { run + 1 } else { 0 };
        // Points part numbers, too: "0.5.5" is two.
        if run > 2 * MAX_DIGITS {
            return wrong(
                HIDDEN,
                format!("it has a number of more than {MAX_DIGITS} digits; round it"),
            );
        }
    }
    let long = value.split(|c: char| !c.is_ascii_digit()).any(|digits| digits.len() > MAX_DIGITS);
    match long {
        true => {
            wrong(HIDDEN, format!("it has a number of more than {MAX_DIGITS} digits; round it"))
        }
        false => Ok(()),
    }
}

/// Whether it is a colour, or a few numbers with their units, and so no words.
pub(super) fn is_plain(value: &str) -> bool {
    let value = value.trim_ascii();
    let words = value.split([' ', ',', '\n', '\t', '\r']).filter(|word| !word.is_empty());
    let numbers = words.map(|word| {
        let number = word.trim_end_matches(|c: char| c.is_ascii_alphabetic() || c == '%');
        let count =
            || NumberListParser::from(number).try_fold(0, |count, one| one.map(|_| count + 1)).ok();
        (word.len() - number.len() <= 2).then(count).flatten()
    });
    let few = || numbers.sum::<Option<usize>>().is_some_and(|count| count <= MAX_NUMBERS);
    value.len() <= 32 && Color::from_str(value).is_ok() || few()
}

/// Whether it moves what is drawn by a few numbers.
pub(super) fn is_transform(value: &str) -> bool {
    is_plain(&value.replace(|c: char| c.is_ascii_alphabetic() || matches!(c, '(' | ')'), " "))
}
