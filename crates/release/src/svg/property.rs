//! Values of properties that the drawing is followed by. A browser drops a value that it can't read, and
//! an earlier one stays: so what isn't surely a value is held.

use super::{HIDDEN, Wrong, short, wrong};

const UNITS: &[&str] = &["px", "pt", "pc", "em", "ex", "in", "cm", "mm", "%"];
const BASELINES: &[&str] = &[
    "auto",
    "alphabetic",
    "baseline",
    "central",
    "middle",
    "mathematical",
    "hanging",
    "ideographic",
    "text-before-edge",
    "text-after-edge",
    "text-top",
    "text-bottom",
    "inherit",
];
/// Words of `font` before its size.
const FACES: &[&[&str]] = &[
    &["italic", "oblique"],
    &["small-caps"],
    &["bold", "bolder", "lighter"],
    &["100", "200", "300", "400", "500", "600", "700", "800", "900"],
];
/// They mean no family.
const NO_FAMILY: &[&str] = &["inherit", "initial", "unset", "revert", "revert-layer", "default"];

/// Whether every reader takes `value`; a length of a style sheet has a unit where an attribute's need
/// have none.
pub(super) fn check(name: &str, value: &str, in_sheet: bool) -> Result<(), Wrong> {
    let value = value.trim_ascii();
    let word = |words: &[&str]| words.contains(&value);
    let reads = match name {
        "display" => word(&["none", "inline", "block", "inherit"]),
        "visibility" => word(&["visible", "hidden", "collapse", "inherit"]),
        "opacity" | "fill-opacity" | "stroke-opacity" => is_number(value),
        "color" | "fill" | "stroke" => is_colour(value),
        "font-size" => is_length(value, !in_sheet) && !value.starts_with('-'),
        "font" => is_font(value),
        "letter-spacing" | "word-spacing" => word(&["normal"]) || is_length(value, !in_sheet),
        "stroke-width" => is_length(value, true) && !value.starts_with('-'),
        "stroke-dasharray" => word(&["none", "inherit"]) || is_dashes(value),
        "text-anchor" => word(&["start", "middle", "end", "inherit"]),
        "dominant-baseline" | "alignment-baseline" => word(BASELINES),
        "paint-order" => word(&["normal"]) || is_order(value),
        _ => true,
    };
    match reads {
        true => Ok(()),
        false => {
            let what = format!(
                "the value {} of `{name}` isn't one that every viewer reads; write a plain one, or leave \
                 it out",
                short(value)
            );
            wrong(HIDDEN, what)
        }
    }
}

/// Whether a `;` behind it ends the declaration, for a browser too.
pub(super) fn is_closed(value: &str) -> bool {
    let mut quote = None;
    let mut open = 0_i32;
    for c in value.chars() {
        match (quote, c) {
            (Some(_), '\n' | '\r' | '\u{c}') => return false,
            (Some(end), c) if c == end => quote = None,
            (Some(_), _) => {}
            (None, '"' | '\'') => quote = Some(c),
            (None, '[' | ']') => return false,
            (None, '(') => open += 1,
            (None, ')') => open -= 1,
            (None, _) => {}
        }
        if open < 0 {
            return false;
        }
    }
    quote.is_none() && open == 0
}

/// A number as CSS has it: digits on both sides of a point, or behind it.
fn is_number(text: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let unsigned = |text: &'_ str| text.strip_prefix(['+', '-']).unwrap_or(text).to_owned();
    let (number, exponent) = match text.split_once(['e', 'E']) {
        Some((number, exponent)) => (number, Some(unsigned(exponent))),
        None => (text, None),
    };
    let number = unsigned(number);
    exponent.is_none_or(|it| digits(&it))
        && match number.split_once('.') {
            Some((whole, part)) => (whole.is_empty() || digits(whole)) && digits(part),
            None => digits(&number),
        }
}

fn is_length(text: &str, bare: bool) -> bool {
    let with_unit = UNITS.iter().find_map(|unit| text.strip_suffix(unit));
    match with_unit {
        Some(number) => is_number(number),
        None => (bare || text == "0") && is_number(text),
    }
}

/// What `rgb()` and the like hold; `State` reads the rest.
fn is_colour(value: &str) -> bool {
    let Some((name, rest)) = value.split_once('(') else { return true };
    if name == "url" {
        return true;
    }
    let Some(parts) = rest.strip_suffix(')') else { return false };
    let parts: Vec<&str> = parts.split(',').map(str::trim_ascii).collect();
    let share = |part: &str| part.strip_suffix('%').is_some_and(is_number);
    let [one, two, three, alpha @ ..] = parts.as_slice() else { return false };
    let most = usize::from(name.ends_with('a'));
    let colour = match name {
        "rgb" | "rgba" => {
            let three = [one, two, three];
            three.iter().all(|it| is_number(it)) || three.iter().all(|it| share(it))
        }
        "hsl" | "hsla" => is_number(one) && share(two) && share(three),
        _ => false,
    };
    colour && alpha.len() == most && alpha.iter().all(|it| is_number(it))
}

