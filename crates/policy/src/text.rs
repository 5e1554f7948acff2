//! Characters that make a text look like something else than it is.

use std::borrow::Cow;

/// Whether `c` shows as itself: no control character, nothing invisible, nothing that turns the
/// reading direction or breaks lines. Of Unicode's format characters and blanks all are left out
/// but the signs of Arabic, Syriac and Kaithi, which have a shape, and the spaces.
pub fn is_visible(c: char) -> bool {
    c.is_ascii_graphic()
        || c == ' '
        || !c.is_control()
            && !matches!(c,
                '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}'
                | '\u{17b5}' | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}'
                | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{2800}' | '\u{3164}'
                | '\u{fdd0}'..='\u{fdef}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}'
                | '\u{fff0}'..='\u{fffb}' | '\u{13430}'..='\u{1343f}' | '\u{16fe4}'
                | '\u{1bca0}'..='\u{1bca3}' | '\u{1d159}' | '\u{1d173}'..='\u{1d17a}'
                | '\u{e0000}'..='\u{e0fff}')
            // Code points that stand for no character in any version.
            && u32::from(c) & 0xfffe != 0xfffe
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_no_shape_is_not_visible() {
        for c in ['a', ' ', 'ß', '\u{301}', '\u{600}', '\u{3000}', '\u{f8ff}', '🎉'] {
            assert!(is_visible(c), "{c:?}");
        }
        // A blank of Braille, a filler, controls of music, shorthand and hieroglyphs, no character.
        for c in "\u{2800}\u{16fe4}\u{1d159}\u{1d173}\u{1bca0}\u{13430}\u{fdd0}\u{ffff}\u{10fffe}"
            .chars()
        {
            assert!(!is_visible(c), "{c:?}");
        }
    }
}
