//! Standard output and error. A reader that has gone away ends the program in peace.

use std::fmt::Display;
use std::io::{self, Write};

use serde::Serialize;

use crate::exit::{Doing, Failure, Result};
use crate::sanitize;

/// Bytes as they are: manifests.
pub(crate) fn bytes(bytes: &[u8]) -> Result<()> {
    let mut out = io::stdout().lock();
    match out.write_all(bytes).and_then(|()| out.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Err(Failure::closed()),
        other => other.doing(|| "write to standard output"),
    }
}

/// One line for people.
pub(crate) fn line(text: impl Display) -> Result<()> {
    bytes(format!("{}\n", sanitize::shown(&text.to_string())).as_bytes())
}

/// One line for programs.
pub(crate) fn json(value: &impl Serialize) -> Result<()> {
    let text = serde_json::to_string(value)
        .map_err(|error| Failure::environment(format_args!("cannot write JSON: {error}")))?;
    bytes(format!("{}\n", sanitize::json(&text)).as_bytes())
}

/// One line on standard error; there is nobody left to tell if that fails.
pub(crate) fn note(text: impl Display) {
    let _ = writeln!(io::stderr().lock(), "{}", sanitize::shown(&text.to_string()));
}
