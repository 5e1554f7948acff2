//! `sluice allowlist verify`: what a node checks, without stopping at the first problem.

use std::path::Path;

use serde::Serialize;
use sluice_policy::digest::Digest;
use sluice_policy::entry::{self, Entry};
use sluice_policy::index::{self, Index};
use sluice_policy::manifest::Manifest;
use sluice_policy::revocation::{self, Revoked};
use sluice_policy::signature::{self, Signer};
use sluice_policy::signers::AllowedSigners;
use sluice_policy::time::format;
use sluice_site::{Policy, Site};
use time::OffsetDateTime;

use super::draft::{self, Draft, INDEX, REVOKED, entry_file, manifest_file};
use crate::exit::{Exit, Failure, Result};
use crate::{output, read};

/// Upper bound of `allowed_signers` and of a configuration, in bytes.
const MAX_BYTES: usize = 1 << 20;

#[derive(Serialize)]
struct Report<'a> {
    serial: u64,
    expires: String,
    entries: usize,
    problems: &'a [String],
}

pub(super) fn run(set: &Path, keys: &Path, config: Option<&Path>, json: bool) -> Result<Exit> {
    let draft = Draft::open(set)?;
    let against = Against {
        signers: signers(keys)?,
        policy: config.map(site).transpose()?.map(|site| site.policy),
    };
    let found = against.problems(&draft, OffsetDateTime::now_utc())?;
    let problems: Vec<String> = found.into_iter().map(|problem| problem.text).collect();
    let index = draft.index()?;
    let expires = format(index.expires);
    let entries = draft.entries()?.len();
    if json {
        output::json(&Report { serial: index.serial, expires, entries, problems: &problems })?;
        return Ok(if problems.is_empty() { Exit::Ok } else { Exit::NotAsItShould });
    }
    report(&problems)?;
    output::line(format_args!(
        "serial {}, {entries} entries, valid until {expires}: verified",
        index.serial
    ))?;
    Ok(Exit::Ok)
}

/// Reads `allowed_signers`.
pub(crate) fn signers(path: &Path) -> Result<AllowedSigners> {
    AllowedSigners::parse(&read::file(path, MAX_BYTES)?)
        .map_err(|error| Failure::configuration(format_args!("{}: {error}", path.display())))
}

/// Reads a configuration.
pub(crate) fn site(config: &Path) -> Result<Site> {
    Site::parse(&read::file(config, MAX_BYTES)?).map_err(Failure::configuration)
}

/// Prints what was found; anything found fails.
pub(super) fn report(problems: &[String]) -> Result<()> {
    problems.iter().for_each(output::note);
    if problems.is_empty() {
        return Ok(());
    }
    Err(Failure::bad(format_args!(
        "the set has {} problems; it is not fit to be put in force",
        problems.len()
    )))
}

/// Something that is not as it should be with the set, or with one of its entries.
pub(super) struct Problem {
    pub(super) text: String,
    pub(super) kind: Kind,
}

/// How far a problem reaches.
pub(super) enum Kind {
    /// A node would refuse the set or the entry.
    Refused,
    /// It would because of what the same set takes back: no reason to hold that up.
    TakenBack,
    /// Whom this entry calls its approver hasn't signed it. Nodes don't ask: by what is in force
    /// already they go on.
    NotByApprover(String),
}

/// What a set is held against.
pub(super) struct Against {
    pub(super) signers: AllowedSigners,
    /// Without it any signer may approve anything alone.
    pub(super) policy: Option<Policy>,
}

impl Against {
    /// Everything for which a node would refuse the set or one of its entries.
    pub(super) fn problems(&self, draft: &Draft, now: OffsetDateTime) -> Result<Vec<Problem>> {
        let index = draft.index()?;
        let mut check =
            Check { against: self, draft, now, revoked: Revoked::default(), problems: Vec::new() };
        check.files(&index)?;
        check.revoked()?;
        check.index(&index)?;
        for id in draft.entries()? {
            check.entry(&id)?;
        }
        Ok(check.problems)
    }
}

struct Check<'a> {
    against: &'a Against,
    draft: &'a Draft,
    now: OffsetDateTime,
    revoked: Revoked,
    problems: Vec<Problem>,
}

