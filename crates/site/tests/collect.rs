//! What a hostile job may leave in its run directory: nothing of it is read that shouldn't be, and
//! nothing that a rule asks for is passed over without a word.
#![allow(clippy::unwrap_used)]

use std::{
    collections::BTreeMap,
    ffi::OsStr,
    fs::{self, File},
    os::unix::{ffi::OsStrExt, fs::chown, fs::symlink, net::UnixListener},
    path::Path,
    process::Command,
};

use sluice_policy::{
    digest::Digest,
    entry::{ContentKind, Output},
};
use sluice_site::collect::{Collected, collect};
use tempfile::TempDir;

fn rule(glob: &str) -> Output {
    Output::new(glob, ContentKind::Text, 100)
}

fn look(dir: &TempDir) -> Collected {
    collect(dir.path(), &[rule("results/**")]).unwrap()
}

/// What became of each path.
fn irregular(found: &Collected) -> BTreeMap<&str, &str> {
    found.irregular.iter().map(|it| (it.path.as_str(), it.what.as_str())).collect()
}

fn results() -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    fs::create_dir(dir.path().join("results")).unwrap();
    dir
}

fn run(program: &str, words: &[&str], at: &Path) {
    assert!(Command::new(program).args(words).arg(at).status().unwrap().success());
}

#[test]
fn plain_files_are_listed_with_their_digest() {
    let dir = results();
    fs::create_dir(dir.path().join("results/a b")).unwrap();
    fs::write(dir.path().join("results/a b/-x"), "hello\n").unwrap();
    fs::write(dir.path().join("other"), "hello\n").unwrap();
    let found = look(&dir);
    assert!(found.irregular.is_empty());
    let [file] = found.files.as_slice() else { panic!("{:?}", found.files) };
    assert_eq!((file.path.as_str(), file.bytes, file.rule), ("results/a b/-x", 6, 0));
    assert_eq!(file.sha256, Digest::of(b"hello\n").hex());
}

#[test]
fn what_is_no_plain_file_is_told() {
    let dir = results();
    let at = |name: &str| dir.path().join("results").join(name);
    symlink("/etc/shadow", at("link")).unwrap();
    symlink("/etc", at("linked")).unwrap();
    run("mkfifo", &[], &at("fifo"));
    let _socket = UnixListener::bind(at("socket")).unwrap();
    let mut expected =
        BTreeMap::from([("link", "symlink"), ("linked", "symlink"), ("fifo", "fifo")]);
    expected.insert("socket", "socket");
    if nix::unistd::geteuid().is_root() {
        assert!(
            Command::new("mknod").arg(at("null")).args(["c", "1", "3"]).status().unwrap().success()
        );
        expected.insert("null", "device");
    }
    // Another owner's file under a second name.
    let foreign = dir.path().join("foreign");
    fs::write(&foreign, "secret").unwrap();
    let _ = chown(&foreign, Some(65534), Some(65534));
    fs::hard_link(&foreign, at("theirs")).unwrap();
    expected.insert("theirs", "hard-link");
    // Days of reading, if anybody did.
    File::create(at("sparse")).unwrap().set_len(1 << 40).unwrap();
    expected.insert("sparse", "too-large");
    let found = look(&dir);
    assert!(found.files.is_empty());
    let names = irregular(&found);
    let names = names.iter().map(|(path, what)| (path.trim_start_matches("results/"), *what));
    assert_eq!(names.collect::<BTreeMap<_, _>>(), expected);
}

#[test]
fn names_that_can_t_be_shown_are_told_as_far_as_they_can() {
    let dir = results();
    let results = dir.path().join("results");
    let names: [&[u8]; 4] =
        [b"not-utf8-\xff", b"new\nline", "bidi\u{202e}".as_bytes(), b"esc\x1b[2J"];
    for name in names {
        fs::write(results.join(OsStr::from_bytes(name)), "x").unwrap();
    }
    let odd = results.join("dir\x07");
    fs::create_dir(&odd).unwrap();
    fs::write(odd.join("inside"), "x").unwrap();
    fs::write(results.join("..."), "a good name, if one that hides").unwrap();
    let found = look(&dir);
    assert!(found.files.is_empty(), "{:?}", found.files);
    let shown = irregular(&found);
    assert_eq!(
        shown.keys().copied().collect::<Vec<_>>(),
        [
            "results/bidi\u{fffd}",
            "results/dir\u{fffd}/inside",
            "results/esc\u{fffd}[2J",
            "results/new\u{fffd}line",
            "results/not-utf8-\u{fffd}",
        ]
    );
    assert!(shown.values().all(|what| *what == "name"));
}

#[test]
fn a_hundred_thousand_results_are_too_many() {
    let dir = results();
    for outer in 0..100 {
        let below = dir.path().join(format!("results/{outer}"));
        fs::create_dir(&below).unwrap();
        (0..1000).for_each(|inner| fs::write(below.join(inner.to_string()), "").unwrap());
    }
    let found = look(&dir);
    assert_eq!(found.irregular.len(), 1);
    assert_eq!(irregular(&found), BTreeMap::from([("…", "too-many")]));
    assert!(found.files.len() <= 10_001);
}

#[test]
fn trees_without_end_are_not_followed_to_it() {
    let dir = results();
    let mut deep = dir.path().join("results");
    for _ in 0..150 {
        deep.push("d");
        fs::create_dir(&deep).unwrap();
    }
    let found = look(&dir);
    assert!(found.files.is_empty());
    assert_eq!(
        found.irregular.iter().map(|it| it.what.as_str()).collect::<Vec<_>>(),
        ["directory"]
    );
}
