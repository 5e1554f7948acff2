//! A git repository, its export as a bundle, and a set to add to.

use std::fs;
use std::process::Command;

use super::{Ran, Scratch};

const ENTRY: &str = r#"format = 1
name = "demo"
version = "1.0"
engine = "sh"
network = "none"
steps = "none"
stdio = "sealed"
[source]
url = "https://example.org/demo"
commit = "COMMIT"
tag = "v1.0"
[approval]
by = "alice@site"
proposal = "P-1"
purpose = "test"
requester = "bob"
at = "2026-07-01T12:00:00Z"
[[command]]
script = """
#!/bin/bash
{bundle}/main {file:.yaml}
"""
"#;

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
    git(
        scratch,
        &[
            "-c",
            "gpg.format=ssh",
            "-c",
            "gpg.ssh.program=ssh-keygen",
            "-c",
            &key,
            "tag",
            "-s",
            "-m",
            "x",
            name,
        ],
    )
    .ok();
}

pub fn entry(scratch: &Scratch, tag: &str) {
    let commit = git(scratch, &["rev-parse", "HEAD"]).ok().out;
    scratch.write(
        "entry.toml",
        ENTRY.replace("COMMIT", commit.trim()).replace("\"v1.0\"", &format!("{tag:?}")),
    );
}

pub fn add(scratch: &Scratch, more: &str) -> Ran {
    let line = format!("allowlist add set entry.toml --bundle bundle {more}");
    let output = Command::new(env!("CARGO_BIN_EXE_sluice"))
        .args(line.split_whitespace())
        .current_dir(scratch.root())
        .env("HOME", scratch.root())
        .output();
    Ran::of(output.expect("sluice runs"))
}
