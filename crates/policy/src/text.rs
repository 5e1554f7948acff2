//! Characters that make a text look like something else than it is.

use std::borrow::Cow;

/// Whether `c` shows as itself: no control character, nothing invisible, nothing that turns the
/// reading direction or breaks lines.
pub fn is_visible(c: char) -> bool {
    !c.is_control()
        && !matches!(c,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
            | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}'
            | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}')
}

/// The text for a person: `\n`, `\u{202e}` and the like instead of the character.
pub fn shown(text: &str) -> Cow<'_, str> {
    if text.chars().all(is_visible) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        match is_visible(c) {
            true => out.push(c),
            false => out.extend(c.escape_default()),
        }
    }
    Cow::Owned(out)
}

/// Whether `text` is visible but for line ends and tabs.
pub(crate) fn is_prose(text: &str) -> bool {
    text.chars().all(|c| is_visible(c) || matches!(c, '\n' | '\t'))
}

/// Whether any string below `value`, keys included, hides something.
pub(crate) fn hides(value: &::toml::Value) -> bool {
    match value {
        ::toml::Value::String(text) => !is_prose(text),
        ::toml::Value::Array(values) => values.iter().any(hides),
        ::toml::Value::Table(table) => {
            table.iter().any(|(key, value)| !is_prose(key) || hides(value))
        }
        _ => false,
    }
}
