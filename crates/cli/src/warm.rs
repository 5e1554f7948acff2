//! `sluice warm`: fills this node's store ahead, by the program that would do it for a job, or hashes
//! all of it again.

use std::path::PathBuf;
use std::process::Command;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use sluice_policy::entry::is_entry_id;
use sluice_protocol::ADMIT_PROGRAM;

use crate::args::bundle::Warm;
use crate::exit::{Doing, Exit, Failure, Result};
use crate::output;

/// A bundle that is ready.
#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Warmed {
    digest: String,
    source: PathBuf,
    place: PathBuf,
}

/// A copy that was hashed again.
#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Scrubbed {
    digest: String,
    intact: bool,
}

pub(crate) fn run(args: &Warm) -> Result<Exit> {
    let entry = args.entry.as_deref();
    if let Some(entry) = entry.filter(|entry| !is_entry_id(entry)) {
        return Err(Failure::usage(format_args!("{entry} is not of the form NAME@VERSION")));
    }
    if !rustix::process::geteuid().is_root() {
        let message = "the store is root's: run sluice warm as root, on each node";
        return Err(Failure::new(Exit::NotPermitted, message));
    }
    match entry {
        Some(entry) => warm(entry, args.json),
        None => scrub(args.json),
    }
}

fn warm(entry: &str, json: bool) -> Result<Exit> {
    let warmed: Vec<Warmed> = admit(&["warm", entry])?;
    if json {
        output::json(&warmed)?;
    } else {
        for Warmed { digest, source, .. } in &warmed {
            output::line(format_args!("ready  {digest}  {}", source.display()))?;
        }
    }
    Ok(Exit::Ok)
}

fn scrub(json: bool) -> Result<Exit> {
    let scrubbed: Vec<Scrubbed> = admit(&["scrub"])?;
    if json {
        output::json(&scrubbed)?;
    } else {
        for Scrubbed { digest, intact } in &scrubbed {
            output::line(format_args!(
                "{}  {digest}",
                if *intact { "intact " } else { "altered" }
            ))?;
        }
    }
    let good = scrubbed.iter().all(|copy| copy.intact);
    Ok(if good { Exit::Ok } else { Exit::NotAsItShould })
}

/// What sluice-admit answers.
fn admit<T: DeserializeOwned>(words: &[&str]) -> Result<T> {
    let output = Command::new(ADMIT_PROGRAM)
        .args(words)
        .output()
        .doing(|| format!("run {ADMIT_PROGRAM}"))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        return Err(Failure::bad(said.trim().trim_start_matches("sluice-admit: ")));
    }
    serde_json::from_slice(&output.stdout)
        .map_err(|error| Failure::environment(format_args!("{ADMIT_PROGRAM}: {error}")))
}
