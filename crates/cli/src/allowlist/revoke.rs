//! `sluice allowlist revoke`.

use std::collections::BTreeSet;
use std::fmt::Display;
use std::path::Path;

use serde::Serialize;
use sluice_policy::attestation::Basis;
use sluice_policy::digest::Digest;
use sluice_policy::revocation::{Revoked, RevokedDigest, RevokedKey};
use sluice_policy::set::{INDEX, REVOKED, entry_file, signature_file};
use sluice_site::Site;
use sluice_site::paths::ALLOWED_SIGNERS;
use ssh_key::{HashAlg, SshSig};
use time::OffsetDateTime;

use super::draft::Draft;
use super::released::{self, Released};
use super::{published, verify};
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
    let before = (revoked.digests.len(), revoked.keys.len());
    let (why, at) = (&args.why, OffsetDateTime::now_utc());
    let digests = digests(args, &draft)?;
    for &digest in &digests {
        if revoked.digest(&digest).is_none() {
            revoked.digests.push(RevokedDigest { digest, why: why.clone(), at });
        }
    }
    if let Some(fingerprint) = args.key.clone().filter(|key| revoked.key(key).is_none()) {
        revoked.keys.push(RevokedKey { fingerprint, why: why.clone(), at });
    }
    let text = revoked.to_toml().map_err(Failure::bad)?;
    Revoked::parse(text.as_bytes()).map_err(Failure::usage)?;
    let (new_digests, new_keys) = (&revoked.digests[before.0..], &revoked.keys[before.1..]);
    for RevokedDigest { digest, .. } in new_digests {
        known(args, has_digest(&draft, digest)?, digest)?;
    }
    for RevokedKey { fingerprint, .. } in new_keys {
        known(args, has_key(&draft, fingerprint)?, fingerprint)?;
    }
    let already = new_digests.is_empty() && new_keys.is_empty();
    if already {
        output::note("already revoked");
    } else {
        draft.write_signed(REVOKED, text.as_bytes())?;
        output::note("revoked once the set is signed and pushed: sluice allowlist sign, push");
    }
    let signed = match &args.key {
        Some(key) => signed_by(&draft, key)?,
        None => BTreeSet::new(),
    };
    let published = list(|basis| {
        basis.digests().any(|digest| digests.contains(&digest))
            || signed.contains(&basis.entry_digest)
    })?;
    if args.json {
        output::json(&Report { already, published })?;
    }
    Ok(Exit::Ok)
}

/// The digests to take back: one, or those of an entry.
fn digests(args: &Revoke, draft: &Draft) -> Result<Vec<Digest>> {
    if let Some(digest) = &args.digest {
        return Ok(vec![digest.parse().map_err(Failure::usage)?]);
    }
    let Some(id) = &args.entry else { return Ok(Vec::new()) };
    let bundle = published::entry_of(draft, id)?.digest;
    for (other, entry) in draft.readable_entries()? {
        if other != *id && entry.digest == bundle {
            output::note(format_args!("{other} has the same bundle, and is taken back with it"));
        }
    }
    Ok(vec![bundle, Digest::of(&draft.read(&entry_file(id))?)])
}

/// A typo takes nothing back, and must not look as if it did.
fn known(args: &Revoke, has: bool, what: &dyn Display) -> Result<()> {
    if args.anyway || has {
        return Ok(());
    }
    Err(Failure::bad(format_args!(
        "nothing here has {what}, and nothing is taken back: compare it with sluice allowlist \
         show and sluice keys list, name an entry with --entry, or take it back --anyway"
    )))
}

/// Whether an entry, its bundle or its runtime has this digest.
fn has_digest(draft: &Draft, digest: &Digest) -> Result<bool> {
    for id in draft.entries()? {
        if Digest::of(&draft.read(&entry_file(&id))?) == *digest {
            return Ok(true);
        }
    }
    let entries = draft.readable_entries()?;
    Ok(entries.into_iter().any(|(_, entry)| {
        let runtime = entry.runtime.map(|runtime| runtime.digest);
        [Some(entry.digest), runtime].contains(&Some(*digest))
    }))
}

/// Whether something in the set is signed with this key, or this host's `allowed_signers` has it.
fn has_key(draft: &Draft, fingerprint: &str) -> Result<bool> {
    for file in [INDEX, REVOKED] {
        if is_signed_by(draft, file, fingerprint)? {
            return Ok(true);
        }
    }
    let listed = verify::signers(Path::new(ALLOWED_SIGNERS)).is_ok_and(|signers| {
        signers.lines().any(|line| line.key.fingerprint(HashAlg::Sha256).to_string() == fingerprint)
    });
    Ok(listed || !signed_by(draft, fingerprint)?.is_empty())
}

/// Digests of the entries that carry a signature of this key.
fn signed_by(draft: &Draft, fingerprint: &str) -> Result<BTreeSet<Digest>> {
    let mut signed = BTreeSet::new();
    for id in draft.entries()? {
        let file = entry_file(&id);
        if is_signed_by(draft, &file, fingerprint)? {
            signed.insert(Digest::of(&draft.read(&file)?));
        }
    }
    Ok(signed)
}

fn is_signed_by(draft: &Draft, file: &str, fingerprint: &str) -> Result<bool> {
    for principal in draft.signers(file)? {
        let made = SshSig::from_pem(draft.read(&signature_file(file, &principal))?);
        let key = made.map(|made| made.public_key().fingerprint(HashAlg::Sha256).to_string());
        if key.is_ok_and(|key| key == fingerprint) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Prints the published runs concerned. Not every host can tell.
fn list(concerns: impl Fn(&Basis) -> bool) -> Result<Option<Vec<Released>>> {
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