impl Check<'_> {
    fn problem(&mut self, file: &str, why: impl std::fmt::Display) {
        self.problems.push(Problem { text: format!("{file}: {why}"), kind: Kind::Refused });
    }

    fn taken_back(&mut self, file: &str, why: impl std::fmt::Display) {
        self.problems.push(Problem { text: format!("{file}: {why}"), kind: Kind::TakenBack });
    }

    /// The index lists what is there, and nothing else.
    fn files(&mut self, index: &Index) -> Result<()> {
        let found = self.draft.files()?;
        for (file, listed) in &index.files {
            match found.get(file) {
                Some(digest) if digest == listed => {}
                Some(_) => self.problem(file, "is not what the index lists; sign the index again"),
                None => self.problem(file, "is in the index, but missing"),
            }
        }
        for file in found.keys().filter(|file| !index.files.contains_key(*file)) {
            self.problem(file, "is not in the index; sign the index again");
        }
        Ok(())
    }

    /// One approver's signature is enough: revoking only takes away.
    fn revoked(&mut self) -> Result<()> {
        if !self.draft.has(REVOKED) {
            return Ok(());
        }
        let bytes = self.draft.read(REVOKED)?;
        match Revoked::parse(&bytes) {
            Ok(revoked) => self.revoked = revoked,
            Err(error) => self.problem(REVOKED, error),
        }
        let found = self.signers(REVOKED, &bytes, revocation::NAMESPACE, &Revoked::default(), {
            let policy = self.against.policy.as_ref();
            move |principal| policy.is_none_or(|policy| policy.may_revoke(principal))
        })?;
        self.enough(REVOKED, found.names.len(), 1, &found.reasons);
        Ok(())
    }

    fn index(&mut self, index: &Index) -> Result<()> {
        if index.expires <= self.now {
            self.problem(
                INDEX,
                format_args!("expired at {}; sign it again", format(index.expires)),
            );
        }
        let bytes = self.draft.read(INDEX)?;
        let revoked = self.revoked.clone();
        let found = self.signers(INDEX, &bytes, index::NAMESPACE, &revoked, |_| true)?;
        self.enough(INDEX, found.names.len(), 1, &found.reasons);
        Ok(())
    }

    fn entry(&mut self, id: &str) -> Result<()> {
        let file = entry_file(id);
        let bytes = self.draft.read(&file)?;
        let entry = match Entry::parse(&bytes) {
            Ok(entry) if entry.id() == id => entry,
            Ok(entry) => {
                self.problem(&file, format_args!("says that it is {}", entry.id()));
                return Ok(());
            }
            Err(error) => {
                self.problem(&file, error);
                return Ok(());
            }
        };
        let policy = self.against.policy.as_ref();
        let may =
            |principal: &str| policy.is_none_or(|policy| policy.may_approve(principal, &entry));
        let needed = policy.map_or(1, Policy::needed);
        let given = |found: &Found| {
            let names = found.names.iter().map(String::as_str);
            match policy {
                Some(policy) => policy.given(names, &entry),
                None => names.count(),
            }
        };
        let found = self.signers(&file, &bytes, entry::NAMESPACE, &self.revoked, may)?;
        if given(&found) < needed {
            let without = Revoked::default();
            let before = self.signers(&file, &bytes, entry::NAMESPACE, &without, may)?;
            let text = format!("{} of {needed} valid signatures{}", given(&found), found.reasons);
            match given(&before) < needed {
                true => self.problem(&file, text),
                false => self.taken_back(&file, text),
            }
        }
        if !found.names.contains(&entry.approval.by) {
            self.approver(id, &file, &bytes, &entry)?;
        }
        if let Some(why) = self.revoked.digest(&Digest::of(&bytes)) {
            let why = why.to_owned();
            self.taken_back(&file, format_args!("its approval is revoked: {why}"));
        }
        self.bundle(&file, "bundle", &entry.digest)?;
        self.difference(&file, &entry)?;
        if let Some(runtime) = &entry.runtime {
            self.bundle(&file, "runtime", &runtime.digest)?;
        }
        Ok(())
    }

    /// Who is said to have approved it has signed it, even if with a key taken back since.
    fn approver(&mut self, id: &str, file: &str, bytes: &[u8], entry: &Entry) -> Result<()> {
        let by = &entry.approval.by;
        let ever = self.signers(file, bytes, entry::NAMESPACE, &Revoked::default(), |_| true)?;
        if !ever.names.contains(by) {
            self.problems.push(Problem {
                text: format!(
                    "{file}: approval.by is {by}, who has not signed it; let them sign, or say in \
                     a new version who approves it"
                ),
                kind: Kind::NotByApprover(id.into()),
            });
        }
        Ok(())
    }

    /// What the approval says about the version before holds, as far as the set can tell.
    fn difference(&mut self, file: &str, entry: &Entry) -> Result<()> {
        let (Some(previous), Some(stated)) = (&entry.approval.previous, entry.approval.diff) else {
            return Ok(());
        };
        let manifest = manifest_file(&entry.digest);
        if !self.draft.has(&entry_file(previous)) || !self.draft.has(&manifest) {
            return Ok(());
        }
        match draft::difference(self.draft, previous, &self.draft.read(&manifest)?) {
            Ok(diff) if diff == stated => {}
            Ok(diff) => self.problem(
                file,
                format_args!("approval.diff is {stated}, but from {previous} it is {diff}"),
            ),
            Err(failure) => self.problem(file, failure.message),
        }
        Ok(())
    }

    /// The bundle is not revoked, and its manifest is in the set.
    fn bundle(&mut self, file: &str, what: &str, digest: &Digest) -> Result<()> {
        if let Some(why) = self.revoked.digest(digest) {
            let why = why.to_owned();
            self.taken_back(file, format_args!("its {what} is revoked: {why}"));
        }
        let manifest = manifest_file(digest);
        if !self.draft.has(&manifest) {
            self.problem(file, format_args!("the manifest of its {what} is missing"));
        } else if let Err(error) = Manifest::parse(&self.draft.read(&manifest)?) {
            self.problem(&manifest, error);
        }
        Ok(())
    }

    fn enough(&mut self, file: &str, found: usize, needed: usize, reasons: &str) {
        if found < needed {
            self.problem(file, format_args!("{found} of {needed} valid signatures{reasons}"));
        }
    }

    /// Those who have signed and may, and why the other signatures don't count.
    fn signers(
        &self,
        file: &str,
        bytes: &[u8],
        namespace: &str,
        revoked: &Revoked,
        may: impl Fn(&str) -> bool,
    ) -> Result<Found> {
        let mut found = Found::default();
        for principal in self.draft.signers(file)? {
            let armored = self.draft.read(&draft::signature(file, &principal))?;
            let signers = &self.against.signers;
            let result = signature::verify(
                signers, &principal, namespace, bytes, &armored, self.now, revoked,
            );
            match result {
                Ok(Signer { principal, .. }) if !may(&principal) => {
                    found.reasons += &format!("; {principal} may not approve it");
                }
                Ok(signer) => found.names.push(signer.principal),
                Err(error) => found.reasons += &format!("; {principal}: {error}"),
            }
        }
        Ok(found)
    }
}

/// Signatures on one file.
#[derive(Default)]
struct Found {
    names: Vec<String>,
    reasons: String,
}
