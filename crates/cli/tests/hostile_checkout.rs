//! `allowlist add --git` with a checkout that somebody prepared to have another bundle approved than
//! the signed one, or to have a program run: its configuration, refs and attributes are theirs.

mod support;

use std::fs;

use support::Scratch;
use support::repository::{add, entry, git, repository, tag};

const WITH: &str = "--git repo --tag-signers tag-signers";
const NOT_THE_COMMIT: &str = "is not what the commit";

/// A program that leaves a trace, and then does what its lines say.
fn program(scratch: &Scratch, name: &str, lines: &str) -> String {
    let ran = scratch.path("ran");
    let text = format!("#!/bin/sh\ntouch {}\n{lines}\n", ran.display());
    let path = scratch.write(name, text);
    scratch.mode(name, 0o755);
    path.display().to_string()
}

fn head(scratch: &Scratch) -> String {
    git(scratch, &["rev-parse", "HEAD"]).ok().out.trim().to_owned()
}

#[test]
fn a_filter_neither_runs_nor_hides_a_change() {
    let scratch = repository();
    let clean = program(&scratch, "clean", "echo echo hello");
    git(&scratch, &["config", "filter.own.clean", &clean]).ok();
    scratch.write("repo/.git/info/attributes", "* filter=own\n");
    scratch.write("bundle/main", "echo evil\n");
    add(&scratch, WITH).fails(1, NOT_THE_COMMIT);
    assert!(!scratch.path("ran").exists());
}

#[test]
fn attributes_and_settings_of_the_work_tree_do_not_count() {
    let scratch = repository();
    for line in [
        "core.autocrlf input",
        "core.fileMode false",
        "core.symlinks false",
        "core.fsmonitor true",
        "status.showUntrackedFiles no",
    ] {
        let (name, value) = line.split_once(' ').expect("two words");
        git(&scratch, &["config", name, value]).ok();
    }
    scratch.write("repo/.git/info/attributes", "* text=auto\n");
    scratch.write("bundle/main", "echo hello\r\n");
    add(&scratch, WITH).fails(1, NOT_THE_COMMIT);
    scratch.write("bundle/main", "echo hello\n");
    scratch.mode("bundle/main", 0o644);
    add(&scratch, WITH).fails(1, NOT_THE_COMMIT);
    scratch.mode("bundle/main", 0o755);
    add(&scratch, WITH).ok();
}

#[test]
fn programs_that_check_signatures_are_the_callers() {
    let scratch = repository();
    let yes =
        "printf '\\n[GNUPG:] GOODSIG 0 x\\n[GNUPG:] VALIDSIG 0 0\\n[GNUPG:] TRUST_ULTIMATE\\n'";
    let yes = program(&scratch, "yes", yes);
    for name in ["gpg.program", "gpg.openpgp.program", "gpg.x509.program", "gpg.ssh.program"] {
        git(&scratch, &["config", name, &yes]).ok();
    }
    let commit = head(&scratch);
    for format in ["PGP SIGNATURE", "PGP MESSAGE", "SIGNED MESSAGE", "SSH SIGNATURE"] {
        let object = format!(
            "object {commit}\ntype commit\ntag forged\ntagger a <a@b> 1 +0000\n\nx\n\
             -----BEGIN {format}-----\n\nAAAA\n-----END {format}-----\n"
        );
        scratch.write("repo/tag", object);
        let made = git(&scratch, &["hash-object", "-t", "tag", "-w", "tag"]).ok().out;
        fs::remove_file(scratch.path("repo/tag")).expect("a file");
        git(&scratch, &["update-ref", "refs/tags/forged", made.trim()]).ok();
        entry(&scratch, "forged");
        add(&scratch, WITH).fails(1, "is not signed by a key you trust");
    }
    assert!(!scratch.path("ran").exists());
}

#[test]
fn replaced_objects_do_not_stand_in() {
    let scratch = repository();
    let signed = head(&scratch);
    scratch.write("repo/main", "echo evil\n");
    git(&scratch, &["commit", "-q", "-a", "-m", "evil"]).ok();
    git(&scratch, &["replace", &signed, "HEAD"]).ok();
    git(&scratch, &["reset", "-q", "--hard", &signed]).ok();
    scratch.write("bundle/main", "echo evil\n");
    entry(&scratch, "v1.0");
    add(&scratch, WITH).fails(1, NOT_THE_COMMIT);
}

