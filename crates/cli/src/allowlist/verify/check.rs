use sluice_policy::entry::Entry;
use sluice_policy::index::Index;
use sluice_policy::manifest::Manifest;
use sluice_policy::revocation::Revoked;
use sluice_policy::set::{INDEX, entry_file, manifest_file};
use sluice_site::sets::{Files, SetError, Verifier, check_in_force};
use time::OffsetDateTime;

use super::{Against, Kind, Problem};
use crate::allowlist::draft::{self, Draft};
use crate::exit::{Failure, Result};

pub(super) fn problems(
    against: &Against,
    draft: &Draft,
    now: OffsetDateTime,
) -> Result<Vec<Problem>> {
    let bytes = draft.read(INDEX)?;
    let index = Index::parse(&bytes).map_err(Failure::bad)?;
    let mut check = Check {
        draft,
        files: draft.set_files(),
        verifier: Verifier { keys: &against.signers, policy: &against.policy, now },
        problems: Vec::new(),
    };
    check.files(&index)?;
    check.holds(None, check_in_force(index.serial, index.expires, against.min_serial, now));
    // What it says counts here even unsigned: so it is seen what it will do.
    let said = check.holds(None, check.files.revoked());
    let revoked = said.map(|(revoked, _)| revoked).unwrap_or_default();
    check.holds(None, check.verifier.revoked(&check.files));
    check.holds(None, check.verifier.index(&check.files, &bytes, &revoked));
    for id in draft.entries()? {
        check.entry(&id, &revoked)?;
    }
    Ok(check.problems)
}

struct Check<'a> {
    draft: &'a Draft,
    files: Files<'a>,
    verifier: Verifier<'a>,
    problems: Vec<Problem>,
}

impl Check<'_> {
    /// The index lists what is there, and nothing else.
    fn files(&mut self, index: &Index) -> Result<()> {
        for (file, digest) in &index.files {
            self.holds(None, self.files.listed(file, digest));
        }
        for file in self.draft.files()?.keys().filter(|file| !index.files.contains_key(*file)) {
            self.undone(None, format!("{file} is not in the index; sign the index again"));
        }
        Ok(())
    }

    fn entry(&mut self, id: &str, revoked: &Revoked) -> Result<()> {
        let examined = self.holds(Some(id), self.verifier.entry(&self.files, id, revoked));
        let Some(examined) = examined else { return Ok(()) };
        for fault in examined.faults {
            self.refused(Some(id), &fault);
        }
        let entry = &examined.entry;
        self.approver(id, entry);
        self.difference(id, entry)?;
        let runtime = entry.runtime.as_ref().map(|runtime| ("runtime", &runtime.digest));
        for (what, digest) in [("bundle", &entry.digest)].into_iter().chain(runtime) {
            let manifest = manifest_file(digest);
            if self.draft.misses_manifest(entry, digest) {
                self.undone(Some(id), format!("the manifest of its {what} is missing"));
            } else if self.draft.has(&manifest)
                && let Err(error) = Manifest::parse(&self.draft.read(&manifest)?)
            {
                self.undone(Some(id), format!("{manifest}: {error}"));
            }
        }
        Ok(())
    }

    /// Who is said to have approved it has signed it, even if with a key taken back since.
    fn approver(&mut self, id: &str, entry: &Entry) {
        let by = &entry.approval.by;
        let signed = self.holds(Some(id), self.verifier.has_signed(&self.files, by, id));
        if signed == Some(false) {
            let text = format!(
                "approval.by is {by}, who has not signed it; let them sign, or say in a new version \
                 who approves it"
            );
            self.problem(Some(id), Kind::NotByApprover, text);
        }
    }

    /// What the approval says about the version before holds, as far as the set can tell.
    fn difference(&mut self, id: &str, entry: &Entry) -> Result<()> {
        let (Some(previous), Some(stated)) = (&entry.approval.previous, entry.approval.diff) else {
            return Ok(());
        };
        let manifest = manifest_file(&entry.digest);
        if !self.draft.has(&entry_file(previous)) || !self.draft.has(&manifest) {
            return Ok(());
        }
        match draft::difference(self.draft, previous, &self.draft.read(&manifest)?) {
            Ok(diff) if diff == stated => {}
            Ok(diff) => self.undone(
                Some(id),
                format!("approval.diff is {stated}, but from {previous} it is {diff}"),
            ),
            Err(failure) => self.undone(Some(id), failure.message),
        }
        Ok(())
    }

    /// What a node would find; what stands against it is a problem.
    fn holds<T>(
        &mut self,
        entry: Option<&str>,
        found: std::result::Result<T, SetError>,
    ) -> Option<T> {
        found.map_err(|error| self.refused(entry, &error)).ok()
    }

    fn refused(&mut self, entry: Option<&str>, error: &SetError) {
        // What takes back the signatures of the index takes the whole set along.
        let kind = match error {
            SetError::Revoked { .. } if entry.is_some() => Kind::TakenBack,
            SetError::EntryTooNew { .. } => Kind::TooNew,
            _ => Kind::Refused,
        };
        // These end in a remedy for whoever is given the set; here it is still in the making.
        let text = match error {
            SetError::Invalid(why) | SetError::State(why) => why.clone(),
            error => error.to_string(),
        };
        self.problem(entry, kind, text);
    }

    fn undone(&mut self, entry: Option<&str>, text: String) {
        self.problem(entry, Kind::Undone, text);
    }

    fn problem(&mut self, entry: Option<&str>, kind: Kind, text: String) {
        let text = match entry {
            Some(id) => format!("{}: {text}", entry_file(id)),
            None => text,
        };
        if self.problems.iter().all(|problem| problem.text != text) {
            self.problems.push(Problem { text, kind, entry: entry.map(str::to_owned) });
        }
    }
}
