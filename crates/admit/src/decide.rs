//! The decision itself: which entry the script is, and whether it covers this job. Reads, but
//! makes nothing.

use std::collections::BTreeSet;
use std::path::Path;

use sluice_policy::digest::Digest;
use sluice_policy::entry::Entry;
use sluice_policy::manifest::Manifest;
use sluice_policy::script::Script;
use sluice_policy::template::{Places, Template};
use sluice_protocol::Code;
use sluice_site::sets::{Sets, VerifiedEntry, VerifiedSet};
use sluice_site::{Installed, InstalledTwice, Meant, Site, Version};

use crate::batch::Batch;
use crate::places::{self, DataBind};
use crate::refused::Refused;
use crate::{scope, script};

/// An approved job, and all that its approval says.
pub(crate) struct Approved {
    /// `NAME@VERSION`.
    pub(crate) id: String,
    pub(crate) verified: VerifiedEntry,
    pub(crate) set: VerifiedSet,
    /// The very bytes that were judged.
    pub(crate) script: Vec<u8>,
    /// Files of the drop box that the script names, with their content.
    pub(crate) files: Vec<(String, Vec<u8>)>,
    pub(crate) data: Vec<DataBind>,
    pub(crate) bundle: Installed,
    /// The runtime and its digest.
    pub(crate) runtime: Option<(Installed, Digest)>,
}

/// A directory or image whose content was approved by its digest.
pub(crate) struct Bundle<'a> {
    pub(crate) installed: &'a Installed,
    pub(crate) digest: Digest,
    /// Absolute targets that its links may have.
    pub(crate) links: &'a [String],
    /// Where its manifest is, if it is known which file an entry means.
    pub(crate) set: Option<&'a VerifiedSet>,
    /// Refusal code for a change.
    pub(crate) changed: Code,
}

impl<'a> Bundle<'a> {
    /// What is verified: the directory, or the image's file.
    pub(crate) fn source(&self) -> &'a Path {
        self.installed.image.as_ref().unwrap_or(&self.installed.at)
    }

    pub(crate) fn is_image(&self) -> bool {
        self.installed.image.is_some()
    }

    /// What it was approved as, where the set still has it.
    pub(crate) fn manifest(&self) -> Option<Manifest> {
        self.set.and_then(|set| set.manifest(&self.digest))
    }
}

/// A workflow's bundle and, if there is one, its runtime's.
pub(crate) fn bundles<'a>(
    entry: &'a Entry,
    set: &'a VerifiedSet,
    workflow: &'a Installed,
    runtime: Option<&'a (Installed, Digest)>,
) -> impl Iterator<Item = Bundle<'a>> {
    let bundle = |installed, digest, changed| Bundle {
        installed,
        digest,
        links: &entry.system.links,
        set: Some(set),
        changed,
    };
    let runtime = runtime.map(|(at, digest)| bundle(at, *digest, Code::RuntimeChanged));
    std::iter::once(bundle(workflow, entry.digest, Code::BundleChanged)).chain(runtime)
}

/// Where an entry's bundles are installed on this site.
pub(crate) fn installed(
    entry: &Entry,
    site: &Site,
) -> Result<(Installed, Option<(Installed, Digest)>), InstalledTwice> {
    let digest = entry.runtime.as_ref().map(|runtime| runtime.digest);
    Ok((site.workflow_installed(entry)?, site.runtime_installed(entry)?.zip(digest)))
}

impl Approved {
    /// The workflow and, if there is one, its runtime.
    pub(crate) fn bundles(&self) -> impl Iterator<Item = Bundle<'_>> {
        bundles(&self.verified.entry, &self.set, &self.bundle, self.runtime.as_ref())
    }
}

/// A valid entry that the script names and whose scope the job is in.
struct Entered {
    id: String,
    verified: VerifiedEntry,
    set: VerifiedSet,
    bundle: Installed,
    runtime: Option<(Installed, Digest)>,
}

fn enter(job: &Batch<'_>, script: &Script) -> Result<Entered, Refused> {
    let id = named_entry(script, job.drop_box.path(), job)?;
    let sets = Sets::open_below(job.site, &job.roots.etc, &job.roots.state)?;
    let set = sets.current(job.now)?;
    let verified = set.entry(&id, job.now)?;
    let entry = &verified.entry;
    scope::check(&entry.scope, &id, job)?;
    let (bundle, runtime) = installed(entry, job.site)?;
    Ok(Entered { id, verified, set, bundle, runtime })
}