#[test]
fn objects_are_what_their_names_say() {
    let scratch = repository();
    let signed = head(&scratch);
    scratch.write("repo/main", "echo evil\n");
    git(&scratch, &["commit", "-q", "-a", "-m", "evil"]).ok();
    let file =
        |commit: &str| scratch.path("repo/.git/objects").join(&commit[..2]).join(&commit[2..]);
    let evil = fs::read(file(&head(&scratch))).expect("a loose object");
    fs::remove_file(file(&signed)).expect("a loose object");
    fs::write(file(&signed), evil).expect("a loose object");
    scratch.write("bundle/main", "echo evil\n");
    let plain = scratch.read("entry.toml").replace("tag = \"v1.0\"\n", "");
    scratch.write("entry.toml", plain);
    let ran = add(&scratch, "--git repo");
    assert_eq!(ran.code, 1, "{ran:?}");
}

#[test]
fn a_tag_has_the_name_and_the_commit_that_its_signer_gave_it() {
    let scratch = repository();
    git(&scratch, &["update-ref", "refs/tags/v2.0", "refs/tags/v1.0"]).ok();
    entry(&scratch, "v2.0");
    add(&scratch, WITH).fails(1, "as the tag v2.0 is another tag, v1.0");
    // A signed tag of an unsigned tag says nothing about what that one may become.
    let unsigned = ["-c", "tag.gpgSign=false", "tag", "-a", "-m", "x", "inner"];
    git(&scratch, &unsigned).ok();
    let (key, format) = (scratch.path("dev"), "gpg.format=ssh");
    let key = format!("user.signingKey={}", key.display());
    let outer = ["-c", format, "-c", &key, "tag", "-s", "-m", "x", "outer", "inner"];
    git(&scratch, &outer).ok();
    entry(&scratch, "outer");
    add(&scratch, WITH).fails(1, "the tag outer names the tag");
}

#[test]
fn what_git_cannot_hold_is_not_what_it_holds() {
    let scratch = repository();
    fs::create_dir_all(scratch.path("bundle/empty/inner")).expect("directories");
    let ran = add(&scratch, WITH).fails(1, NOT_THE_COMMIT);
    assert!(ran.err.contains("added      empty/inner\n"), "{ran:?}");
    fs::remove_dir_all(scratch.path("bundle/empty")).expect("directories");
    // Where the commit has a submodule, anything could lie.
    let commit = head(&scratch);
    let submodule = format!("160000,{commit},lib");
    git(&scratch, &["update-index", "--add", "--cacheinfo", &submodule]).ok();
    git(&scratch, &["commit", "-q", "-m", "with a submodule"]).ok();
    tag(&scratch, "v1.1", "dev");
    entry(&scratch, "v1.1");
    scratch.write("bundle/lib/evil.py", "");
    let ran = add(&scratch, WITH).fails(1, NOT_THE_COMMIT);
    assert!(ran.err.contains("added      lib/evil.py\n"), "{ran:?}");
}

#[test]
fn names_that_git_would_quote_are_names() {
    let scratch = repository();
    for name in ["a \"b\"", "back\\slash", " lead", "Größe/日本", "-rf"] {
        scratch.write(&format!("repo/{name}"), name);
        scratch.write(&format!("bundle/{name}"), name);
    }
    std::os::unix::fs::symlink("main", scratch.path("repo/link")).expect("a link");
    std::os::unix::fs::symlink("main", scratch.path("bundle/link")).expect("a link");
    git(&scratch, &["add", "-A"]).ok();
    git(&scratch, &["commit", "-q", "-m", "names"]).ok();
    tag(&scratch, "v1.2", "dev");
    entry(&scratch, "v1.2");
    add(&scratch, WITH).ok();
    fs::remove_file(scratch.path("bundle/link")).expect("a link");
    scratch.write("bundle/link", "main");
    add(&scratch, "--git repo --tag-signers tag-signers").fails(1, NOT_THE_COMMIT);
}
