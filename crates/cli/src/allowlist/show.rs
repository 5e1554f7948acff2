//! `sluice allowlist show`.

use std::path::Path;

use serde::Serialize;
use sluice_policy::set::{INDEX, REVOKED};
use sluice_policy::time::format;
use time::OffsetDateTime;

use super::draft::Draft;
use super::line::{Line, by};
use crate::exit::{Exit, Result};
use crate::output;

#[derive(Serialize)]
struct Set {
    serial: u64,
    issued: String,
    expires: String,
    expired: bool,
    signers: Vec<String>,
    entries: Vec<Line>,
    revoked: Vec<String>,
    revocation_signers: Vec<String>,
}

pub(super) fn run(draft_of: Option<&Path>, json: bool) -> Result<Exit> {
    let published = Path::new(sluice_site::paths::ALLOWLIST).join("current");
    let draft = Draft::open(draft_of.unwrap_or(&published))?;
    let set = gather(&draft)?;
    if json {
        output::json(&set)?;
    } else {
        print(&set)?;
    }
    if draft_of.is_some() {
        output::note("whose signatures these really are, sluice allowlist verify tells");
    }
    Ok(Exit::Ok)
}

fn gather(draft: &Draft) -> Result<Set> {
    let index = draft.index()?;
    let mut entries = Vec::new();
    for id in draft.entries()? {
        entries.push(Line::of(draft, draft.entry(&id)?)?);
    }
    let revoked = draft.revoked()?;
    let digests = revoked.digests.into_iter().map(|taken| (taken.digest.to_string(), taken.why));
    let keys = revoked.keys.into_iter().map(|taken| (taken.fingerprint, taken.why));
    Ok(Set {
        serial: index.serial,
        issued: format(index.issued),
        expires: format(index.expires),
        expired: index.expires <= OffsetDateTime::now_utc(),
        signers: draft.signers(INDEX)?,
        entries,
        revoked: digests.chain(keys).map(|(what, why)| format!("{what}: {why}")).collect(),
        revocation_signers: draft.signers(REVOKED)?,
    })
}

fn print(set: &Set) -> Result<()> {
    let verb = if set.expired { "expired" } else { "valid until" };
    output::line(format_args!(
        "serial {}, {verb} {}, {}",
        set.serial,
        set.expires,
        by(&set.signers)
    ))?;
    for line in &set.entries {
        output::line(format_args!("{}  {}", line.entry, by(&line.signers)))?;
        for line in line.lines() {
            output::line(format_args!("  {line}"))?;
        }
    }
    for taken in &set.revoked {
        output::line(format_args!("revoked {taken}, {}", by(&set.revocation_signers)))?;
    }
    Ok(())
}
