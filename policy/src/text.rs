//! Characters that make a text look like something else than it is.

/// Whether `c` shows as itself: no control character, nothing that reorders or breaks lines.
pub(crate) fn is_visible(c: char) -> bool {
    !c.is_control()
        && !matches!(c, '\u{200e}' | '\u{200f}' | '\u{061c}' | '\u{feff}')
        && !matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{2028}' | '\u{2029}')
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
