//! The file that tells a run's owner what became of it, named by a token that only the owner was
//! given.

use std::{io, path::Path};

use serde::Serialize;
use sluice_sys::{atomic, beneath::open_dir};

use crate::{
    ledger::Identity,
    outcome::{Notice, State},
};

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct Status<'a> {
    format: u32,
    run_id: &'a str,
    state: &'static str,
    #[serde(flatten)]
    notice: Notice,
    r#where: Option<&'a str>,
    time: &'a str,
}

/// Writes the status file of a run into `dir`. `place` is where its results are, or were; `time` that
/// of its last change. No [`Reason`](crate::outcome::Reason) comes in here.
pub fn write(
    dir: &Path,
    run: &Identity,
    state: State,
    notice: Notice,
    place: &str,
    time: &str,
) -> io::Result<()> {
    // Nobody was given a name for the status of an unattested run.
    if run.token.is_empty() {
        return Ok(());
    }
    if run.token.len() != 32 || !run.token.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        tracing::warn!(run = run.run_id, "no status file: the attestation's token is malformed");
        return Ok(());
    }
    let was_published = matches!(state, State::Published | State::Withdrawn);
    let status = Status {
        format: 1,
        run_id: &run.run_id,
        state: notice.state(state),
        notice,
        r#where: was_published.then_some(place),
        time,
    };
    let mut bytes = serde_json::to_vec(&status)?;
    bytes.push(b'\n');
    atomic::replace(open_dir(dir)?, &format!("{}.json", run.token), &bytes, 0o644)
}