/// The data sets of a job that isn't approved as it stands: those of the entry that covers it.
pub(crate) fn data_in_scope(job: &Batch<'_>) -> Result<Vec<DataBind>, Refused> {
    let (_, script) = script::read(&job.facts.job)?;
    let Entered { verified, bundle, runtime, .. } = enter(job, &script)?;
    let runtime = runtime.as_ref().map(|(runtime, _)| runtime.at.as_path());
    places::data(job, &verified.entry, &bundle.at, runtime)
}

pub(crate) fn decide(job: &Batch<'_>) -> Result<Approved, Refused> {
    let (bytes, script) = script::read(&job.facts.job)?;
    let Entered { id, verified, set, bundle, runtime } = enter(job, &script)?;
    let entry = &verified.entry;
    let rundir = job.drop_box.path();
    let runtime_at = runtime.as_ref().map(|(runtime, _)| runtime.at.as_path());
    check_runtimes(&script, rundir, job, runtime_at)?;
    let run_id = job.run_id();
    let places = Places {
        bundle: text(&bundle.at)?,
        runtime: runtime_at.map(text).transpose()?,
        rundir,
        run_id: &run_id,
    };
    let names = matching_files(&verified, &script, &places)?;
    let data = places::data(job, entry, &bundle.at, runtime_at)?;
    let mut files = Vec::new();
    for name in BTreeSet::from_iter(names) {
        let content = job.drop_box.read(&name, &job.user)?;
        files.push((name, content));
    }
    Ok(Approved { id, verified, set, script: bytes, files, data, bundle, runtime })
}

/// The one workflow whose files the script names.
fn named_entry(script: &Script, rundir: &str, job: &Batch<'_>) -> Result<String, Refused> {
    let workflows = job.site.workflows.display();
    match job.site.workflow_in(script, rundir) {
        Meant::One(version) => Ok(version.id()),
        Meant::Nothing => {
            let message =
                format!("the script names no workflow below {workflows}; submit an approved one");
            Err(Refused::new(Code::NotListed, message))
        }
        Meant::Several => {
            let message =
                format!("the script must name files of one workflow, {workflows}/NAME/VERSION/…");
            Err(Refused::new(Code::ScriptUnmatched, message))
        }
    }
}

fn check_runtimes(
    script: &Script,
    rundir: &str,
    job: &Batch<'_>,
    approved: Option<&Path>,
) -> Result<(), Refused> {
    let is_approved = match job.site.runtime_in(script, rundir) {
        Meant::Nothing => true,
        Meant::One(Version { name, version }) => {
            approved == Some(&job.site.runtime(&name, &version))
        }
        Meant::Several => false,
    };
    match is_approved {
        true => Ok(()),
        false => {
            let message = "the script names a runtime that its workflow isn't approved with";
            Err(Refused::new(Code::ScriptUnmatched, message))
        }
    }
}

/// The files that the first matching template wants.
fn matching_files(
    verified: &VerifiedEntry,
    script: &Script,
    places: &Places<'_>,
) -> Result<Vec<String>, Refused> {
    let id = verified.entry.id();
    let mut nearest = None;
    for command in &verified.entry.command {
        let template = Template::parse(&command.script)
            .map_err(|error| Refused::new(Code::EntryInvalid, format!("{id}: {error}")))?;
        match template.matches(script, places) {
            Ok(matched) => return Ok(matched.files),
            // Of several commands the one that got furthest tells best what is wrong.
            Err(mismatch) => {
                nearest = nearest.into_iter().chain([mismatch]).max_by_key(|it| it.line);
            }
        }
    }
    let why = nearest.map(|mismatch| mismatch.to_string()).unwrap_or_default();
    Err(Refused::new(Code::ScriptUnmatched, format!("the script isn't what {id} approves: {why}")))
}

fn text(path: &Path) -> Result<&str, Refused> {
    path.to_str().ok_or_else(|| {
        Refused::new(Code::ConfigurationInvalid, format!("{} is not UTF-8", path.display()))
    })
}
