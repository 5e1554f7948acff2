//! What the commands print, and their exit codes.

use std::{
    fmt::Display,
    io::{self, Write},
    process::ExitCode,
};

use serde_json::json;
use sluice_crawler::{
    ledger::{Entry, LedgerError, Reader},
    record::Pass,
};

const HELD: u8 = 1;
const CONFIGURATION: u8 = 3;
const ENVIRONMENT: u8 = 4;
const PERMISSION: u8 = 77;

/// An error and the exit code that stands for its kind.
pub(crate) struct Failure {
    code: u8,
    message: String,
}

impl Failure {
    pub(crate) fn configuration(error: impl Display) -> Self {
        Self { code: CONFIGURATION, message: error.to_string() }
    }

    pub(crate) fn environment(error: impl Display) -> Self {
        Self { code: ENVIRONMENT, message: error.to_string() }
    }

    pub(crate) fn permission(error: impl Display) -> Self {
        Self { code: PERMISSION, message: error.to_string() }
    }

    pub(crate) fn report(self) -> ExitCode {
        // Nobody is left to tell if standard error is gone.
        let _ = writeln!(io::stderr(), "sluice-crawler: {}", self.message);
        ExitCode::from(self.code)
    }
}

/// Prints what a pass found.
pub(crate) fn pass(pass: &Pass, json: bool) -> io::Result<ExitCode> {
    let mut out = io::stdout();
    if json {
        writeln!(out, "{}", json!(pass))?;
    } else {
        let Pass { published, failed, held, waiting, retry } = pass;
        writeln!(
            out,
            "{published} published, {failed} failed, {held} held, {waiting} waiting, {retry} to retry"
        )?;
    }
    Ok(ExitCode::from(match pass {
        Pass { retry: 1.., .. } => ENVIRONMENT,
        Pass { held: 1.., .. } => HELD,
        _ => 0,
    }))
}

/// Prints where the runs stand: a count of each state, and all that are neither published nor
/// failed.
pub(crate) fn status(ledger: &Reader, json: bool) -> Result<ExitCode, ReportError> {
    let counts = ledger.counts()?;
    let runs = ledger.unsettled()?;
    let mut out = io::stdout();
    if json {
        let counts: serde_json::Map<_, _> =
            counts.iter().map(|(state, count)| (state.word().to_owned(), json!(count))).collect();
        let runs: Vec<_> = runs.iter().map(as_json).collect();
        writeln!(out, "{}", json!({"counts": counts, "runs": runs}))?;
        return Ok(ExitCode::SUCCESS);
    }
    for (state, count) in counts {
        writeln!(out, "{count} {}", state.word())?;
    }
    for Entry { name, state, reason, identity, .. } in runs {
        let name = identity.map_or(name, |run| run.run_id);
        writeln!(out, "{name}: {} {} {}", state.word(), reason.code, reason.message)?;
    }
    Ok(ExitCode::SUCCESS)
}

fn as_json(entry: &Entry) -> serde_json::Value {
    let Entry { name, state, reason, identity, changed, .. } = entry;
    json!({
        "attestation": name,
        "run-id": identity.as_ref().map(|run| &run.run_id),
        "state": state.word(),
        "code": reason.code,
        "message": reason.message,
        "changed": changed,
    })
}

/// Errors of printing.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ReportError {
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    #[error(transparent)]
    Output(#[from] io::Error),
}
