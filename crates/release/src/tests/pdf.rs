mod bounds;
mod damage;
mod hiding;
mod idle;
mod made;
mod real;

use sluice_policy::entry::{ContentKind, Output};

use super::{check_as, rule};
use made::{Part, made};

/// The code, and the message.
fn verdict(content: &[u8]) -> (&'static str, String) {
    match check_as(&Output { max_bytes: 32 << 20, ..rule(ContentKind::Pdf) }, content) {
        Ok(()) => ("ok", String::new()),
        Err(hold) => (hold.code.word(), hold.message),
    }
}
