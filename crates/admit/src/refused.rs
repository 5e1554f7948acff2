use std::fmt::Display;

use sluice_policy::text::shown;
use sluice_protocol::{Code, Refusal};
use sluice_site::InstalledTwice;
use sluice_site::sets::SetError;

/// Longest message, in characters: it becomes one line of the job's output.
const MAX_MESSAGE: usize = 400;

/// Why a job may not run.
#[derive(Clone, Debug)]
pub(crate) struct Refused {
    pub(crate) code: Code,
    pub(crate) message: String,
}

impl Refused {
    /// `what` may quote the user's text: what is invisible in it, or would steer a terminal, is
    /// written out.
    pub(crate) fn new(code: Code, what: impl Display) -> Self {
        let what = what.to_string();
        let text = shown(&what);
        let mut message: String = text.chars().take(MAX_MESSAGE).collect();
        if message.len() < text.len() {
            message.push('…');
        }
        Self { code, message }
    }

    /// For what can only fail when the node is broken.
    pub(crate) fn internal(what: &str) -> impl Fn(std::io::Error) -> Self {
        move |error| Self::new(Code::InternalError, format!("{what}: {error}"))
    }
}

impl From<SetError> for Refused {
    fn from(error: SetError) -> Self {
        Self::new(error.code(), error)
    }
}

impl From<InstalledTwice> for Refused {
    fn from(error: InstalledTwice) -> Self {
        Self::new(Code::InstalledTwice, error)
    }
}

impl From<Refused> for Refusal {
    fn from(refused: Refused) -> Self {
        Self { code: refused.code.into(), message: refused.message }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_hides_nothing_and_stays_one_line() {
        let message = Refused::new(Code::NotListed, "a\u{202e}b\u{200b}c\u{1b}[2J\nd é").message;
        assert_eq!(message, "a\\u{202e}b\\u{200b}c\\u{1b}[2J\\nd é");
    }

    #[test]
    fn a_message_has_a_bound() {
        let long = "é".repeat(MAX_MESSAGE);
        assert_eq!(Refused::new(Code::NotListed, &long).message, long);
        assert_eq!(Refused::new(Code::NotListed, long.clone() + "x").message, long + "…");
    }
}
