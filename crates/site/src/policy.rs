//! Who may approve, revoke and release what.

use std::collections::BTreeSet;

use globset::Glob;
use serde::Deserialize;
use sluice_policy::entry::Entry;
use sluice_policy::signers::{AllowedSigners, Line, is_principal};

/// Roles, who holds them, and how many of each have to agree.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Policy {
    /// Distinct controllers whose signatures an entry needs; one by default.
    #[serde(default = "one")]
    pub entry_signatures: usize,
    /// Distinct holders of the role security whose signatures it needs besides; none by default.
    #[serde(default)]
    pub security_signatures: usize,
    /// Those who approve entries, and revoke.
    pub controller: Vec<Holder>,
    /// Those who look at an entry's code for the site, and revoke.
    #[serde(default)]
    pub security: Vec<Holder>,
    /// Those who judge held results. Nothing asks them yet: what is held stays so. The key is read for
    /// files that name them already, and for the warning that nobody could judge an output.
    #[serde(default)]
    pub checker: Vec<Holder>,
    /// What becomes of running jobs whose approval is taken back.
    #[serde(default)]
    pub revoked_jobs: RevokedJobs,
}

/// What becomes of a running job whose approval is taken back. Its results are held in any case.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RevokedJobs {
    /// It runs to its end.
    #[default]
    Leave,
    /// It is cancelled when its node hears of it.
    Cancel,
}

/// What somebody may speak for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Approves entries.
    Controller,
    /// Approves entries' code.
    Security,
    /// Releases results.
    Checker,
}

impl Role {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Controller, Self::Security, Self::Checker];
}

/// One holder of a role, and its reach; the keys stand in `allowed_signers`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Holder {
    /// Principal in `allowed_signers`.
    pub principal: String,
    /// Globs of entry names.
    #[serde(default = "all")]
    pub names: Vec<String>,
    /// Globs of data sets.
    #[serde(default = "all")]
    pub data: Vec<String>,
}

fn one() -> usize {
    1
}

fn all() -> Vec<String> {
    vec!["*".into()]
}

impl Policy {
    /// Whoever has a key may approve and revoke anything alone: for looking at a set without a site.
    pub fn any_of(signers: &AllowedSigners) -> Self {
        let holder =
            |line: &Line| Holder { principal: line.principal.clone(), names: all(), data: all() };
        Self {
            entry_signatures: one(),
            security_signatures: 0,
            controller: signers.lines().map(holder).collect(),
            security: Vec::new(),
            checker: Vec::new(),
            revoked_jobs: RevokedJobs::default(),
        }
    }

    /// Those who hold `role`.
    pub fn holders(&self, role: Role) -> &[Holder] {
        match role {
            Role::Controller => &self.controller,
            Role::Security => &self.security,
            Role::Checker => &self.checker,
        }
    }

    /// Whether `principal` holds `role` for the entry's name and all of its data.
    pub fn speaks_for(&self, role: Role, principal: &str, entry: &Entry) -> bool {
        self.holders(role).iter().any(|holder| {
            holder.principal == principal
                && reaches(&holder.names, &entry.name)
                && entry.data.iter().all(|data| reaches(&holder.data, &data.name))
        })
    }

    /// Whether `principal`'s signature on the entry counts at all.
    pub fn may_approve(&self, principal: &str, entry: &Entry) -> bool {
        [Role::Controller, Role::Security]
            .into_iter()
            .any(|role| self.speaks_for(role, principal, entry))
    }

    /// Whether `principal` may take something back; any approver may, for any name: it only takes
    /// away.
    pub fn may_revoke(&self, principal: &str) -> bool {
        self.controller.iter().chain(&self.security).any(|holder| holder.principal == principal)
    }

    /// How many signatures an entry needs.
    pub fn needed(&self) -> usize {
        self.entry_signatures + self.security_signatures
    }

