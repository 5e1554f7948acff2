//! An empty repository of our own, and git run without anybody else's influence.

use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::OwnedFd;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use rustix::fs::OFlags;
use sluice_policy::digest::Digest;
use sluice_policy::manifest::{Item, Kind, Manifest};
use sluice_sys::beneath;

use crate::exit::{Doing, Failure, Result};
use crate::tree;

const BUNDLE: &str = "refs/heads/bundle";

/// What git gets of the caller's environment: where programs are, and where the keys of whoever made a
/// tag are known. No GIT_ variable, which could name other objects, settings or programs.
const ENVIRONMENT: [&str; 4] = ["PATH", "HOME", "GNUPGHOME", "TMPDIR"];

/// Git on a repository, with nothing of it that stands in for objects or fetches them.
pub(super) fn git(git_dir: &Path) -> Command {
    let mut command = Command::new("git");
    command.arg("--no-pager").arg("--git-dir").arg(git_dir).env_clear();
    for name in ENVIRONMENT {
        if let Some(value) = std::env::var_os(name) {
            command.env(name, value);
        }
    }
    command
        .env("LC_ALL", "C")
        .env("GIT_NO_REPLACE_OBJECTS", "1")
        .env("GIT_NO_LAZY_FETCH", "1")
        .env("GIT_ALLOW_PROTOCOL", "none")
        .stdin(Stdio::null());
    command
}

pub(super) struct Own(tempfile::TempDir);

impl Own {
    pub(super) fn new() -> Result<Self> {
        let own = Self(tempfile::tempdir().doing(|| "make a temporary directory")?);
        let output = git(own.path())
            .args(["init", "--quiet", "--bare", "--template=", "--object-format=sha1"])
            .output();
        ended("init", &output.doing(|| "run git")?)?;
        Ok(own)
    }

    pub(super) fn path(&self) -> &Path {
        self.0.path()
    }

    /// Keeps an object and returns its name, which is the hash of what it is.
    pub(super) fn keep(&self, kind: &str, object: &[u8]) -> Result<String> {
        let mut command = git(self.path());
        command.args(["hash-object", "-t", kind, "-w", "--literally", "--stdin"]);
        let output = fed(command, |to| to.write_all(object))?;
        ended("hash-object", &output)?;
        Ok(text(&output))
    }

    /// Git's own check of a tag's signature; who may sign is the caller's to say.
    pub(super) fn verify_tag(&self, id: &str, signers: Option<&Path>) -> Result<Output> {
        let mut command = git(self.path());
        command.args(["-c", "gpg.minTrustLevel=marginal"]);
        if let Some(path) = signers {
            let path = path.canonicalize().doing(|| format!("open {}", path.display()))?;
            command.arg("-c").arg(format!("gpg.ssh.allowedSignersFile={}", path.display()));
        }
        command.args(["verify-tag", id]).output().doing(|| "run git")
    }

    /// Makes git's tree of a bundle, from the very bytes that its manifest names.
    pub(super) fn import(&self, root: &OwnedFd, bundle: &Manifest) -> Result<String> {
        let mut command = git(self.path());
        // Names that other systems can't have are fine here.
        command.args(["-c", "core.protectNTFS=false", "-c", "core.protectHFS=false"]);
        command.args(["fast-import", "--quiet", "--done"]);
        let output = fed(command, |to| {
            write!(to, "commit {BUNDLE}\ncommitter x <x> 0 +0000\ndata 0\n")?;
            bundle.items().iter().try_for_each(|item| file(to, root, item))?;
            to.write_all(b"done\n")
        })?;
        ended("fast-import", &output)?;
        let tree = format!("{BUNDLE}^{{tree}}");
        let output = git(self.path()).args(["rev-parse", "--verify", &tree]).output();
        let output = output.doing(|| "run git")?;
        ended("rev-parse", &output)?;
        Ok(text(&output))
    }
}

/// One file or link in fast-import's language.
fn file(to: &mut impl Write, root: &OwnedFd, item: &Item) -> io::Result<()> {
    let changed = || io::Error::other(format!("{} changed meanwhile", item.path));
    let (mode, size, digest) = match item.kind {
        Kind::Directory => return Ok(()),
        Kind::File { executable: false, size, digest } => ("100644", size, digest),
        Kind::File { executable: true, size, digest } => ("100755", size, digest),
        Kind::Link { size, digest } => ("120000", size, digest),
    };
    let path = item.path.replace('\\', "\\\\").replace('"', "\\\"");
    write!(to, "M {mode} inline \"{path}\"\ndata {size}\n")?;
    if let Kind::Link { .. } = item.kind {
        let target = tree::read_link(root, &item.path)?;
        if Digest::of(target.as_bytes()) != digest {
            return Err(changed());
        }
        to.write_all(target.as_bytes())?;
    } else {
        let file = beneath::open_beneath(root, Path::new(&item.path), OFlags::RDONLY)?;
        // What is more than the size would be read as the next command.
        let file = File::from(file).take(size);
        let mut written = 0;
        let found = Digest::read(
            file,
            &mut vec![0; 128 << 10],
            |error| error,
            |piece| {
                written += piece.len() as u64;
                to.write_all(piece)
            },
        )?;
        if written != size || found != digest {
            return Err(changed());
        }
    }
    to.write_all(b"\n")
}

/// Runs a command that reads what `feed` writes.
fn fed(
    mut command: Command,
    feed: impl FnOnce(&mut io::BufWriter<std::process::ChildStdin>) -> io::Result<()>,
) -> Result<Output> {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .doing(|| "run git")?;
    let input = child.stdin.take().ok_or_else(|| Failure::environment("git has no input"))?;
    let mut input = io::BufWriter::new(input);
    let written = feed(&mut input).and_then(|()| input.flush());
    drop(input);
    let output = child.wait_with_output().doing(|| "run git")?;
    match written {
        // Git left early, and says why itself.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(output),
        written => written.doing(|| "hand the bundle to git").map(|()| output),
    }
}

fn ended(what: &str, output: &Output) -> Result<()> {
    match output.status.success() {
        true => Ok(()),
        false => Err(Failure::environment(format_args!(
            "git {what}: {}",
            String::from_utf8_lossy(&output.stderr).trim()
        ))),
    }
}

fn text(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}
