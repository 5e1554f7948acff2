//! `sluice allowlist`.

mod add;
mod draft;
mod new;
mod publish;
pub(crate) mod published;
mod revoke;
mod show;
mod sign;
mod verify;

pub(crate) use verify::signers;

use crate::args::Allowlist;
use crate::exit::{Exit, Result};

pub(crate) fn run(command: Allowlist) -> Result<Exit> {
    match command {
        Allowlist::New { dir, valid } => new::run(&dir, valid),
        Allowlist::Add { set, entry, bundle, runtime } => {
            add::run(&set, &entry, &bundle, runtime.as_deref())
        }
        Allowlist::Revoke { set, digest, key, why } => {
            revoke::run(&set, digest.as_deref(), key.as_deref(), &why)
        }
        Allowlist::Sign(args) => sign::run(&args),
        Allowlist::Verify { set, signers, config, json } => {
            verify::run(&set, &signers, config.as_deref(), json)
        }
        Allowlist::Publish { set, to, signers, config } => {
            publish::run(&set, &to, &signers, &config)
        }
        Allowlist::Show { set, json } => show::run(set.as_deref(), json),
    }
}
