//! Whether a bundle is what a commit holds, and whether a signed tag names that commit. Git itself
//! verifies, with the caller's keys: what the checkout's own configuration says of programs and
//! keys doesn't count, since whoever prepared the checkout may have written it.

use std::ffi::OsStr;
use std::path::Path;
use std::process::{Command, Output};

use sluice_policy::entry::Source;

use crate::exit::{Doing, Failure, Result};
use crate::output;

/// Overrides of a checkout's own configuration.
const OVERRIDES: [&str; 5] = [
    "core.fsmonitor=false",
    "core.hooksPath=/dev/null",
    "gpg.program=gpg",
    "gpg.ssh.program=ssh-keygen",
    "gpg.minTrustLevel=marginal",
];

pub(super) struct Checkout<'a> {
    pub(super) dir: &'a Path,
    /// Keys of those who sign tags by ssh, in OpenSSH's allowed_signers format.
    pub(super) signers: Option<&'a Path>,
}

impl Checkout<'_> {
    /// Checks all that `source` says about `bundle`.
    pub(super) fn check(&self, source: &Source, bundle: &Path) -> Result<()> {
        let commit = source.commit.as_str();
        if let Some(tag) = &source.tag {
            let named = self.revision(&format!("refs/tags/{tag}^{{commit}}"))?;
            if named != commit {
                return Err(Failure::bad(format_args!(
                    "the tag {tag} names the commit {named}, not {commit}"
                )));
            }
            self.verify_tag(tag)?;
        } else {
            self.revision(&format!("{commit}^{{commit}}"))?;
        }
        self.compare(commit, bundle)
    }

    fn revision(&self, name: &str) -> Result<String> {
        let output = self.git(&[], ["rev-parse", "--verify", "--end-of-options", name])?;
        match output.status.success() {
            true => Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned()),
            false => Err(Failure::bad(format_args!(
                "{} has no {name}; fetch it first",
                self.dir.display()
            ))),
        }
    }

    fn verify_tag(&self, tag: &str) -> Result<()> {
        let signers = match self.signers {
            Some(path) => path
                .canonicalize()
                .doing(|| format!("open {}", path.display()))?
                .to_string_lossy()
                .into_owned(),
            None => own_signers()?,
        };
        let signers = format!("gpg.ssh.allowedSignersFile={signers}");
        let output = self.git(&["-c", &signers], ["verify-tag", "--", tag])?;
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

    /// The bundle is the commit's tree: nothing changed, missing or added.
    fn compare(&self, commit: &str, bundle: &Path) -> Result<()> {
        let bundle = bundle.canonicalize().doing(|| format!("open {}", bundle.display()))?;
        // An index of our own: the checkout's stays as it is, and neither can mislead.
        let scratch = tempfile::tempdir().doing(|| "make a temporary directory")?;
        let index = scratch.path().join("index");
        let tree = format!("--work-tree={}", bundle.display());
        for arguments in [
            &["read-tree", commit][..],
            &["status", "--porcelain", "--untracked-files=all", "--ignored"],
        ] {
            let output = self
                .command(&[&tree])?
                .env("GIT_INDEX_FILE", &index)
                .args(arguments)
                .output()
                .doing(|| "run git")?;
            if !output.status.success() {
                return Err(Failure::environment(format_args!(
                    "git {}: {}",
                    arguments[0],
                    String::from_utf8_lossy(&output.stderr).trim()
                )));
            }
            let text = String::from_utf8_lossy(&output.stdout);
            text.lines().for_each(output::note);
            if text.lines().next().is_some() {
                return Err(Failure::bad(format_args!(
                    "{} is not what the commit {commit} holds; export it with git archive",
                    bundle.display()
                )));
            }
        }
        Ok(())
    }

    fn git<S: AsRef<OsStr>>(
        &self,
        options: &[&str],
        arguments: impl IntoIterator<Item = S>,
    ) -> Result<Output> {
        self.command(options)?.args(arguments).output().doing(|| "run git")
    }

    fn command(&self, options: &[&str]) -> Result<Command> {
        let dir = self.dir.canonicalize().doing(|| format!("open {}", self.dir.display()))?;
        let git_dir = match dir.join(".git") {
            inner if inner.exists() => inner,
            _ => dir,
        };
        let mut command = Command::new("git");
        command.arg("--git-dir").arg(git_dir).args(options).env("LC_ALL", "C");
        for name in ["GIT_DIR", "GIT_WORK_TREE", "GIT_CONFIG_PARAMETERS", "GIT_CONFIG_COUNT"] {
            command.env_remove(name);
        }
        for line in OVERRIDES {
            command.args(["-c", line]);
        }
        Ok(command)
    }
}

/// The caller's own list, never the checkout's.
fn own_signers() -> Result<String> {
    let output = Command::new("git")
        .args(["config", "--global", "--path", "--get", "gpg.ssh.allowedSignersFile"])
        .output()
        .doing(|| "run git")?;
    let path = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    Ok(if path.is_empty() { "/dev/null".into() } else { path })
}
