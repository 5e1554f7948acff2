//! TOML with errors that fit on one line, as a refusal or a log has to.

use serde::de::DeserializeOwned;

/// Most of a line that an error repeats, in characters.
const MAX_QUOTE: usize = 80;

/// Reads `bytes` as `T`. The error is one sentence with the line that it is about and its number, from 1.
pub fn read<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, String> {
    let text = std::str::from_utf8(bytes).map_err(|_| "it is not UTF-8".to_owned())?;
    ::toml::from_str(text).map_err(|error| {
        let message = error.message().trim().replace('\n', ", ");
        match error.span() {
            Some(span) => {
                let before = text.get(..span.start).unwrap_or_default();
                let number = before.matches('\n').count();
                let line = text.lines().nth(number).unwrap_or_default().trim();
                let line: String = line.chars().take(MAX_QUOTE).collect();
                format!("line {}: {message} in `{line}`", number + 1)
            }
            None => message,
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_are_one_line_and_say_which() {
        #[derive(Debug, serde::Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Sample {
            #[allow(dead_code)]
            a: u8,
        }
        for (text, line, says) in [
            ("a = 1\nb = 2\n", "line 2: ", "unknown field `b`"),
            ("a = \"x\"", "line 1: ", "invalid type"),
            ("\n\na = [1,\n", "line ", "array"),
            ("", "line 1: ", "missing field `a`"),
            ("a = 1\na = 2", "line 2: ", "duplicate"),
        ] {
            let error = read::<Sample>(text.as_bytes()).unwrap_err();
            assert!(!error.contains('\n'), "{error:?}");
            assert!(error.starts_with(line) && error.contains(says), "{text:?}: {error}");
        }
        assert_eq!(read::<Sample>(b"a = '\xff'").unwrap_err(), "it is not UTF-8");
    }
}
