//! Holes of the systems this one grew from, each as a test: what they accepted is refused here, and
//! what they refused by accident works. TO is trustworthy-ops, PHT the personal health train's
//! container library; numbers tell the holes of the first apart. Those that are
//! about running jobs have their tests in `tests/e2e`.

mod support;

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use sluice_testing::asserts;
use support::fixtures::entry;
use support::{Ran, Scratch};

fn bundle() -> Scratch {
    let scratch = Scratch::new();
    scratch.write("b/Snakefile", "rule all:\n");
    scratch.write("b/a.py", "first\n");
    scratch.write("b/b.py", "second\n");
    scratch.run("freeze b -o m").ok();
    scratch
}

/// `verify` names this change.
#[track_caller]
fn detected(scratch: &Scratch, line: &str) {
    let ran = scratch.run("verify b --manifest m");
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(ran.out.contains(line), "{line}: {ran:?}");
}

#[test]
fn to_1_a_planted_pyc_is_seen() {
    let scratch = bundle();
    scratch.write("b/__pycache__/_config.cpython-311.pyc", [0x6f, 0x0d]);
    detected(&scratch, "added      __pycache__/_config.cpython-311.pyc");
}

#[test]
fn to_2_a_link_to_the_outside_is_refused() {
    let scratch = bundle();
    scratch.write("outside/evil.py", "");
    symlink("../outside", scratch.path("b/lib")).expect("a link");
    scratch.run("verify b --manifest m").fails(1, "leaves the bundle");
    fs::remove_file(scratch.path("b/lib")).expect("a link");
    symlink(scratch.path("outside"), scratch.path("b/lib")).expect("a link");
    scratch.run("freeze b").fails(1, "absolute and not declared");
}

#[test]
fn to_3_modes_are_inside_the_digest() {
    let scratch = bundle();
    scratch.mode("b/a.py", 0o777);
    detected(&scratch, "executable a.py");
    scratch.mode("b/a.py", 0o4755);
    scratch.run("verify b --manifest m").fails(1, "setuid");
}

#[test]
fn to_4_no_file_is_out_of_scope() {
    let scratch = bundle();
    scratch.write("b/lib/x.py", "");
    detected(&scratch, "added      lib/x.py");
    fs::remove_dir_all(scratch.path("b/lib")).expect("a directory");
    fs::create_dir(scratch.path("b/lib")).expect("a directory");
    detected(&scratch, "added      lib");
}

#[test]
fn to_5_a_copy_elsewhere_is_the_same() {
    let scratch = bundle();
    fs::rename(scratch.path("b"), scratch.path("moved")).expect("renamed");
    scratch.run("verify moved --manifest m").ok();
}

#[test]
fn to_8_a_stored_digest_cannot_be_altered() {
    let scratch = bundle();
    let manifest = scratch.read("m");
    for (from, to) in [("f 6", "f 7"), ("a.py", "c.py"), ("manifest 1", "manifest 2")] {
        scratch.write("m2", manifest.replacen(from, to, 1));
        let ran = scratch.run("verify b --manifest m2");
        assert_eq!(ran.code, 1, "{from}: {ran:?}");
    }
}

#[test]
fn to_10_the_verifier_is_no_part_of_what_it_verifies() {
    // Nothing of the tree is executed or loaded: a bundle of programs that would show.
    let scratch = bundle();
    for name in ["b/sitecustomize.py", "b/sluice", "b/.git/hooks/post-checkout"] {
        scratch.write(name, "#!/bin/sh\ntouch \"$(dirname \"$0\")/ran\"\n");
        scratch.mode(name, 0o755);
    }
    scratch.run("freeze b").ok();
    assert!(!scratch.path("b/ran").exists());
}

#[test]
fn to_12_who_may_run_can_not_approve() {
    let scratch = approved();
    // An operator who changes a file and freezes again has no signature for it.
    scratch.write("b/a.py", "changed\n");
    scratch.run("allowlist add set entry.toml --bundle b").fails(1, "needs a new version");
    scratch.run("allowlist remove set demo@1.0").ok();
    scratch.run("allowlist add set entry.toml --bundle b").ok();
    scratch.key("operator");
    scratch.run("allowlist sign set --all --key operator --as alice@site").ok();
    scratch.run("allowlist verify set --signers signers").fails(1, "is not alice@site's");
}

