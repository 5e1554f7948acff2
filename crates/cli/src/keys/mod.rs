//! `sluice keys`: whose keys approve and publish. The keys themselves are OpenSSH's.

mod change;
mod list;
mod new;

use std::path::Path;

use sluice_policy::signers::MAX_BYTES;
use sluice_policy::{entry, index};

use crate::args::keys::{Keys, Purpose};
use crate::exit::{Exit, Failure, Result};
use crate::read;

pub(crate) fn run(command: &Keys) -> Result<Exit> {
    match command {
        Keys::List { signers, config, json } => list::run(signers, config, *json),
        Keys::New(args) => new::run(args),
        Keys::Add(args) => change::add(args),
        Keys::Retire(args) => change::retire(args),
    }
}

/// The text of an `allowed_signers` file.
fn allowed_signers(path: &Path) -> Result<String> {
    String::from_utf8(read::file(path, MAX_BYTES)?)
        .map_err(|_| Failure::configuration(format_args!("{} is not UTF-8", path.display())))
}

impl Purpose {
    /// The namespace of its signatures.
    fn namespace(self) -> &'static str {
        match self {
            Self::Entry => entry::NAMESPACE,
            Self::Index => index::NAMESPACE,
        }
    }
}
