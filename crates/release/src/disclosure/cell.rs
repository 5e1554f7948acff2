//! Numbers as tables write them, and what stands in the place of a suppressed one.

/// What stands for a suppressed number beside an empty cell: of ACRO and pandas, R, SQL, OpenSAFELY and
/// the statistical offices. `-` isn't among them, as it means none to some, nor is `x` or `0`.
const SUPPRESSED: &[&str] = &[
    "NA",
    "N/A",
    "NaN",
    "nan",
    "NULL",
    "null",
    "None",
    "*",
    ".",
    "..",
    ":",
    "c",
    "[c]",
    "[REDACTED]",
    "REDACTED",
    "suppressed",
];

/// Most digits before a number's point: sums of as many as a file can have stay far from a
/// [`u128`]'s end.
const MAX_DIGITS: usize = 18;
/// Decimals that are read; those behind them are none of a person.
const DECIMALS: usize = 12;
/// Most decimals that a number may have.
const MAX_DECIMALS: usize = 30;
/// 1 as a [`Decimal`]'s units.
pub(super) const ONE: u128 = 10u128.pow(DECIMALS as u32);

/// A number that isn't below zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Decimal {
    /// In units of 10⁻¹², rounded down.
    pub(super) units: u128,
    /// How much what was rounded to it, up or down, may be away, in the same units: less than its
    /// last digit stands for.
    pub(super) error: u128,
}

impl Decimal {
    /// The whole numbers around it.
    pub(super) fn range(self) -> (u64, u64) {
        let whole = |units: u128| u64::try_from(units).unwrap_or(u64::MAX - 1);
        (whole(self.units / ONE), whole(self.units.div_ceil(ONE)))
    }
}

/// A cell that should have a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cell<T> {
    Shown(T),
    Suppressed,
}

impl<T> Cell<T> {
    pub(super) fn shown(self) -> Option<T> {
        match self {
            Self::Shown(value) => Some(value),
            Self::Suppressed => None,
        }
    }
}

/// Reads a count: digits, as pandas writes them where a column has a gap with `.0` behind them. None
/// where it is something else; counts below `minimum` may be suppressed as `<MINIMUM`.
pub(super) fn count(cell: &str, minimum: u64) -> Option<Cell<u64>> {
    let cell = bare(cell);
    match starts_with_digit(cell) {
        true => whole(cell.strip_suffix(".0").unwrap_or(cell)).map(Cell::Shown),
        false => is_suppressed(cell, minimum).then_some(Cell::Suppressed),
    }
}

/// Why a cell is no count, and what to write instead; never the cell's own text.
pub(super) fn wrong_count(cell: &str, minimum: u64) -> String {
    let cell = bare(cell);
    let bound = cell.trim_start_matches(['<', '>', '=', '≤', '≥']);
    let digits = |it: char| it.is_ascii_digit();
    let separated =
        |it: char| matches!(it, ',' | '.' | '\'' | '_' | '\u{2019}') || it.is_whitespace();
    let thousands = cell
        .rsplit(separated)
        .next()
        .is_some_and(|last| last.len() == 3 && last.chars().all(digits))
        && cell.starts_with(digits)
        && cell.chars().all(|it| digits(it) || separated(it));
    if bound.len() < cell.len() && whole(bare(bound)).is_some() {
        format!("says more than that it is below {minimum}; write `<{minimum}`, or leave it empty")
    } else if thousands {
        "has a separator between its digits; write no separators".into()
    } else {
        "is no count; write whole digits, or leave it empty if it is suppressed".into()
    }
}

/// Reads a number that may have decimals.
pub(super) fn decimal(cell: &str) -> Option<Cell<Decimal>> {
    let cell = bare(cell);
    if is_word(cell) {
        return Some(Cell::Suppressed);
    }
    let (before, decimals) = match cell.split_once('.') {
        Some((_, "")) => return None,
        Some(parts) => parts,
        None => (cell, ""),
    };
    let digits = decimals.bytes().all(|byte| byte.is_ascii_digit());
    if !digits || decimals.len() > MAX_DECIMALS {
        return None;
    }
    let read = decimals.get(..DECIMALS).unwrap_or(decimals);
    let digit = 10u128.pow((DECIMALS - read.len()) as u32);
    let behind = if read.is_empty() { 0 } else { read.parse::<u128>().ok()? };
    let units = u128::from(whole(before)?) * ONE + behind * digit;
    // Of a longer one a unit may have been cut off.
    let error = if read.len() < decimals.len() { 2 } else { digit };
    Some(Cell::Shown(Decimal { units, error }))
}

/// Without the spaces that R's `format` pads with.
fn bare(cell: &str) -> &str {
    match cell.as_bytes() {
        [b' ', ..] | [.., b' '] => cell.trim_matches(' '),
        _ => cell,
    }
}

fn starts_with_digit(cell: &str) -> bool {
    cell.as_bytes().first().is_some_and(u8::is_ascii_digit)
}

