//! What stands without quotes: numbers, `true`, `false` and `null`.

use super::{Wrong, wrong};

/// Longest number; the longest that programs write for a double is 24.
const MAX_LENGTH: usize = 40;
/// Most digits: 17 tell doubles apart, SQLite writes 20.
const MAX_DIGITS: usize = 20;
/// Up to here every whole number is a double of its own.
const MAX_INTEGER: u64 = 1 << 53;

/// How much of the start of `rest` may be in a word or number.
pub(super) fn length(rest: &str) -> usize {
    let inside =
        |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.' | b'_');
    rest.bytes().position(|byte| !inside(byte)).unwrap_or(rest.len())
}

pub(super) fn push(text: &mut String, more: &str) -> Result<(), Wrong> {
    if text.len() + more.len() > MAX_LENGTH {
        return wrong("has a word or number of more than 40 characters; write text in quotes");
    }
    text.push_str(more);
    Ok(())
}

/// What a character is that begins nothing.
pub(super) fn stray(rest: &str) -> &'static str {
    match rest.as_bytes()[0] {
        b'\'' => "has a string in single quotes; write double quotes",
        b'/' | b'#' => "has a comment, which JSON doesn't have",
        _ => "has a character that begins no value; write text in double quotes",
    }
}

/// Whether `text` is a word of JSON, or a number that every reader reads alike.
pub(super) fn check(text: &str) -> Result<(), Wrong> {
    let Some(number) = Number::of(text) else { return check_word(text) };
    let alike = match number.plain {
        true => text.trim_start_matches('-').parse::<u64>().is_ok_and(|it| it <= MAX_INTEGER),
        false => {
            let read = text.parse::<f64>().unwrap_or(f64::INFINITY);
            let digits = number.digits();
            digits <= MAX_DIGITS && read.is_finite() && (read != 0.0 || digits == 0)
        }
    };
    match alike {
        true => Ok(()),
        false => wrong(
            "ends a number that not every reader reads alike; write at most 20 digits, \
             whole numbers up to 2^53, or text in quotes",
        ),
    }
}

fn check_word(text: &str) -> Result<(), Wrong> {
    match text {
        "true" | "false" | "null" => Ok(()),
        "NaN" | "nan" | "NA" | "Infinity" | "-Infinity" | "inf" | "-inf" | "Inf" | "-Inf"
        | "None" => wrong(format!("ends {text}, which is no JSON; write null")),
        "True" | "False" => wrong("ends a word of Python's; write true or false"),
        _ => wrong("ends a word or number that is no JSON; write text in double quotes"),
    }
}

/// A number of RFC 8259.
struct Number<'a> {
    /// What stands before an exponent.
    coefficient: &'a str,
    /// Whether it is a whole number without an exponent.
    plain: bool,
}

impl<'a> Number<'a> {
    fn of(text: &'a str) -> Option<Self> {
        let unsigned = text.strip_prefix('-').unwrap_or(text);
        let exponent = unsigned.bytes().position(|byte| matches!(byte, b'e' | b'E'));
        let (coefficient, exponent) = match exponent {
            Some(at) => (&unsigned[..at], Some(&unsigned[at + 1..])),
            None => (unsigned, None),
        };
        let (whole, fraction) = match coefficient.split_once('.') {
            Some((whole, fraction)) => (whole, Some(fraction)),
            None => (coefficient, None),
        };
        let digits =
            |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        let well = digits(whole)
            && (whole.len() == 1 || !whole.starts_with('0'))
            && fraction.is_none_or(digits)
            && exponent.is_none_or(|it| digits(it.strip_prefix(['+', '-']).unwrap_or(it)));
        let plain = fraction.is_none() && exponent.is_none();
        well.then_some(Self { coefficient, plain })
    }

    /// How many digits its coefficient has without the zeros around them.
    fn digits(&self) -> usize {
        let bare = self.coefficient.trim_matches(['0', '.']);
        bare.len() - usize::from(bare.contains('.'))
    }
}
