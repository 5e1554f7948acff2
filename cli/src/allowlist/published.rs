//! The published set as any user reads it. Nothing is decided here, so signatures aren't checked:
//! the nodes do that, and only root can write what lies here.

use std::path::Path;

use sluice_policy::digest::Digest;
use sluice_policy::entry::{Entry, is_entry_id};
use sluice_policy::manifest::Manifest;
use sluice_site::paths::ALLOWLIST;

use super::draft::{Draft, entry_file, manifest_file};
use crate::exit::{Failure, Result};

fn current() -> Result<Draft> {
    Draft::open(&Path::new(ALLOWLIST).join("current")).map_err(|_| {
        Failure::configuration(
            "no allowlist is published on this host; publish one with sluice allowlist publish",
        )
    })
}

/// The entry `NAME@VERSION`.
pub(crate) fn entry(id: &str) -> Result<Entry> {
    if !is_entry_id(id) {
        return Err(Failure::usage(format_args!("{id} is not of the form NAME@VERSION")));
    }
    let (set, file) = (current()?, entry_file(id));
    if !set.has(&file) {
        return Err(Failure::bad(format_args!(
            "{id} is not on the allowlist; sluice allowlist show lists what is"
        )));
    }
    Entry::parse(&set.read(&file)?).map_err(|error| Failure::bad(format_args!("{id}: {error}")))
}

/// The manifest that a digest stands for.
pub(crate) fn manifest(digest: &Digest) -> Result<Manifest> {
    Manifest::parse(&current()?.read(&manifest_file(digest))?).map_err(Failure::bad)
}
