//! Whether a bundle is what a commit holds, and whether a signed tag names that commit.
//!
//! Whoever prepared the checkout may have written its configuration, attributes and refs, all of
//! which can have git run programs or take one content for another. So only raw objects are read
//! from it. What they say is checked by git in an empty repository of our own: names by hashing,
//! signatures with the caller's keys, and the bundle by making its tree.

mod own;

use std::collections::BTreeMap;
use std::os::fd::OwnedFd;
use std::path::Path;

use sluice_policy::entry::Source;
use sluice_policy::manifest::{Kind, Manifest};

use crate::exit::{Doing, Failure, Result};
use crate::{output, tree};
use own::{Own, git};

/// Differences that are named.
const MAX_NAMED: usize = 20;

pub(super) struct Checkout<'a> {
    pub(super) dir: &'a Path,
    /// Keys of those who sign tags by ssh, in OpenSSH's allowed_signers format.
    pub(super) signers: Option<&'a Path>,
}

/// A commit that is what its name says.
pub(super) struct Commit<'a> {
    checkout: &'a Checkout<'a>,
    own: Own,
    name: &'a str,
    tree: String,
}

impl<'a> Checkout<'a> {
    /// The commit that `source` names; if it names a tag, too, that is signed and names it.
    pub(super) fn commit(&'a self, source: &'a Source) -> Result<Commit<'a>> {
        let own = Own::new()?;
        let name = source.commit.as_str();
        if let Some(tag) = &source.tag {
            self.verify_tag(&own, tag, name)?;
        }
        let object = self.object("commit", name)?;
        let tree = headers(&object).next().and_then(|line| line.strip_prefix("tree "));
        match tree {
            Some(tree) if own.keep("commit", &object)? == name => {
                Ok(Commit { checkout: self, name, tree: tree.to_owned(), own })
            }
            _ => Err(Failure::bad(format_args!(
                "the commit {name} of {} is not what its name says",
                self.dir.display()
            ))),
        }
    }

    /// A tag is a name for others to believe: it says itself which, and of which commit.
    fn verify_tag(&self, own: &Own, tag: &str, commit: &str) -> Result<()> {
        let object = self.object("tag", &format!("refs/tags/{tag}"))?;
        let mut lines = headers(&object);
        let mut header = |name: &str| lines.next().and_then(|line| line.strip_prefix(name));
        let (named, kind, own_name) = (header("object "), header("type "), header("tag "));
        if own_name != Some(tag) {
            return Err(Failure::bad(format_args!(
                "what {} has as the tag {tag} is another tag, {}",
                self.dir.display(),
                own_name.unwrap_or_default()
            )));
        }
        if (named, kind) != (Some(commit), Some("commit")) {
            return Err(Failure::bad(format_args!(
                "the tag {tag} names the {} {}, not the commit {commit}",
                kind.unwrap_or_default(),
                named.unwrap_or_default()
            )));
        }
        let id = own.keep("tag", &object)?;
        let output = own.verify_tag(&id, self.signers)?;
        let said = String::from_utf8_lossy(&output.stderr);
        if !output.status.success() {
            let why = said.lines().rfind(|line| !line.is_empty()).unwrap_or("it is not signed");
            return Err(Failure::bad(format_args!(
                "the tag {tag} is not signed by a key you trust: {why}"
            )));
        }
        for line in said.lines().filter(|line| line.contains("ood ")) {
            output::note(format_args!("tag {tag}: {line}"));
        }
        Ok(())
    }

    /// The bytes of an object of this type.
    fn object(&self, kind: &str, name: &str) -> Result<Vec<u8>> {
        let git_dir = self.git_dir()?;
        let found = git(&git_dir).args(["cat-file", "-t", name]).output().doing(|| "run git")?;
        if !found.status.success() {
            return Err(Failure::bad(format_args!(
                "{} has no {name}; fetch it first",
                self.dir.display()
            )));
        }
        let output = git(&git_dir).args(["cat-file", kind, name]).output().doing(|| "run git")?;
        match output.status.success() {
            true => Ok(output.stdout),
            false if kind == "tag" => {
                let tag = name.trim_start_matches("refs/tags/");
                Err(Failure::bad(format_args!("the tag {tag} is not signed: it is a mere name")))
            }
            false => Err(Failure::bad(format_args!("{name} is no {kind}"))),
        }
    }

    fn git_dir(&self) -> Result<std::path::PathBuf> {
        let dir = self.dir.canonicalize().doing(|| format!("open {}", self.dir.display()))?;
        Ok(match dir.join(".git") {
            inner if inner.exists() => inner,
            _ => dir,
        })
    }
}

impl Commit<'_> {
    /// The bundle is the commit's tree: nothing changed, missing or added.
    pub(super) fn compare(&self, dir: &Path, bundle: &Manifest) -> Result<()> {
        let root: OwnedFd = tree::open_root(dir)?;
        let found = self.own.import(&root, bundle)?;
        // Git knows no empty directories.
        let empty: Vec<&str> = empty_directories(bundle).collect();
        if found == self.tree && empty.is_empty() {
            return Ok(());
        }
        for path in &empty {
            output::note(format_args!("added      {path}"));
        }
        let held = listing(&self.checkout.git_dir()?, self.name)?;
        let ours = listing(self.own.path(), &found)?;
        let mut paths: Vec<&String> = held.keys().chain(ours.keys()).collect();
        paths.sort();
        paths.dedup();
        let differs = |path: &&String| held.get(*path) != ours.get(*path);
        for path in paths.into_iter().filter(differs).take(MAX_NAMED) {
            let change = match (held.contains_key(path), ours.contains_key(path)) {
                (true, true) => "content",
                (true, false) => "missing",
                (false, _) => "added",
            };
            output::note(format_args!("{change:<10} {path}"));
        }
        Err(Failure::bad(format_args!(
            "{} is not what the commit {} holds; export it with git archive",
            dir.display(),
            self.name
        )))
    }
}

/// The lines before an object's message.
fn headers(object: &[u8]) -> impl Iterator<Item = &str> {
    let lines = object.split(|byte| *byte == b'\n').take_while(|line| !line.is_empty());
    lines.map_while(|line| std::str::from_utf8(line).ok())
}

fn empty_directories(bundle: &Manifest) -> impl Iterator<Item = &str> {
    let items = bundle.items();
    // What a directory holds doesn't always follow it at once: `a-b` sorts before `a/c`.
    let holds = |path: &str| {
        let below = format!("{path}/");
        let first = items.partition_point(|item| item.path.as_bytes() < below.as_bytes());
        items.get(first).is_some_and(|item| item.path.starts_with(&below))
    };
    let directories = items.iter().filter(|item| item.kind == Kind::Directory);
    directories.map(|item| item.path.as_str()).filter(move |path| !holds(path))
}

/// Mode and content of each file, to name what differs.
fn listing(git_dir: &Path, tree: &str) -> Result<BTreeMap<String, String>> {
    let output = git(git_dir)
        .args(["ls-tree", "-r", "-z", "--full-tree", tree])
        .output()
        .doing(|| "run git")?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let lines = text.split('\0').filter_map(|line| line.split_once('\t'));
    Ok(lines.map(|(what, path)| (path.to_owned(), what.to_owned())).collect())
}
