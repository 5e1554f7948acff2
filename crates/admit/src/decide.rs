//! The decision itself: which entry the script is, and whether it covers this job. Reads, but
//! makes nothing.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use sluice_policy::digest::Digest;
use sluice_policy::entry::Entry;
use sluice_policy::manifest::Manifest;
use sluice_policy::path::resolve;
use sluice_policy::script::Script;
use sluice_policy::template::{Places, Template};
use sluice_protocol::Code;
use sluice_site::Site;
use sluice_site::sets::{Sets, VerifiedEntry, VerifiedSet};

use crate::job::Batch;
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
    pub(crate) bundle: PathBuf,
    /// Where the runtime lies, and its digest.
    pub(crate) runtime: Option<(PathBuf, Digest)>,
}

/// A directory whose content was approved by its digest.
pub(crate) struct Bundle<'a> {
    pub(crate) source: &'a Path,
    pub(crate) digest: Digest,
    /// Absolute targets that its links may have.
    pub(crate) links: &'a [String],
    /// Where its manifest is, if it is known which file an entry means.
    pub(crate) set: Option<&'a VerifiedSet>,
    /// Refusal code for a change.
    pub(crate) changed: Code,
}

impl Bundle<'_> {
    /// What it was approved as, where the set still has it.
    pub(crate) fn manifest(&self) -> Option<Manifest> {
        self.set.and_then(|set| set.manifest(&self.digest))
    }
}

/// A workflow's bundle and, if there is one, its runtime's.
pub(crate) fn bundles<'a>(
    entry: &'a Entry,
    set: &'a VerifiedSet,
    workflow: &'a Path,
    runtime: Option<&'a (PathBuf, Digest)>,
) -> impl Iterator<Item = Bundle<'a>> {
    let bundle = |source, digest, changed| Bundle {
        source,
        digest,
        links: &entry.system.links,
        set: Some(set),
        changed,
    };
    let runtime = runtime.map(|(path, digest)| bundle(path, *digest, Code::RuntimeChanged));
    std::iter::once(bundle(workflow, entry.digest, Code::BundleChanged)).chain(runtime)
}

/// Where an entry's bundles are installed on this site.
pub(crate) fn installed(entry: &Entry, site: &Site) -> (PathBuf, Option<(PathBuf, Digest)>) {
    let runtime = entry
        .runtime
        .as_ref()
        .map(|runtime| (site.runtimes.join(&runtime.name).join(&runtime.version), runtime.digest));
    (site.workflows.join(&entry.name).join(&entry.version), runtime)
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
    bundle: PathBuf,
    runtime: Option<(PathBuf, Digest)>,
}

fn enter(job: &Batch<'_>, script: &Script) -> Result<Entered, Refused> {
    let id = named_entry(script, job.drop_box.path(), job)?;
    let sets = Sets::open_below(job.site, &job.roots.etc, &job.roots.state)?;
    let set = sets.current(job.now)?;
    let verified = set.entry(&id, job.now)?;
    let entry = &verified.entry;
    scope::check(&entry.scope, &id, job)?;
    let (bundle, runtime) = installed(entry, job.site);
    Ok(Entered { id, verified, set, bundle, runtime })
}

/// The data sets of a job that isn't approved as it stands: those of the entry that covers it.
pub(crate) fn data_in_scope(job: &Batch<'_>) -> Result<Vec<DataBind>, Refused> {
    let (_, script) = script::read(&job.facts.job)?;
    let Entered { verified, bundle, runtime, .. } = enter(job, &script)?;
    let runtime = runtime.as_ref().map(|(path, _)| path.as_path());
    places::data(job, &verified.entry, &bundle, runtime)
}

pub(crate) fn decide(job: &Batch<'_>) -> Result<Approved, Refused> {
    let (bytes, script) = script::read(&job.facts.job)?;
    let Entered { id, verified, set, bundle, runtime } = enter(job, &script)?;
    let entry = &verified.entry;
    let rundir = job.drop_box.path();
    check_runtimes(&script, rundir, job, runtime.as_ref().map(|(path, _)| path.as_path()))?;
    let run_id = job.run_id();
    let places = Places {
        bundle: text(&bundle)?,
        runtime: runtime.as_ref().map(|(path, _)| text(path)).transpose()?,
        rundir,
        run_id: &run_id,
    };
    let names = matching_files(&verified, &script, &places)?;
    let data = places::data(job, entry, &bundle, runtime.as_ref().map(|(path, _)| path.as_path()))?;
    let mut files = Vec::new();
    for name in BTreeSet::from_iter(names) {
        let content = job.drop_box.read(&name, &job.user)?;
        files.push((name, content));
    }
    Ok(Approved { id, verified, set, script: bytes, files, data, bundle, runtime })
}

/// The one workflow whose files the script names.
fn named_entry(script: &Script, rundir: &str, job: &Batch<'_>) -> Result<String, Refused> {
    let workflows = &job.site.workflows;
    let named = names_below(script, rundir, workflows);
    let mut named = named.iter();
    match (named.next(), named.next()) {
        (Some(Some((name, version))), None) => Ok(format!("{name}@{version}")),
        (None, _) => {
            let message = format!(
                "the script names no workflow below {}; submit an approved one",
                workflows.display()
            );
            Err(Refused::new(Code::NotListed, message))
        }
        _ => {
            let message = format!(
                "the script must name files of one workflow, {}/NAME/VERSION/…",
                workflows.display()
            );
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
    let runtimes = &job.site.runtimes;
    for named in names_below(script, rundir, runtimes) {
        let path = named.map(|(name, version)| runtimes.join(name).join(version));
        if path.as_deref() != approved || approved.is_none() {
            let message = "the script names a runtime that its workflow isn't approved with";
            return Err(Refused::new(Code::ScriptUnmatched, message));
        }
    }
    Ok(())
}

/// NAME and VERSION of every path of the script below `base`; none where a path is too short.
fn names_below(script: &Script, rundir: &str, base: &Path) -> BTreeSet<Option<(String, String)>> {
    let below = |word: &str| {
        let path = PathBuf::from(resolve(rundir, word)?);
        let mut parts = path.strip_prefix(base).ok()?.iter().filter_map(|part| part.to_str());
        Some(parts.next().zip(parts.next()).map(|(name, version)| (name.into(), version.into())))
    };
    script.paths().filter_map(below).collect()
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
