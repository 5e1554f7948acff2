//! What a cell is to a spreadsheet, and whether it is a number or a word.

/// What a cell begins with, roughly.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Look {
    Empty,
    /// A number, or a text that begins with a digit.
    Digit,
    /// A text that begins with a letter.
    Letter,
    /// A text that a spreadsheet may run, or that needs a closer look.
    Suspect,
    /// Anything else, such as `<5` or `*`.
    Mark,
}

const LOOKS: [Look; 256] = {
    let mut looks = [Look::Mark; 256];
    let mut byte = 0;
    while byte < 256 {
        looks[byte] = match byte as u8 {
            b'0'..=b'9' => Look::Digit,
            b'A'..=b'Z' | b'a'..=b'z' => Look::Letter,
            b'=' | b'+' | b'-' | b'@' | b' ' | b'\t' | b'\r' | b'\n' => Look::Suspect,
            b'"' | b'\'' | b'`' | 0x80.. => Look::Suspect,
            _ => Look::Mark,
        };
        byte += 1;
    }
    looks
};

pub(super) fn look(cell: &str) -> Look {
    cell.as_bytes().first().map_or(Look::Empty, |&byte| LOOKS[usize::from(byte)])
}

/// Whether the cell is one number, such as `-1,234.5e-6` or `12 %`.
pub(super) fn is_number(cell: &str) -> bool {
    let cell = cell.as_bytes();
    let unsigned = cell.strip_prefix(b"-").or_else(|| cell.strip_prefix(b"+")).unwrap_or(cell);
    let plain = |byte: &&u8| byte.is_ascii_digit() || matches!(byte, b'.' | b',');
    let mantissa = unsigned.iter().take_while(plain).count();
    let (mantissa, rest) = unsigned.split_at(mantissa);
    mantissa.iter().any(u8::is_ascii_digit)
        && match rest {
            [] | b"%" | b" %" => true,
            [b'e' | b'E', b'+' | b'-', power @ ..] | [b'e' | b'E', power @ ..] => {
                !power.is_empty() && power.iter().all(u8::is_ascii_digit)
            }
            _ => false,
        }
}

/// Whether the cell is one date, such as `2026-11-30`, `30.11.2026` or `2026-11-30T12:00:00Z`.
pub(super) fn is_date(cell: &str) -> bool {
    let day = cell.split(['T', ' ']).next().unwrap_or_default();
    let numbers = |with: char| {
        let parts: Vec<_> = day.split(with).collect();
        parts.len() == 3
            && parts.iter().all(|part| {
                matches!(part.len(), 1 | 2 | 4) && part.bytes().all(|byte| byte.is_ascii_digit())
            })
    };
    let time = &cell[day.len()..];
    let clock =
        |c: char| c.is_ascii_digit() || matches!(c, 'T' | ' ' | 'Z' | ':' | '.' | '+' | '-');
    ['-', '/', '.'].into_iter().any(numbers) && time.chars().all(clock)
}

/// What stands for a value that is not shown, or for none; in lower case.
const ABSENT: &[&str] = &[
    "na",
    "n/a",
    "nan",
    "none",
    "null",
    "nil",
    "inf",
    "infinity",
    "missing",
    "unknown",
    "suppressed",
    "redacted",
    "masked",
    "censored",
    "hidden",
    "withheld",
    "low",
    "few",
    "nd",
    "ns",
    "true",
    "false",
    "c",
    "x",
    "z",
];

/// Whether the cell stands for a value that is not shown, or for none.
pub(super) fn is_absent(cell: &str) -> bool {
    ABSENT.iter().any(|word| cell.eq_ignore_ascii_case(word))
}

/// Whether a spreadsheet runs the cell, or shows an error for it, when the file is opened there.
pub(super) fn is_active(cell: &str) -> bool {
    if cell.starts_with(['\t', '\r', '\n']) {
        return true;
    }
    let quote = |c: char| matches!(c, '"' | '\'' | '`' | '\u{2018}'..='\u{201f}');
    let text = cell.trim_start_matches(|c: char| c.is_whitespace() || quote(c));
    let mut rest = text.chars();
    match rest.next() {
        Some('=' | '\u{ff1d}' | '\u{fe66}' | '@' | '\u{ff20}' | '\u{fe6b}') => {
            rest.any(char::is_alphanumeric)
        }
        Some('+' | '\u{ff0b}' | '\u{fe62}' | '-' | '\u{ff0d}' | '\u{fe63}') => {
            !is_quantity(rest.as_str())
        }
        _ => false,
    }
}

/// Words that stand beside numbers; none names a cell or does anything.
const BESIDE: &[&str] = &["to", "sd", "se", "iqr", "ci", "p", "inf", "infinity", "nan", "na"];

/// Whether the text is numbers and what stands around them, such as `0.5 (0.1 to 0.9)***`: nothing
/// that names a cell, a function or a program.
fn is_quantity(text: &str) -> bool {
    let names = |c: char| matches!(c, '!' | '|' | '&' | '$' | '@' | '#' | '\'' | '"' | '`' | '\\');
    if text.contains(names) {
        return false;
    }
    let mut rest = text;
    let mut before = ' ';
    while let Some(start) = rest.find(char::is_alphabetic) {
        before = rest[..start].chars().next_back().unwrap_or(before);
        rest = &rest[start..];
        let end = rest.find(|c: char| !c.is_alphabetic()).unwrap_or(rest.len());
        let (word, after) = rest.split_at(end);
        let number = after.strip_prefix(['+', '-']).unwrap_or(after).starts_with(digit);
        let power = matches!(word, "e" | "E") && (digit(before) || before == '.') && number;
        let beside = BESIDE.iter().any(|it| word.eq_ignore_ascii_case(it))
            && !digit(before)
            && !after.starts_with(|c: char| digit(c) || c == '(');
        if !power && !beside {
            return false;
        }
        rest = after;
    }
    true
}

fn digit(c: char) -> bool {
    c.is_ascii_digit()
}