fn is_dashes(value: &str) -> bool {
    let mut parts = value.split([',', ' ', '\t', '\n', '\r']).filter(|part| !part.is_empty());
    parts.all(|part| is_length(part, true) && !part.starts_with('-'))
        && !value.replace(char::is_whitespace, "").contains(",,")
        && !value.starts_with(',')
        && !value.ends_with(',')
}

fn is_order(value: &str) -> bool {
    let words: Vec<&str> = value.split_ascii_whitespace().collect();
    let known = |at: usize| {
        matches!(words[at], "fill" | "stroke" | "markers") && !words[..at].contains(&words[at])
    };
    !words.is_empty() && (0..words.len()).all(known)
}

/// Words for the face, each kind once, a size, perhaps the height of lines, and families.
fn is_font(value: &str) -> bool {
    let mut seen = [false; 4];
    let mut rest = value;
    let mut words = 0;
    let size = loop {
        let Some((word, after)) = rest.split_once(|c: char| c.is_ascii_whitespace()) else {
            return false;
        };
        rest = after.trim_ascii_start();
        words += 1;
        let kind = FACES.iter().position(|words| words.contains(&word));
        match kind {
            // Two words say the weight.
            Some(kind) if std::mem::replace(&mut seen[kind], true) => return false,
            None if word != "normal" => break word,
            _ => {}
        }
        if words > 4 || seen[2] && seen[3] {
            return false;
        }
    };
    let (size, line) = match size.split_once('/') {
        Some((size, line)) => (size, Some(line)),
        None => (size, None),
    };
    let positive = |length: &str| !length.starts_with('-');
    is_length(size, false)
        && positive(size)
        && line.is_none_or(|line| is_length(line, true) && positive(line))
        && rest.split(',').map(str::trim_ascii).all(is_family)
}

fn is_family(name: &str) -> bool {
    let inner = ['"', '\''].iter().find_map(|&quote| {
        name.strip_prefix(quote).and_then(|rest| rest.strip_suffix(quote)).map(|it| (it, quote))
    });
    if let Some((inner, quote)) = inner {
        return !inner.contains(quote);
    }
    let mut words = name.split_ascii_whitespace().peekable();
    words.peek().is_some()
        && words.all(|word| {
            let letters = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
            word.starts_with(|c: char| c.is_ascii_alphabetic())
                && word.bytes().all(letters)
                && !NO_FAMILY.contains(&word)
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reads(name: &str, value: &str) -> bool {
        check(name, value, true).is_ok()
    }

    #[test]
    fn values_are_those_that_browsers_take() {
        for (name, good, bad) in [
            ("display", "none", "bogus"),
            ("visibility", "visible", "shown"),
            ("opacity", ".5", "1px"),
            ("opacity", "1e0", "1."),
            ("fill-opacity", "1", "1em"),
            ("font-size", "14px", "14"),
            ("font-size", "0", "-1px"),
            ("stroke-width", "1.5", "1 px"),
            ("stroke-dasharray", "3.7, 1.6", "3,,1"),
            ("letter-spacing", "normal", "1"),
            ("fill", "rgb(0%, 10%, 20%)", "rgb(0%, 10, 20)"),
            ("stroke", "rgba(0, 0, 0, 0.5)", "rgb(0, 0)"),
            ("paint-order", "stroke fill", "stroke stroke"),
            ("font", "10px 'DejaVu Sans', sans-serif", "10px"),
            ("font", "italic bold 10px/1.2 serif", "bold bold 10px serif"),
            ("font", "normal 700 10pt Arial", "10 serif"),
            ("font", "10px Open Sans", "10px inherit"),
            ("dominant-baseline", "central", "lower"),
        ] {
            assert!(reads(name, good), "{name}: {good}");
            assert!(!reads(name, bad), "{name}: {bad}");
        }
        assert!(check("font-size", "14", false).is_ok());
    }

    #[test]
    fn a_declaration_ends_where_a_browser_ends_it() {
        for (good, bad) in [
            ("'DejaVu Sans', \"x\"", "' \" ' \""),
            ("rgb(1, 2, 3)", "rgb(1, 2, 3"),
            ("url(#a)", "url#a)"),
            ("none", "[none"),
        ] {
            assert!(is_closed(good), "{good}");
            assert!(!is_closed(bad), "{bad}");
        }
    }
}
