//! What a store's failures mean for the runs.

use std::fmt::Display;

use http::StatusCode;
use object_store::Error;
use sluice_policy::text::shown;

use crate::outcome::Stop;

/// Longest part of a message that others wrote, in characters.
const MAX_SAID: usize = 400;

/// A status that means that the server won't.
pub(super) fn refused(what: &str, status: StatusCode) -> Stop {
    let message = format!("the store answers {status} to {what}");
    match status {
        StatusCode::FORBIDDEN | StatusCode::UNAUTHORIZED => Stop::retry("store-denied", message),
        _ => Stop::retry("store-unavailable", message),
    }
}

/// It gives back something else than what it was sent, whatever its statuses say.
pub(super) fn differs(place: &str) -> Stop {
    let message = format!(
        "{place} takes an object and gives back other bytes: it isn't the store, but a page in front of \
         it, or it is broken"
    );
    Stop::retry("store-differs", message)
}

/// It didn't answer, or not with what can be understood.
pub(super) fn unavailable(error: &dyn Display) -> Stop {
    Stop::retry("store-unavailable", format!("the store doesn't answer: {}", said(error)))
}

impl From<Error> for Stop {
    fn from(error: Error) -> Self {
        let text = said(&error);
        // Listing loses the kind of the error on its way through the library.
        let denied =
            matches!(error, Error::PermissionDenied { .. } | Error::Unauthenticated { .. })
                || ["401 Unauthorized", "403 Forbidden"].iter().any(|status| text.contains(status));
        let refused = matches!(error, Error::NotFound { .. } | Error::Precondition { .. })
            || text.contains("status code: 4");
        let code = match (denied, refused) {
            (true, _) => "store-denied",
            (false, true) => "store-refused",
            (false, false) => "store-unavailable",
        };
        Self::retry(code, format!("the store didn't take the results: {text}"))
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
