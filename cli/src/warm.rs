//! `sluice warm`: fills this node's store ahead, by the program that would do it for a job.

use std::path::PathBuf;
use std::process::Command;

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

pub(crate) fn run(args: &Warm) -> Result<Exit> {
    if !is_entry_id(&args.entry) {
        return Err(Failure::usage(format_args!("{} is not of the form NAME@VERSION", args.entry)));
    }
    if !rustix::process::geteuid().is_root() {
        let message = "the store is root's: run sluice warm as root, on each node";
        return Err(Failure::new(Exit::NotPermitted, message));
    }
    let output = Command::new(ADMIT_PROGRAM)
        .args(["warm", &args.entry])
        .output()
        .doing(|| format!("run {ADMIT_PROGRAM}"))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        return Err(Failure::bad(said.trim().trim_start_matches("sluice-admit: ")));
    }
    let warmed: Vec<Warmed> = serde_json::from_slice(&output.stdout)
        .map_err(|error| Failure::environment(format_args!("{ADMIT_PROGRAM}: {error}")))?;
    if args.json {
        output::json(&warmed)?;
    } else {
        for Warmed { digest, source, .. } in &warmed {
            output::line(format_args!("ready  {digest}  {}", source.display()))?;
        }
    }
    Ok(Exit::Ok)
}
