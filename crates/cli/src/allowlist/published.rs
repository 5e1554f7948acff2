//! The published set as any user reads it. Nothing is decided here, so signatures aren't checked:
//! the nodes do that, and only root can write what lies here.

use std::path::Path;

use sluice_policy::digest::Digest;
use sluice_policy::entry::{Entry, is_entry_id};
use sluice_policy::manifest::Manifest;
use sluice_policy::set::{entry_file, manifest_file};
use sluice_site::paths::ALLOWLIST;

use super::draft::Draft;
use crate::exit::{Failure, Result};

/// The set at `dir`; without one the published one.
pub(crate) fn set(dir: Option<&Path>) -> Result<Draft> {
    if let Some(dir) = dir {
        return Draft::open(dir);
    }
    Draft::open(&Path::new(ALLOWLIST).join("current")).map_err(|_| {
        Failure::configuration(
            "no allowlist is published on this host; publish one with sluice allowlist push",
        )
    })
}

/// The published entry `NAME@VERSION`.
pub(crate) fn entry(id: &str) -> Result<Entry> {
    entry_of(&set(None)?, id)
}

/// The entry `NAME@VERSION` of a set.
pub(crate) fn entry_of(set: &Draft, id: &str) -> Result<Entry> {
    if !is_entry_id(id) {
        return Err(Failure::usage(format_args!("{id} is not of the form NAME@VERSION")));
    }
    if !set.has(&entry_file(id)) {
        return Err(Failure::bad(format_args!(
            "{id} is not on the allowlist; sluice allowlist show lists what is"
        )));
    }
    set.entry(id)
}

/// The manifest that a digest stands for, from the published set.
pub(crate) fn manifest(digest: &Digest) -> Result<Manifest> {
    manifest_of(&set(None)?, digest)
}

/// The manifest that a digest stands for.
pub(crate) fn manifest_of(set: &Draft, digest: &Digest) -> Result<Manifest> {
    Manifest::parse(&set.read(&manifest_file(digest))?).map_err(Failure::bad)
}
