//! The file that tells a run's owner what became of it, named by a token that only the owner was
//! given.

use std::{io, path::Path};

use serde::Serialize;
use sluice_sys::{atomic, beneath::open_dir};

use crate::ledger::{Entry, Identity, State};

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct Status<'a> {
    format: u32,
    run_id: &'a str,
    state: &'static str,
    code: &'a str,
    message: &'a str,
    r#where: Option<String>,
    time: &'a str,
}

/// Writes the status file of `entry` into `dir`; `place` is where its results are if published.
/// Nothing happens while no verified attestation says whose run it is.
pub fn write(dir: &Path, entry: &Entry, place: impl FnOnce(&Identity) -> String) -> io::Result<()> {
    let Some(run) = &entry.identity else { return Ok(()) };
    // Nobody was given a name for the status of an unattested run.
    if run.token.is_empty() {
        return Ok(());
    }
    if run.token.len() != 32 || !run.token.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Err(io::Error::other("the attestation's status token is malformed"));
    }
    let status = Status {
        format: 1,
        run_id: &run.run_id,
        state: word(entry.state),
        code: &entry.reason.code,
        message: message(entry),
        r#where: (entry.state == State::Published).then(|| place(run)),
        time: &entry.changed,
    };
    let mut bytes = serde_json::to_vec(&status)?;
    bytes.push(b'\n');
    atomic::replace(open_dir(dir)?, &format!("{}.json", run.token), &bytes, 0o644)
}

/// Owners learn what their run is about; what a server or a disk said is for the site's log.
fn message(entry: &Entry) -> &str {
    let ours = matches!(entry.state, State::Seen | State::Publishing)
        && !entry.reason.code.is_empty()
        && entry.reason.code != "allowlist-expired"
        && !entry.reason.code.starts_with("log-");
    if ours {
        "a part of the site doesn't answer; it is tried again"
    } else {
        &entry.reason.message
    }
}

fn word(state: State) -> &'static str {
    match state {
        State::Seen | State::Publishing => "waiting",
        State::Held => "held",
        State::Published => "published",
        State::Failed => "failed",
        State::Withdrawing | State::Withdrawn => "withdrawn",
    }
}
