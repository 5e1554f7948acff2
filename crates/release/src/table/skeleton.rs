//! Forbidden names, however they are spelled.

use std::collections::HashMap;

use unicode_normalization::UnicodeNormalization;
use unicode_security::confusable_detection;

/// Shortest name in which letters and digits that look alike count as the same. In shorter ones
/// they tell ordinary names apart, such as `id` and `ld`.
pub(crate) const LONG: usize = 5;

/// The names that a rule forbids.
pub(super) struct Forbidden<'a>(HashMap<String, &'a str>);

impl<'a> Forbidden<'a> {
    pub(super) fn new(names: &'a [String]) -> Self {
        Self(names.iter().map(|name| (key(name), name.as_str())).collect())
    }

    /// The rule's own word for `name`, if it is forbidden as a whole, without what programs put
    /// behind a name that two tables have, or as a part. A table with one column, `alone`, may be
    /// one whose columns are divided by spaces.
    pub(super) fn find(&self, name: &str, alone: bool) -> Option<&'a str> {
        if self.0.is_empty() {
            return None;
        }
        let within =
            |c: char| c.is_alphanumeric() || matches!(c, '_' | '.' | '-') || c == ' ' && !alone;
        let parts = name.split(|c| !within(c));
        [name].into_iter().chain(parts).find_map(|part| {
            let named = |part: &str| self.0.get(&key(part)).copied();
            named(part).or_else(|| named(without_suffix(part)?))
        })
    }
}

/// A name without `.x`, `_y`, `.1` or the like at its end.
fn without_suffix(name: &str) -> Option<&str> {
    let short = name.trim_end_matches(|c: char| c.is_ascii_digit());
    let short = match short.len() < name.len() {
        true => short,
        false => name.strip_suffix(['x', 'y'])?,
    };
    let bare = short.trim_end_matches(['.', '_', '-', ' ']);
    // A letter at a name's end belongs to it, if nothing divides them.
    let divided = bare.len() < short.len() || !name.ends_with(['x', 'y']);
    (divided && !bare.is_empty()).then_some(bare)
}

/// What names have in common that a reader can take for the same: letters and digits alone, in
/// one width and case, and of those that look alike always the same one.
pub(super) fn key(name: &str) -> String {
    let plain: String = plain(name).chars().filter(|c| c.is_alphanumeric()).collect();
    match plain.chars().count() {
        // Nothing but punctuation is itself.
        0 => name.trim().to_lowercase(),
        LONG.. => plain.chars().map(same).collect(),
        _ => plain,
    }
}

/// A text in one width, case and alphabet, its accents behind their letters.
pub(crate) fn plain(text: &str) -> String {
    let wide: String = text.nfkc().collect();
    let alike: String = wide.chars().map(latin).collect();
    alike.nfkd().flat_map(char::to_lowercase).collect()
}

/// The Latin letters that a letter of another script looks like.
fn latin(c: char) -> String {
    if c.is_ascii() {
        return c.to_string();
    }
    let looks = |text: &str| confusable_detection::skeleton(text).collect::<String>();
    match looks(c.encode_utf8(&mut [0; 4])) {
        // The prototype of a capital I, too, is a small L.
        letter if letter == "l" && c.is_uppercase() => "i".into(),
        letter => letter,
    }
}

/// Of letters and digits that look alike always the same one.
pub(crate) fn same(c: char) -> char {
    match c {
        'l' | '1' => 'i',
        '0' => 'o',
        c => c,
    }
}
