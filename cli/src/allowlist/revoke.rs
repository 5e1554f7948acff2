//! `sluice allowlist revoke`.

use std::collections::BTreeSet;

use serde::Serialize;
use sluice_policy::attestation::Predicate;
use sluice_policy::digest::Digest;
use sluice_policy::revocation::{Revoked, RevokedDigest, RevokedKey};
use sluice_site::Site;
use ssh_key::{HashAlg, SshSig};
use time::OffsetDateTime;

use super::draft::{Draft, REVOKED, entry_file, signature};
use super::released::{self, Released};
use crate::args::allowlist::Revoke;
use crate::exit::{Exit, Failure, Result};
use crate::output;

#[derive(Serialize)]
struct Report {
    /// Whether the set already said so.
    already: bool,
    /// Runs whose results have left; none is known where the spool can't be read.
    published: Option<Vec<Released>>,
}

pub(super) fn run(args: &Revoke) -> Result<Exit> {
    let draft = Draft::open(&args.set)?;
    let mut revoked = draft.revoked()?;
    let digest: Option<Digest> =
        args.digest.as_deref().map(str::parse).transpose().map_err(Failure::usage)?;
    let already = match (&digest, &args.key) {
        (Some(digest), _) => revoked.digest(digest).is_some(),
        (None, Some(key)) => revoked.key(key).is_some(),
        (None, None) => return Err(Failure::usage("give --digest or --key")),
    };
    if already {
        output::note("already revoked");
    } else {
        let (why, at) = (args.why.clone(), OffsetDateTime::now_utc());
        match (digest, &args.key) {
            (Some(digest), _) => revoked.digests.push(RevokedDigest { digest, why, at }),
            (None, key) => {
                let fingerprint = key.clone().unwrap_or_default();
                revoked.keys.push(RevokedKey { fingerprint, why, at });
            }
        }
        let text = revoked.to_toml().map_err(Failure::bad)?;
        Revoked::parse(text.as_bytes()).map_err(Failure::usage)?;
        draft.write_signed(REVOKED, text.as_bytes())?;
        output::note("revoked once the set is signed and pushed: sluice allowlist sign, push");
    }
    let signed = match &args.key {
        Some(key) => signed_by(&draft, key)?,
        None => BTreeSet::new(),
    };
    let published = list(|run| match digest {
        Some(digest) => {
            [Some(run.digest), run.runtime_digest, Some(run.entry_digest)].contains(&Some(digest))
        }
        None => signed.contains(&run.entry_digest),
    })?;
    if args.json {
        output::json(&Report { already, published })?;
    }
    Ok(Exit::Ok)
}

/// Digests of the entries that carry a signature of this key.
fn signed_by(draft: &Draft, fingerprint: &str) -> Result<BTreeSet<Digest>> {
    let mut signed = BTreeSet::new();
    for id in draft.entries()? {
        let file = entry_file(&id);
        for principal in draft.signers(&file)? {
            let made = SshSig::from_pem(draft.read(&signature(&file, &principal))?);
            let key = made.map(|made| made.public_key().fingerprint(HashAlg::Sha256).to_string());
            if key.is_ok_and(|key| key == fingerprint) {
                signed.insert(Digest::of(&draft.read(&file)?));
            }
        }
    }
    Ok(signed)
}

/// Prints the published runs concerned. Not every host can tell.
fn list(concerns: impl Fn(&Predicate) -> bool) -> Result<Option<Vec<Released>>> {
    let unknown = |why: &dyn std::fmt::Display| {
        output::note(format_args!(
            "which runs were published is known on the crawler's host to root ({why})"
        ));
        None
    };
    let site = match Site::load() {
        Ok(site) => site,
        Err(error) => return Ok(unknown(&error)),
    };
    let runs = match released::runs(&site, concerns) {
        Ok(runs) => runs,
        Err(failure) => return Ok(unknown(&failure.message)),
    };
    for run in &runs {
        output::note(format_args!("published already: {run}"));
    }
    if runs.is_empty() {
        output::note("no run that rests on it was published");
    }
    Ok(Some(runs))
}