/// Digits that every reader takes for the same number: none before it that is 0, which some keep.
fn whole(text: &str) -> Option<u64> {
    if text.len() > MAX_DIGITS || text.starts_with('0') && text != "0" || text.is_empty() {
        return None;
    }
    text.bytes().try_fold(0, |number, byte| {
        byte.is_ascii_digit().then(|| number * 10 + u64::from(byte - b'0'))
    })
}

/// Whether a cell says that its number is suppressed.
fn is_word(cell: &str) -> bool {
    let cell = bare(cell);
    cell.is_empty() || SUPPRESSED.contains(&cell)
}

/// Whether a cell says that its number is suppressed, or a count below `minimum`.
pub(super) fn is_suppressed(cell: &str, minimum: u64) -> bool {
    is_word(cell) || is_below(bare(cell), minimum)
}

/// What a cell that has been read says in a number's place, if it does.
pub(super) fn word(cell: &str) -> Option<&str> {
    let cell = bare(cell);
    (!starts_with_digit(cell)).then_some(cell)
}

/// Whether a cell says that its count is below `minimum`, and no more.
fn is_below(cell: &str, minimum: u64) -> bool {
    let most = cell.strip_prefix("<=").or_else(|| cell.strip_prefix('≤'));
    let (bound, wanted) = match most {
        Some(bound) => (bound, minimum.saturating_sub(1)),
        None => (cell.strip_prefix('<').unwrap_or_default(), minimum),
    };
    whole(bare(bound)) == Some(wanted)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a cell is with a minimum of 10: a count, `-` for a suppressed one, `!` for neither.
    #[test]
    fn counts_are_whole_digits_or_suppressed() {
        for (cell, read) in [
            ("0", "0"),
            ("10", "10"),
            (" 12 ", "12"),
            ("12.0", "12"),
            ("999999999999999999", "999999999999999999"),
            ("", "-"),
            ("  ", "-"),
            ("NaN", "-"),
            ("[REDACTED]", "-"),
            ("<10", "-"),
            ("< 10", "-"),
            ("<=9", "-"),
            ("≤9", "-"),
            // Says more than that it is below the minimum, or something else.
            ("<5", "!"),
            ("<11", "!"),
            ("<", "!"),
            ("<=10", "!"),
            (">10", "!"),
            ("-", "!"),
            ("x", "!"),
            ("12.00", "!"),
            ("12.5", "!"),
            ("12.", "!"),
            (".0", "!"),
            ("-3", "!"),
            ("+12", "!"),
            ("012", "!"),
            ("00", "!"),
            ("1e2", "!"),
            ("0x10", "!"),
            ("1,234", "!"),
            ("1 234", "!"),
            ("1_000", "!"),
            ("\u{661}\u{662}", "!"),
            ("\u{ff11}\u{ff12}", "!"),
            ("1\u{a0}2", "!"),
            ("12\u{200b}", "!"),
            ("18446744073709551616", "!"),
            ("1000000000000000000", "!"),
            ("1000000000000000000000000000000", "!"),
            ("Inf", "!"),
            ("twelve", "!"),
            ("3*", "!"),
            ("(3)", "!"),
            ("na", "!"),
        ] {
            let found = match count(cell, 10) {
                Some(Cell::Shown(value)) => value.to_string(),
                Some(Cell::Suppressed) => "-".into(),
                None => "!".into(),
            };
            assert_eq!(found, read, "{cell:?}");
        }
    }

    #[test]
    fn messages_name_the_case() {
        for (cell, wanted) in [
            ("<5", "says more than that it is below 10; write `<10`, or leave it empty"),
            (" <= 3", "says more than that it is below 10; write `<10`, or leave it empty"),
            ("1,045", "has a separator between its digits; write no separators"),
            ("1.045.300", "has a separator between its digits; write no separators"),
            ("1\u{a0}045", "has a separator between its digits; write no separators"),
            ("12.5", "is no count; write whole digits, or leave it empty if it is suppressed"),
            ("many", "is no count; write whole digits, or leave it empty if it is suppressed"),
            ("<", "is no count; write whole digits, or leave it empty if it is suppressed"),
        ] {
            assert_eq!(wrong_count(cell, 10), wanted, "{cell:?}");
        }
    }

    #[test]
    fn decimals_say_how_fine_they_are() {
        for (cell, wanted) in [
            ("12", Some((12 * ONE, ONE))),
            ("12.5", Some((12 * ONE + ONE / 2, ONE / 10))),
            ("0.000000000001", Some((1, 1))),
            // pandas writes so many; what is beyond is of no count.
            ("33.333333333333336", Some((33_333_333_333_333, 2))),
            ("12.", None),
            (".5", None),
            ("1e-05", None),
            ("-0.5", None),
            ("12.5%", None),
            ("12,5", None),
            ("1.2.3", None),
            ("05.1", None),
            ("0.\u{661}", None),
            ("1000000000000000000.0", None),
            ("0.0000000000000000000000000000001", None),
        ] {
            let found = decimal(cell).map(|cell| cell.shown().unwrap());
            assert_eq!(found.map(|it| (it.units, it.error)), wanted, "{cell:?}");
        }
        assert_eq!(decimal(" NA "), Some(Cell::Suppressed));
        // Of what, it doesn't say.
        assert_eq!(decimal("<10"), None);
    }
}