    /// How many of the needed signatures these distinct principals give. Nobody counts in two
    /// roles at once: one person is not two.
    pub fn given<'a>(&self, principals: impl IntoIterator<Item = &'a str>, entry: &Entry) -> usize {
        let distinct: BTreeSet<&str> = principals.into_iter().collect();
        let hold = |role| move |name: &&&str| self.speaks_for(role, name, entry);
        let controllers = distinct.iter().filter(hold(Role::Controller)).count();
        let security = distinct.iter().filter(hold(Role::Security)).count();
        let either = distinct.iter().filter(|name| self.may_approve(name, entry)).count();
        // The largest matching of people to places, by König's theorem.
        either
            .min(controllers + self.security_signatures)
            .min(security + self.entry_signatures)
            .min(self.needed())
    }

    pub(crate) fn check(&self) -> Result<(), String> {
        for (key, value, holders) in [
            ("entry-signatures", self.entry_signatures, &self.controller),
            ("security-signatures", self.security_signatures, &self.security),
        ] {
            let least = usize::from(key == "entry-signatures");
            if !(least..=holders.len()).contains(&value) {
                let most = holders.len();
                return Err(format!(
                    "policy.{key} must be between {least} and the number of those who hold the role, {most}"
                ));
            }
        }
        for (key, holders) in [
            ("controller", &self.controller),
            ("security", &self.security),
            ("checker", &self.checker),
        ] {
            let mut seen = BTreeSet::new();
            for Holder { principal, names, data } in holders {
                if !is_principal(principal) {
                    return Err(format!("policy.{key}: {principal:?} is no principal"));
                }
                if !seen.insert(principal) {
                    return Err(format!("policy.{key}: {principal} stands there twice"));
                }
                for glob in names.iter().chain(data) {
                    Glob::new(glob).map_err(|error| format!("policy.{key}: {error}"))?;
                }
            }
        }
        Ok(())
    }
}

fn reaches(globs: &[String], name: &str) -> bool {
    globs.iter().any(|glob| Glob::new(glob).is_ok_and(|glob| glob.compile_matcher().is_match(name)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn policy(text: &str) -> Policy {
        sluice_policy::toml::read(text.as_bytes()).unwrap()
    }

    fn entry() -> Entry {
        let digest = sluice_policy::digest::Digest::of(b"x");
        let text = format!(
            "format = 1\nname = \"demo\"\nversion = \"1\"\ndigest = \"{digest}\"\nengine = \"sh\"\n\
             network = \"none\"\nsteps = \"none\"\nstdio = \"sealed\"\n[approval]\nby = \"a\"\n\
             proposal = \"P\"\npurpose = \"t\"\nrequester = \"b\"\nat = \"2026-07-01T12:00:00Z\"\n\
             [[data]]\nname = \"cohort\"\nat = \"/data/cohort\"\n\
             [[command]]\nscript = \"\"\"\n#!/bin/bash\ncat {{bundle}}/x\n\"\"\"\n"
        );
        Entry::parse(text.as_bytes()).unwrap()
    }

    #[test]
    fn nobody_counts_twice() {
        let policy = policy(
            "entry-signatures = 2\nsecurity-signatures = 1\ncontroller = [{principal = 'a'}, \
             {principal = 'b'}, {principal = 'x', data = ['other']}]\n\
             security = [{principal = 'b'}, {principal = 's'}]",
        );
        for (principals, given) in [
            (&["a", "b", "s"][..], 3),
            (&["a", "b"], 2),
            (&["a", "a", "a"], 1),
            (&["b"], 1),
            (&["b", "s"], 2),
            (&["s"], 1),
            (&["a", "s"], 2),
            (&["a", "x", "s"], 2),
            (&["nobody", "x"], 0),
        ] {
            assert_eq!(policy.given(principals.iter().copied(), &entry()), given, "{principals:?}");
        }
        assert!(policy.may_revoke("s") && policy.may_revoke("x") && !policy.may_revoke("nobody"));
    }
}
