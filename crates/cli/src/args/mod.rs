//! The command line as people type it.

pub(crate) mod allowlist;
pub(crate) mod audit;
pub(crate) mod bundle;
pub(crate) mod image;
pub(crate) mod job;
pub(crate) mod keys;
pub(crate) mod output;

use clap::{Args, Parser, Subcommand};

use allowlist::Allowlist;
use audit::Audit;
use bundle::{Diff, Freeze, Install, Verify, Warm};
use image::Image;
use job::{Attest, Explain, Results, Submit};
use keys::Keys;
use output::Output;

/// Signed workflows in, released results out: Sluice on the command line.
#[derive(Parser)]
#[command(name = "sluice", version, max_term_width = 100, arg_required_else_help = true)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Write the manifest of a bundle and print its digest
    Freeze(Freeze),
    /// Compare a bundle with its manifest or with its published entry
    Verify(Verify),
    /// Show what differs between an approved version and a bundle; exit code 1 if anything
    Diff(Diff),
    /// Install an approved bundle where jobs find it
    Install(Install),
    /// Make and look into images: a bundle in one file
    #[command(subcommand)]
    Image(Image),
    /// Prepare, sign, check and publish the set of approved workflows
    #[command(subcommand)]
    Allowlist(Allowlist),
    /// Make, list and change the keys of those who approve and publish
    #[command(subcommand)]
    Keys(Keys),
    /// Run an approved workflow
    Submit(Submit),
    /// Say where a run's results are, or why they are held
    Results(Results),
    /// Try release rules on files before anybody approves them
    #[command(subcommand)]
    Output(Output),
    /// Look into the attestation of a run
    #[command(subcommand)]
    Attest(Attest),
    /// Find what is misconfigured on this host
    Check(Check),
    /// Copy and verify an approved workflow on this node before a job needs it
    Warm(Warm),
    /// Say why a job was refused, or where a script isn't what an entry approves
    Explain(Explain),
    /// Check, read and sum up this node's audit log
    #[command(subcommand)]
    Audit(Audit),
}

#[derive(Args)]
pub(crate) struct Check {
    /// Print the findings as JSON
    #[arg(long)]
    pub(crate) json: bool,
}
