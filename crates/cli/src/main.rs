//! Sluice's command line for data controllers, admins, output checkers and researchers.
#![forbid(unsafe_code)]

mod allowlist;
mod args;
mod attest;
mod audit;
mod check;
mod diff;
mod explain;
mod freeze;
mod frozen;
mod image;
mod install;
mod keys;
mod output;
mod progress;
mod read;
mod release;
mod results;
mod run_dir;
mod sanitize;
mod slurm;
mod spool;
mod submit;
mod told;
mod tree;
mod verify;
mod warm;

use std::process::ExitCode;

use clap::Parser;

use args::job::Attest;
use args::{Cli, Command};
use exit::{Failure, Result};
use sluice_site::{Site, exit};

fn main() -> ExitCode {
    let result = match Cli::parse().command {
        Command::Freeze(args) => freeze::run(&args),
        Command::Verify(args) => verify::run(&args),
        Command::Diff(args) => diff::run(&args),
        Command::Install(args) => install::run(&args),
        Command::Image(command) => image::run(&command),
        Command::Allowlist(command) => allowlist::run(command),
        Command::Keys(command) => keys::run(&command),
        Command::Submit(args) => submit::run(&args),
        Command::Results(args) => results::run(&args),
        Command::Output(command) => release::run(&command),
        Command::Attest(Attest::Verify(args)) => attest::verify(&args),
        Command::Check(args) => check::run(&args),
        Command::Warm(args) => warm::run(&args),
        Command::Explain(args) => explain::run(&args),
        Command::Audit(command) => audit::run(command),
    };
    exit::end("sluice", result)
}

/// This host's configuration.
fn configured() -> Result<Site> {
    Site::load().map_err(Failure::configuration)
}
