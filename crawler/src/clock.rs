//! The time of day.

use sluice_policy::time::format;
use time::OffsetDateTime;

/// The time as the ledger has it.
pub(crate) fn text() -> String {
    format(now())
}

/// The host's clock.
#[cfg(not(feature = "failpoints"))]
pub fn now() -> OffsetDateTime {
    OffsetDateTime::now_utc()
}

/// The host's clock, or the seconds since 1970 that SLUICE_NOW holds: so that a run that was
/// killed publishes the same bytes as one that wasn't.
#[cfg(feature = "failpoints")]
pub fn now() -> OffsetDateTime {
    let fixed = std::env::var("SLUICE_NOW").ok().and_then(|text| text.parse().ok());
    let fixed = fixed.and_then(|seconds| OffsetDateTime::from_unix_timestamp(seconds).ok());
    fixed.unwrap_or_else(OffsetDateTime::now_utc)
}
