//! Times as Sluice writes them: RFC 3339 in UTC, whole seconds, `2026-07-01T12:00:00Z`.

use ::time::{
    OffsetDateTime, PrimitiveDateTime, format_description::BorrowedFormatItem,
    macros::format_description,
};

const FORMAT: &[BorrowedFormatItem<'_>] =
    format_description!("[year]-[month]-[day]T[hour]:[minute]:[second]Z");

/// The text is not a time of the one form that Sluice reads.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a time is written in UTC like 2026-07-01T12:00:00Z")]
pub struct TimeError;

/// Reads `YYYY-MM-DDThh:mm:ssZ`.
pub fn parse(text: &str) -> Result<OffsetDateTime, TimeError> {
    if text.len() != "2026-07-01T12:00:00Z".len() {
        return Err(TimeError);
    }
    PrimitiveDateTime::parse(text, FORMAT).map(PrimitiveDateTime::assume_utc).map_err(|_| TimeError)
}

/// Writes `YYYY-MM-DDThh:mm:ssZ`; fractions of a second are cut off.
///
/// Only years 0 to 9999 read back; no clock shows another one.
pub fn format(time: OffsetDateTime) -> String {
    let utc = time.to_offset(::time::UtcOffset::UTC);
    format!(
        "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z",
        utc.year(),
        u8::from(utc.month()),
        utc.day(),
        utc.hour(),
        utc.minute(),
        utc.second()
    )
}

/// `#[serde(with = "sluice_policy::time::rfc3339")]`
pub mod rfc3339 {
    use ::time::OffsetDateTime;
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    /// Writes with [`super::format`].
    pub fn serialize<S: Serializer>(time: &OffsetDateTime, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&super::format(*time))
    }

    /// Reads with [`super::parse`].
    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<OffsetDateTime, D::Error> {
        super::parse(&String::deserialize(from)?).map_err(D::Error::custom)
    }

    /// The same for an optional time; add `#[serde(default)]`.
    pub mod option {
        use super::*;

        /// Writes with [`crate::time::format`].
        pub fn serialize<S: Serializer>(
            time: &Option<OffsetDateTime>,
            to: S,
        ) -> Result<S::Ok, S::Error> {
            match time {
                Some(time) => super::serialize(time, to),
                None => to.serialize_none(),
            }
        }

        /// Reads with [`crate::time::parse`].
        pub fn deserialize<'de, D: Deserializer<'de>>(
            from: D,
        ) -> Result<Option<OffsetDateTime>, D::Error> {
            super::deserialize(from).map(Some)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ::time::macros::datetime;

    #[test]
    fn reads_what_it_writes() {
        let time = datetime!(2026-07-01 14:00:00.9 +2);
        assert_eq!(format(time), "2026-07-01T12:00:00Z");
        assert_eq!(parse("2026-07-01T12:00:00Z").unwrap(), datetime!(2026-07-01 12:00 UTC));
    }

    #[test]
    fn has_one_spelling() {
        for bad in [
            "2026-07-01T12:00:00",
            "2026-07-01T12:00:00z",
            "2026-07-01 12:00:00Z",
            "2026-07-01T12:00:00.5Z",
            "2026-07-01T12:00:00+00:00",
            "2026-02-30T12:00:00Z",
            "2026-07-01T24:00:00Z",
            "2026-07-01T12:00:60Z",
            "+026-07-01T12:00:00Z",
            "",
        ] {
            assert_eq!(parse(bad), Err(TimeError), "{bad}");
        }
    }
}
