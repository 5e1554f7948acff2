//! Files that people name, read within bounds.

use std::fs::File;
use std::path::Path;

use sluice_policy::openssh;
use sluice_site::paths::CLUSTER_KEY;
use sluice_sys::read_limited;
use sluice_sys::trusted::read_trusted;
use ssh_key::PublicKey;

use crate::exit::{Doing, Failure, Result};

/// Upper bound of a public key's file, in bytes.
pub(crate) const MAX_KEY: usize = 64 << 10;

/// A file of at most `max` bytes.
pub(crate) fn file(path: &Path, max: usize) -> Result<Vec<u8>> {
    File::open(path)
        .and_then(|file| read_limited(file.into(), max))
        .doing(|| format!("read {}", path.display()))
}

/// The public key that certifies the nodes'. This site's own has to be one that only root can have
/// changed; whoever names another one trusts it.
pub(crate) fn cluster_key(path: &Path) -> Result<PublicKey> {
    let bytes = if path == Path::new(CLUSTER_KEY) {
        read_trusted(path, MAX_KEY).map_err(Failure::configuration)?
    } else {
        file(path, MAX_KEY)?
    };
    openssh::public_key(&String::from_utf8_lossy(&bytes)).ok_or_else(|| {
        Failure::configuration(format_args!("{} is no OpenSSH public key", path.display()))
    })
}
