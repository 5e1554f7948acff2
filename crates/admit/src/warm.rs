//! Filling the store before a job needs it.

use std::path::PathBuf;

use serde::Serialize;
use sluice_protocol::Code;
use sluice_site::Site;
use sluice_site::paths::Roots;
use sluice_site::sets::Sets;
use time::OffsetDateTime;

use crate::decide::{bundles, installed};
use crate::pulse::Pulse;
use crate::refused::Refused;
use crate::store::{Scrubbed, Store};

/// A bundle that is verified and ready on this node.
#[derive(Debug, Serialize)]
pub struct Warmed {
    /// Its digest, `sha256:…`.
    pub digest: String,
    /// Where it was found.
    pub source: PathBuf,
    /// Where jobs run it from.
    pub place: PathBuf,
}

/// Verifies the bundles of the entry `NAME@VERSION`, however long it takes.
pub fn warm(
    id: &str,
    roots: &Roots,
    now: OffsetDateTime,
    pulse: &mut Pulse,
) -> Result<Vec<Warmed>, String> {
    provide(id, roots, now, pulse)
        .map_err(|refused| format!("{}: {}", refused.code, refused.message))
}

/// Hashes every copy of the node's store again.
pub fn scrub(roots: &Roots, pulse: &mut Pulse) -> Result<Vec<Scrubbed>, String> {
    let mut scrub = || {
        let site = Site::read(&roots.etc.join("sluice.toml"))
            .map_err(|error| Refused::new(Code::ConfigurationInvalid, error))?;
        Store::open(roots, &site.store)?.scrub(pulse)
    };
    scrub().map_err(|refused| format!("{}: {}", refused.code, refused.message))
}

fn provide(
    id: &str,
    roots: &Roots,
    now: OffsetDateTime,
    pulse: &mut Pulse,
) -> Result<Vec<Warmed>, Refused> {
    let site = Site::read(&roots.etc.join("sluice.toml"))
        .map_err(|error| Refused::new(Code::ConfigurationInvalid, error))?;
    let sets = Sets::open_below(&site, &roots.etc, &roots.state)?;
    let set = sets.current(now)?;
    let entry = set.entry(id, now)?.entry;
    let (workflow, runtime) = installed(&entry, &site)?;
    let store = Store::open(roots, &site.store)?;
    bundles(&entry, &set, &workflow, runtime.as_ref())
        .map(|bundle| {
            store.provide(&bundle, pulse)?;
            Ok(Warmed {
                digest: bundle.digest.to_string(),
                source: bundle.source().into(),
                place: store.place(&bundle),
            })
        })
        .collect()
}
