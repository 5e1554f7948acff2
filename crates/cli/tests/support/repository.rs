//! A git repository, its export as a bundle, and a set to add to.

use std::fs;
use std::process::Command;

use super::{Ran, Scratch, fixtures};

pub fn git(scratch: &Scratch, words: &[&str]) -> Ran {
    let output = Command::new("git")
        .args(["-c", "user.name=dev", "-c", "user.email=dev@example.org", "-C"])
        .arg(scratch.path("repo"))
        .args(words)
        .env("HOME", scratch.root())
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .output();
    Ran::of(output.expect("git runs"))
}

/// A repository with a tag signed by `dev`, its export, and a set to add to.
pub fn repository() -> Scratch {
    let scratch = Scratch::new();
    let public = scratch.key("dev");
    scratch.key("mallory");
    scratch.write("tag-signers", format!("dev@example.org namespaces=\"git\" {public}"));
    scratch.write("repo/main", "echo hello\n");
    scratch.mode("repo/main", 0o755);
    git(&scratch, &["init", "-q"]).ok();
    git(&scratch, &["add", "-A"]).ok();
    git(&scratch, &["commit", "-q", "-m", "first"]).ok();
    tag(&scratch, "v1.0", "dev");
    fs::create_dir(scratch.path("bundle")).expect("a directory");
    let archive = "git -C repo archive v1.0 | tar -x -C bundle";
    let exported = Command::new("sh").args(["-c", archive]).current_dir(scratch.root()).status();
    assert!(exported.expect("sh runs").success());
    entry(&scratch, "v1.0");
    scratch.run("allowlist new set --valid 30").ok();
    scratch
}

pub fn tag(scratch: &Scratch, name: &str, key: &str) {
    let key = format!("user.signingKey={}", scratch.path(key).display());
    let by_ssh = ["-c", "gpg.format=ssh", "-c", "gpg.ssh.program=ssh-keygen", "-c", &key];
    git(scratch, &[&by_ssh[..], &["tag", "-s", "-m", "x", name]].concat()).ok();
}

pub fn entry(scratch: &Scratch, tag: &str) {
    let commit = git(scratch, &["rev-parse", "HEAD"]).ok().out;
    let source = format!(
        "[source]\nurl = \"https://example.org/demo\"\ncommit = {:?}\ntag = {tag:?}\n",
        commit.trim()
    );
    scratch.write("entry.toml", fixtures::entry(&source, "{bundle}/main {file:.yaml}"));
}

pub fn add(scratch: &Scratch, more: &str) -> Ran {
    let line = format!("allowlist add set entry.toml --bundle bundle {more}");
    let output = scratch.command(&line).env("HOME", scratch.root()).output();
    Ran::of(output.expect("sluice runs"))
}
