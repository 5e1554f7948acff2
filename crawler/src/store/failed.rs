//! What a store's failures mean for the runs.

use std::fmt::Display;

use http::StatusCode;
use object_store::Error;
use sluice_policy::text::shown;

use super::refusals::status;
use crate::outcome::{Code, Stop};

/// Longest part of a message that others wrote, in characters.
const MAX_SAID: usize = 400;

/// A status that means that the server won't.
pub(super) fn refused(what: &str, status: StatusCode) -> Stop {
    let message = format!("the store answers {status} to {what}");
    match status {
        StatusCode::FORBIDDEN | StatusCode::UNAUTHORIZED => Stop::retry(Code::StoreDenied, message),
        _ => Stop::retry(Code::StoreUnavailable, message),
    }
}

/// It gives back something else than what it was sent, whatever its statuses say.
pub(super) fn differs(place: &str) -> Stop {
    let message = format!(
        "{place} takes an object and gives back other bytes: it isn't the store, but a page in front of \
         it, or it is broken"
    );
    Stop::retry(Code::StoreDiffers, message)
}

/// It didn't answer, or not with what can be understood.
pub(super) fn unavailable(error: &dyn Display) -> Stop {
    Stop::retry(Code::StoreUnavailable, format!("the store doesn't answer: {}", said(error)))
}

impl From<Error> for Stop {
    fn from(error: Error) -> Self {
        let code = match (&error, status(&error)) {
            (Error::PermissionDenied { .. } | Error::Unauthenticated { .. }, _)
            | (_, Some(StatusCode::FORBIDDEN | StatusCode::UNAUTHORIZED)) => Code::StoreDenied,
            (
                Error::NotFound { .. } | Error::AlreadyExists { .. } | Error::Precondition { .. },
                _,
            )
            | (_, Some(_)) => Code::StoreRefused,
            _ => Code::StoreUnavailable,
        };
        Self::retry(code, format!("the store didn't take the results: {}", said(&error)))
    }
}

fn said(error: &dyn Display) -> String {
    shown(&error.to_string()).chars().take(MAX_SAID).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_others_say_is_visible_and_bounded() {
        let said = "gone\u{202e}\n".to_owned() + &"x".repeat(1000);
        for stop in [
            unavailable(&said),
            Error::Generic { store: "test", source: said.clone().into() }.into(),
        ] {
            let message = &stop.reason().message;
            assert!(message.contains("gone\\u{202e}\\nxx"), "{message}");
            assert!(message.len() < 500, "{message}");
        }
    }
}
