//! One line of the log. Its hash is that of all bytes before `,"hash":`.

use std::io::{self, Write};

use serde::{Deserialize, Serialize};
use serde_json::Value;
use sluice_policy::digest::Digest;
use time::OffsetDateTime;

use super::{AuditError, Event, Head};

/// Upper bound of one line, in bytes.
pub(super) const MAX_LINE: usize = 64 << 10;
/// `prev` of the first line.
pub(super) const GENESIS: &str = "0000000000000000000000000000000000000000000000000000000000000000";
/// Length of `,"hash":"HEX"}`.
const HASH_SUFFIX: usize = 9 + 64 + 2;

#[derive(Serialize)]
struct Body<'a> {
    seq: u64,
    time: &'a str,
    host: &'a str,
    event: &'a str,
    detail: &'a Value,
    prev: &'a str,
}

/// A line as it is read.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Line {
    /// Its number, from 0.
    pub seq: u64,
    /// When it was written, RFC 3339.
    pub time: String,
    /// The host, or Slurm's name of the node.
    pub host: String,
    /// What happened: an [`Event`]'s word, or that of a later version.
    pub event: String,
    /// To whom, why and so on.
    pub detail: Value,
    /// Hash of the line before.
    pub prev: String,
    /// Its own hash.
    pub hash: String,
}

impl Line {
    /// What happened, where this version knows the word.
    pub fn event(&self) -> Option<Event> {
        Event::of(&self.event)
    }
}

/// Appends the line that follows `last` to `bytes`.
pub(super) fn write(
    bytes: &mut Vec<u8>,
    host: &str,
    last: Option<Head>,
    event: Event,
    detail: &Value,
) -> Result<Head, AuditError> {
    let (seq, prev) = match last {
        Some(head) => (head.seq + 1, head.hash),
        None => (0, GENESIS.into()),
    };
    let time = sluice_policy::time::format(OffsetDateTime::now_utc());
    let body = Body { seq, time: &time, host, event: event.word(), detail, prev: &prev };
    let mut text = serde_json::to_string(&body).map_err(io::Error::from)?;
    text.pop();
    let hash = Digest::of(text.as_bytes()).hex();
    let length = text.len() + HASH_SUFFIX;
    if length > MAX_LINE {
        return Err(AuditError::TooLong(length));
    }
    bytes.extend_from_slice(text.as_bytes());
    writeln!(bytes, ",\"hash\":\"{hash}\"}}")?;
    Ok(Head { seq, hash })
}

/// A line; none if it is cut off, an error if it is whole but was changed.
pub(super) fn parse(bytes: &[u8]) -> Result<Option<Line>, &'static str> {
    let Ok(line) = serde_json::from_slice::<Line>(bytes) else { return Ok(None) };
    let hashed = bytes.len().checked_sub(HASH_SUFFIX).map(|at| bytes.split_at(at));
    match hashed {
        Some((body, suffix))
            if suffix == format!(",\"hash\":\"{}\"}}", line.hash).as_bytes()
                && Digest::of(body).hex() == line.hash =>
        {
            Ok(Some(line))
        }
        _ => Err("its hash doesn't fit"),
    }
}
