//! Names and messages come from bundles, jobs and other users: what could steer a terminal or
//! mislead a reader is printed as its escape.

use std::borrow::Cow;
use std::fmt::Write;

use sluice_policy::text::is_visible;
pub(crate) use sluice_policy::text::shown;

/// JSON text with the same characters as `\uXXXX`, which every parser reads back unchanged.
pub(crate) fn json(text: &str) -> Cow<'_, str> {
    if text.chars().all(is_visible) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        if !is_visible(c) {
            for unit in c.encode_utf16(&mut [0; 2]) {
                let _ = write!(out, "\\u{unit:04x}");
            }
        } else {
            out.push(c);
        }
    }
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hostile_names_become_visible() {
        assert_eq!(shown("a\u{202e}b\u{1b}[2Jc\nd"), "a\\u{202e}b\\u{1b}[2Jc\\nd");
        assert_eq!(shown("Größe 日本 ok"), "Größe 日本 ok");
    }

    #[test]
    fn json_keeps_its_meaning() {
        let hostile = "a\u{202e}\u{9b}\u{e0041}b";
        let text = serde_json::to_string(hostile).unwrap();
        let safe = json(&text);
        assert!(safe.chars().all(is_visible));
        assert_eq!(serde_json::from_str::<String>(&safe).unwrap(), hostile);
    }
}
