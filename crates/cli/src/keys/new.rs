//! `sluice keys new`: ssh-keygen makes the key and asks for its passphrase.

use std::process::Command;

use sluice_policy::signers::is_principal;

use crate::args::keys::NewKey;
use crate::exit::{Doing, Exit, Failure, Result};
use crate::output;

/// Rounds of the function that makes a key of a passphrase: about a second for each guess.
const ROUNDS: &str = "100";

pub(super) fn run(args: &NewKey) -> Result<Exit> {
    if !is_principal(&args.principal) {
        return Err(Failure::usage("--as takes a principal of letters, digits and . _ + @ -"));
    }
    let kind = if args.security_key { "ed25519-sk" } else { "ed25519" };
    let status = Command::new("ssh-keygen")
        .args(["-q", "-t", kind, "-a", ROUNDS, "-C", &args.principal, "-f"])
        .arg(&args.file)
        .status()
        .doing(|| "run ssh-keygen")?;
    if !status.success() {
        return Err(Failure::environment("ssh-keygen made no key; its own message stands above"));
    }
    output::note(format_args!(
        "hand {file}.pub to the administrator: sluice keys add {file}.pub --as {}",
        args.principal,
        file = args.file.display()
    ));
    Ok(Exit::Ok)
}
