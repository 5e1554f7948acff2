//! What the commands print, and how they end then.

use std::io::{self, Write};

use serde_json::json;
use sluice_crawler::{
    config::Config,
    ledger::{LedgerError, Reader, Row},
    serve::{adopt::Adopted, pass::Pass, preflight::Fault},
    store::Capabilities,
};
use sluice_site::exit::Exit;

/// What is said wherever runs show that nobody attested.
pub(crate) const UNATTESTED: &str = "require-attestation = false: runs are published on WESkit's \
word, which their users can write; install the plugin and take this line out";

/// Prints what the script left.
pub(crate) fn adopted(adopted: &Adopted, json: bool) -> io::Result<()> {
    let mut out = io::stdout();
    if json {
        return writeln!(out, "{}", json!(adopted));
    }
    let Adopted { kept, differing, lost, unmarked } = adopted;
    for (word, runs) in
        [("kept", kept), ("differing", differing), ("lost", lost), ("unmarked", unmarked)]
    {
        writeln!(out, "{} {word}", runs.len())?;
        if word != "kept" {
            runs.iter().try_for_each(|run| writeln!(out, "  {}", run.escape_debug()))?;
        }
    }
    Ok(())
}

/// Prints what a pass found.
pub(crate) fn pass(pass: &Pass, json: bool) -> io::Result<Exit> {
    let mut out = io::stdout();
    if json {
        writeln!(out, "{}", json!(pass))?;
    } else {
        let Pass { published, failed, held, waiting, withdrawn, retry } = pass;
        writeln!(
            out,
            "{published} published, {failed} failed, {held} held, {waiting} waiting, \
             {withdrawn} withdrawn, {retry} to retry"
        )?;
    }
    Ok(match pass {
        Pass { retry: 1.., .. } => Exit::Environment,
        Pass { held: 1.., .. } => Exit::NotAsItShould,
        _ => Exit::Ok,
    })
}

/// Prints where the runs stand: a count of each state, and all that are not in a final one; or
/// the one run with this id.
pub(crate) fn status(
    config: &Config,
    ledger: &Reader,
    run: Option<&str>,
    json: bool,
) -> Result<Exit, ReportError> {
    let counts = ledger.counts()?;
    let runs = match run {
        Some(run) => ledger.find(run)?.into_iter().collect(),
        None => ledger.unsettled()?,
    };
    if let Some(run) = run
        && runs.is_empty()
    {
        return Err(ReportError::Unknown(run.to_owned()));
    }
    let mut out = io::stdout();
    let warning = (!config.require_attestation).then_some(UNATTESTED);
    if json {
        let counts: serde_json::Map<_, _> =
            counts.iter().map(|(state, count)| (state.word().to_owned(), json!(count))).collect();
        let runs: Vec<_> = runs.iter().map(as_json).collect();
        writeln!(out, "{}", json!({"counts": counts, "runs": runs, "warning": warning}))?;
        return Ok(Exit::Ok);
    }
    if let Some(warning) = warning {
        writeln!(out, "WARNING: {warning}")?;
    }
    if run.is_none() {
        for (state, count) in counts {
            writeln!(out, "{count} {}", state.word())?;
        }
    }
    for Row { name, state, reason, identity, remains, .. } in runs {
        let name = identity.map_or(name, |run| run.run_id);
        writeln!(out, "{name}: {} {} {}", state.word(), reason.code(), reason.message)?;
        if let Some(remains) = remains.filter(|_| !state.is_final()) {
            writeln!(out, "  {remains}")?;
        }
    }
    Ok(Exit::Ok)
}

/// Prints what the store was found to be good for, and what is in the first run's way.
pub(crate) fn validated(
    config: &Config,
    honours: Option<Capabilities>,
    faults: &[Fault],
    json: bool,
) -> io::Result<Exit> {
    let mut out = io::stdout();
    let url = config.location.url();
    let said = json!({"store": url, "honours": honours, "faults": faults});
    if json {
        writeln!(out, "{said}")?;
    } else {
        if !config.require_attestation {
            writeln!(out, "WARNING: {UNATTESTED}")?;
        }
        for Fault { what, why, remedy, .. } in faults {
            writeln!(out, "{what}: {why}\n  {remedy}")?;
        }
        if faults.is_empty() {
            writeln!(out, "{url}: ready")?;
        }
        for (name, good) in said["honours"].as_object().into_iter().flatten() {
            writeln!(out, "  {name}: {good}")?;
        }
    }
    Ok(match faults {
        [] => Exit::Ok,
        faults if faults.iter().any(|fault| fault.configured) => Exit::Configuration,
        _ => Exit::Environment,
    })
}

fn as_json(entry: &Row) -> serde_json::Value {
    let Row { name, state, reason, identity, changed, remains, .. } = entry;
    json!({
        "attestation": name,
        "run-id": identity.as_ref().map(|run| &run.run_id),
        "state": state.word(),
        "code": reason.code(),
        "message": reason.message,
        "changed": changed,
        "remains": remains,
    })
}

/// Errors of printing.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ReportError {
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    #[error(transparent)]
    Output(#[from] io::Error),
    #[error("there is no run {0}; its id stands in the manifest, and in status without a run")]
    Unknown(String),
}