#[test]
fn pht_names_lengths_and_order_are_inside_the_digest() {
    // A file added; bytes moved to the neighbour; contents swapped; a file gone; a file renamed.
    let scratch = bundle();
    scratch.write("b/c.py", "");
    detected(&scratch, "added      c.py");
    fs::remove_file(scratch.path("b/c.py")).expect("a file");
    scratch.write("b/a.py", "first");
    scratch.write("b/b.py", "\nsecond\n");
    detected(&scratch, "content    a.py\ncontent    b.py");
    scratch.write("b/a.py", "second\n");
    scratch.write("b/b.py", "first\n");
    detected(&scratch, "content    a.py\ncontent    b.py");
    fs::remove_file(scratch.path("b/b.py")).expect("a file");
    detected(&scratch, "missing    b.py");
    scratch.write("b/B.py", "second\n");
    detected(&scratch, "added      B.py");
}

#[test]
fn pht_signatures_by_keys_that_the_signer_brought_along_do_not_count() {
    let scratch = approved();
    scratch.run("allowlist verify set --signers signers").ok();
    // Everything signed anew by somebody else's key, under the controller's name and another.
    scratch.key("mallory");
    for name in ["alice@site", "mallory@site"] {
        for what in ["--entry demo@1.0", "--index --renew"] {
            scratch.run(&format!("allowlist sign set {what} --key mallory --as {name}")).ok();
        }
    }
    let ran = scratch.run("allowlist verify set --signers signers");
    ran.fails(1, "is not alice@site's").fails(1, "is not mallory@site's");
}

#[test]
fn pht_a_signature_over_another_digest_does_not_count() {
    let scratch = approved();
    let entry = "set/entries/demo@1.0.toml";
    let text = scratch.read(entry);
    let other = scratch.run("freeze set").ok().err;
    let own = text.lines().next().expect("the digest").to_owned();
    scratch.write(entry, text.replace(&own, &format!("digest = \"{}\"", other.trim())));
    scratch.run("allowlist verify set --signers signers").fails(1, "has 0 of 1 signatures");
}

#[test]
fn pht_what_is_missing_is_no_reason_to_skip_a_check() {
    let scratch = approved();
    for gone in ["set/index.toml.sig.d", "set/entries/demo@1.0.toml.sig.d", "set/manifests"] {
        let (from, to) = (scratch.path(gone), scratch.path("away"));
        fs::rename(&from, &to).expect("renamed");
        let ran: Ran = scratch.run("allowlist verify set --signers signers");
        assert_eq!(ran.code, 1, "{gone}: {ran:?}");
        fs::rename(to, from).expect("renamed");
    }
    scratch.run("allowlist verify set --signers signers").ok();
}

#[test]
fn the_table_names_tests_and_what_they_assert() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let page = fs::read_to_string(root.join("docs/reference/predecessors.md")).expect("the page");
    let rows = page.lines().filter(|line| line.starts_with("| ") && line.contains('`'));
    let mut count = 0;
    for row in rows {
        let mut words = row.trim_end_matches(" |").rsplit('`').skip(1).step_by(2);
        let mut word = || words.next().expect("a file, a test and its assertion");
        let (assertion, name, file) = (word(), word(), word());
        let text = fs::read_to_string(root.join(file)).expect(file);
        assert!(asserts(&text, name, assertion), "{file} has no test {name} with {assertion}");
        count += 1;
    }
    assert_eq!(count, 24);
}

/// A set in which alice has approved the bundle.
fn approved() -> Scratch {
    let scratch = bundle();
    scratch.write("entry.toml", entry("", "{bundle}/a.py"));
    let public = scratch.key("alice");
    scratch.write("signers", format!("alice@site {public}"));
    scratch.run("allowlist new set --valid 30").ok();
    scratch.run("allowlist add set entry.toml --bundle b").ok();
    scratch.run("allowlist sign set --all --key alice --as alice@site").ok();
    scratch
}
