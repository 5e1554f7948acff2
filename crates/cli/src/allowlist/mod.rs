//! `sluice allowlist`.

mod add;
mod consent;
mod diff;
mod draft;
mod force;
mod git;
mod line;
mod new;
mod nextflow;
mod nodes;
pub(crate) mod published;
mod push;
mod released;
mod remove;
mod revoke;
mod running;
mod show;
mod shown;
mod sign;
mod status;
mod verify;
mod warnings;

pub(crate) use verify::{signers, site};

use crate::args::allowlist::Allowlist;
use crate::exit::{Exit, Result};

pub(crate) fn run(command: Allowlist) -> Result<Exit> {
    match command {
        Allowlist::New { dir, valid } => new::run(&dir, valid),
        Allowlist::Add(args) => add::run(&args),
        Allowlist::Revoke(args) => revoke::run(&args),
        Allowlist::Sign(args) => sign::run(&args),
        Allowlist::Verify { set, signers, config, json } => {
            verify::run(&set, &signers, config.as_deref(), json)
        }
        Allowlist::Remove { set, entry } => remove::run(&set, &entry),
        Allowlist::Diff { set, against, json } => diff::run(&set, against.as_deref(), json),
        Allowlist::Push(args) => push::run(&args),
        Allowlist::Status(args) => status::run(&args),
        Allowlist::Show { set, json } => show::run(set.as_deref(), json),
    }
}
