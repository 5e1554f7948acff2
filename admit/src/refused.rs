use std::fmt::Display;

use sluice_protocol::Refusal;
use sluice_site::sets::SetError;

/// Longest message, in characters: it becomes one line of the job's output.
const MAX_MESSAGE: usize = 400;

/// Why a job may not run.
#[derive(Clone, Debug)]
pub(crate) struct Refused {
    pub(crate) code: &'static str,
    pub(crate) message: String,
}

impl Refused {
    /// `what` may quote the user's text: control characters are taken out of it.
    pub(crate) fn new(code: &'static str, what: impl Display) -> Self {
        let text = what.to_string();
        let plain = text.chars().map(|c| if c.is_control() { ' ' } else { c });
        let mut message: String = plain.clone().take(MAX_MESSAGE).collect();
        if plain.count() > MAX_MESSAGE {
            message.push('…');
        }
        Self { code, message }
    }

    /// For what can only fail when the node is broken.
    pub(crate) fn internal(what: &str) -> impl Fn(std::io::Error) -> Self {
        move |error| Self::new("internal-error", format!("{what}: {error}"))
    }
}

impl From<SetError> for Refused {
    fn from(error: SetError) -> Self {
        Self::new(error.code(), error)
    }
}

impl From<Refused> for Refusal {
    fn from(refused: Refused) -> Self {
        Self { code: refused.code.into(), message: refused.message }
    }
}
