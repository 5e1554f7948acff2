//! What values of sluice.toml have in common.

use std::path::{Component, Path, PathBuf};
use std::str::FromStr;

/// Absolute, below the root, and spelled in the one way that compares bytewise.
pub(crate) fn is_plain(path: &Path) -> bool {
    let mut components = path.components();
    let rest_is_normal = components.next() == Some(Component::RootDir)
        && components.clone().count() > 0
        && components.all(|part| matches!(part, Component::Normal(_)));
    rest_is_normal && path.components().collect::<PathBuf>().as_os_str() == path.as_os_str()
}

/// Of a range `FIRST-LAST`, or of a single number.
pub(crate) fn first_and_last<T: FromStr + PartialOrd>(text: &str) -> Option<(T, T)> {
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    let range = (first.parse().ok()?, last.parse().ok()?);
    (range.0 <= range.1).then_some(range)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_spelled_in_one_way() {
        for (path, plain) in [
            ("/srv/a", true),
            ("/", false),
            ("srv/a", false),
            ("/srv/../a", false),
            ("/srv/./a", false),
            ("/srv//a", false),
            ("/srv/a/", false),
        ] {
            assert_eq!(is_plain(Path::new(path)), plain, "{path}");
        }
    }

    #[test]
    fn ranges_have_an_order() {
        for (text, expected) in [
            ("7", Some((7, 7))),
            ("7-9", Some((7, 9))),
            ("9-7", None),
            ("7-", None),
            ("7-8-9", None),
            ("70000", None),
        ] {
            assert_eq!(first_and_last::<u16>(text), expected, "{text}");
        }
    }
}
