//! `sluice allowlist revoke`.

use std::path::Path;

use sluice_policy::revocation::{Revoked, RevokedDigest, RevokedKey};
use time::OffsetDateTime;

use super::draft::{Draft, REVOKED};
use crate::exit::{Exit, Failure, Result};
use crate::output;

pub(super) fn run(set: &Path, digest: Option<&str>, key: Option<&str>, why: &str) -> Result<Exit> {
    let draft = Draft::open(set)?;
    let mut revoked = match draft.has(REVOKED) {
        true => Revoked::parse(&draft.read(REVOKED)?).map_err(Failure::bad)?,
        false => Revoked::default(),
    };
    let (why, at) = (why.to_owned(), OffsetDateTime::now_utc());
    if let Some(digest) = digest {
        let digest = digest.parse().map_err(Failure::usage)?;
        if revoked.digest(&digest).is_some() {
            return already();
        }
        revoked.digests.push(RevokedDigest { digest, why, at });
    } else if let Some(fingerprint) = key {
        if revoked.key(fingerprint).is_some() {
            return already();
        }
        revoked.keys.push(RevokedKey { fingerprint: fingerprint.into(), why, at });
    }
    let text = revoked.to_toml().map_err(Failure::bad)?;
    Revoked::parse(text.as_bytes()).map_err(Failure::usage)?;
    draft.write_signed(REVOKED, text.as_bytes())?;
    output::note("revoked once the set is signed and published: sluice allowlist sign, publish");
    Ok(Exit::Ok)
}

fn already() -> Result<Exit> {
    output::note("already revoked");
    Ok(Exit::Ok)
}
