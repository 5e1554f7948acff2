//! `sluice keys list`.

use std::path::Path;

use serde::Serialize;
use sluice_policy::revocation::Revoked;
use sluice_policy::signers::Line;
use sluice_policy::time::format;
use sluice_site::{Policy, Role};
use ssh_key::HashAlg;
use time::OffsetDateTime;

use crate::allowlist::{self, published};
use crate::exit::{Exit, Result};
use crate::output;

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct Key {
    principal: String,
    kind: String,
    fingerprint: String,
    /// What it may sign; anything if absent.
    namespaces: Option<Vec<String>>,
    valid_after: Option<String>,
    valid_before: Option<String>,
    /// Whether its signatures count now.
    valid: bool,
    /// Why it was taken back, if the published set does.
    revoked: Option<String>,
    roles: Vec<Held>,
}

/// A role, and what its holder speaks for.
#[derive(Serialize)]
struct Held {
    role: &'static str,
    names: Vec<String>,
    data: Vec<String>,
}

pub(super) fn run(signers: &Path, config: &Path, json: bool) -> Result<Exit> {
    let keys = allowlist::signers(signers)?;
    let policy = allowlist::site(config)?.policy;
    // A new site has none yet.
    let revoked = match published::set(None) {
        Ok(set) => set.revoked()?,
        Err(_) => Revoked::default(),
    };
    let now = OffsetDateTime::now_utc();
    let keys: Vec<Key> = keys.lines().map(|line| key(line, &policy, &revoked, now)).collect();
    if json {
        output::json(&keys)?;
    } else {
        keys.iter().try_for_each(print)?;
    }
    for (role, principal) in without_key(&policy, &keys) {
        output::note(format_args!("{principal} holds the role {role}, but has no valid key"));
    }
    Ok(Exit::Ok)
}

fn key(line: &Line, policy: &Policy, revoked: &Revoked, now: OffsetDateTime) -> Key {
    let fingerprint = line.key.fingerprint(HashAlg::Sha256).to_string();
    let revoked = revoked.key(&fingerprint).map(str::to_owned);
    Key {
        kind: line.key.algorithm().to_string(),
        namespaces: line.namespaces.clone(),
        valid_after: line.valid_after.map(format),
        valid_before: line.valid_before.map(format),
        valid: revoked.is_none() && line.is_valid(now),
        roles: roles(policy, &line.principal),
        principal: line.principal.clone(),
        fingerprint,
        revoked,
    }
}

fn roles(policy: &Policy, principal: &str) -> Vec<Held> {
    let held = |role| {
        let holders = policy.holders(role).iter().filter(|holder| holder.principal == principal);
        holders.map(move |holder| Held {
            role: word(role),
            names: holder.names.clone(),
            data: holder.data.clone(),
        })
    };
    Role::ALL.into_iter().flat_map(held).collect()
}

/// Holders of a role whose signature can't count for want of a key.
fn without_key<'a>(policy: &'a Policy, keys: &[Key]) -> Vec<(&'static str, &'a str)> {
    let has_key = |name: &str| keys.iter().any(|key| key.valid && key.principal == name);
    let of = |role| policy.holders(role).iter().map(move |it| (word(role), it.principal.as_str()));
    Role::ALL.into_iter().flat_map(of).filter(|(_, name)| !has_key(name)).collect()
}

fn word(role: Role) -> &'static str {
    match role {
        Role::Controller => "controller",
        Role::Security => "security",
        Role::Checker => "checker",
    }
}

fn print(key: &Key) -> Result<()> {
    output::line(format_args!("{}  {} {}", key.principal, key.kind, key.fingerprint))?;
    let signs = key.namespaces.as_ref().map_or("anything".into(), |names| names.join(", "));
    output::line(format_args!("  signs    {signs}"))?;
    let from = key.valid_after.as_ref().map(|at| format!("from {at} "));
    let until = key.valid_before.as_ref().map(|at| format!("until {at}"));
    let times = [from, until].into_iter().flatten().collect::<String>();
    if !times.is_empty() {
        let now = if key.valid || key.revoked.is_some() { "" } else { ", not now" };
        output::line(format_args!("  valid    {}{now}", times.trim_end()))?;
    }
    for Held { role, names, data } in &key.roles {
        let reach = [("names", names), ("data", data)].into_iter().filter(|(_, it)| *it != &["*"]);
        let reach: String =
            reach.map(|(what, globs)| format!(", {what} {}", globs.join(" "))).collect();
        output::line(format_args!("  role     {role}{reach}"))?;
    }
    match &key.revoked {
        Some(why) => output::line(format_args!("  revoked  {why}")),
        None => Ok(()),
    }
}
