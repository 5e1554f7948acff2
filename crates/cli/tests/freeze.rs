//! `sluice freeze` and `sluice verify` on real trees.

mod support;

use std::fs;
use std::io::Read;
use std::os::unix::fs::symlink;
use std::process::{Command, Stdio};

use support::{Ran, Scratch};

/// A bundle with everything that may be in one.
fn bundle() -> Scratch {
    let scratch = Scratch::new();
    scratch.write("b/Snakefile", "rule all:\n");
    scratch.write("b/with space/ two  blanks ", "1");
    scratch.write("b/Größe/日本.txt", "2");
    scratch.write("b/.hidden/.pyc", [0, 255]);
    scratch.write("b/a.b/c", "");
    scratch.write("b/a", "sorts before a.b and a/");
    scratch.write("b/-rf", "an option?");
    scratch.write("b/back\\nslash", "");
    scratch.write("b/bin/run.sh", "#!/bin/sh\n");
    scratch.mode("b/bin/run.sh", 0o755);
    scratch.write("b/bin/group-only", "x");
    scratch.mode("b/bin/group-only", 0o654);
    fs::create_dir_all(scratch.path("b/empty/er")).expect("in the scratch directory");
    symlink("../Snakefile", scratch.path("b/bin/up")).expect("in the scratch directory");
    symlink("nowhere yet", scratch.path("b/dangling")).expect("in the scratch directory");
    symlink("Größe", scratch.path("b/to-dir")).expect("in the scratch directory");
    scratch
}

#[test]
fn the_coreutils_recipe_gives_the_same_bytes() {
    let scratch = bundle();
    let recipe = Command::new("sh")
        .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/recipe.sh"))
        .arg(scratch.path("b"))
        .output()
        .unwrap();
    let recipe = Ran::of(recipe).ok();
    let page = include_str!("../../../docs/reference/manifest.md");
    assert!(
        page.contains(include_str!("recipe.sh").trim_end()),
        "the reference has another recipe"
    );
    let frozen = scratch.run("freeze b").ok();
    assert_eq!(frozen.out, recipe.out);
    assert_eq!(frozen.out.lines().count(), 21);

    fs::write(scratch.path("m"), &frozen.out).unwrap();
    let sum = Ran::of(Command::new("sha256sum").arg(scratch.path("m")).output().unwrap()).ok();
    assert_eq!(frozen.err.trim(), format!("sha256:{}", &sum.out[..64]));
}

#[test]
fn the_digest_does_not_depend_on_place_or_time() {
    let scratch = bundle();
    let copied = Command::new("cp").arg("-r").args([scratch.path("b"), scratch.path("c")]).status();
    assert!(copied.unwrap().success());
    assert_eq!(scratch.run("freeze b").ok().err, scratch.run("freeze c").ok().err);
}

#[test]
fn manifests_go_where_they_are_sent_but_never_into_the_tree() {
    let scratch = bundle();
    let report = scratch.run("freeze b -o m --json").ok().json();
    assert_eq!(report["files"], 10);
    assert_eq!(scratch.run("freeze b").ok().out, scratch.read("m"));
    scratch.run("freeze b -o b/m").fails(2, "in the bundle");
    symlink("b/empty", scratch.path("side")).unwrap();
    scratch.run("freeze b -o side/m").fails(2, "in the bundle");
    assert!(!scratch.path("b/empty/m").exists());

    let into = fs::File::create(scratch.path("b/m")).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_sluice"));
    let ran = command.arg("freeze").arg(scratch.path("b")).stdout(into).output().unwrap();
    Ran::of(ran).fails(1, "m: standard output itself");
}

#[test]
fn what_makes_a_digest_meaningless_is_named_in_full() {
    let scratch = Scratch::new();
    scratch.write("b/ok", "");
    scratch.write("b/evil\u{202e}txt", "");
    scratch.write("b/suid", "");
    scratch.mode("b/suid", 0o4755);
    symlink("../../etc/passwd", scratch.path("b/out")).unwrap();
    symlink("/usr/bin/python3", scratch.path("b/python")).unwrap();
    assert!(Command::new("mkfifo").arg(scratch.path("b/fifo")).status().unwrap().success());
    let ran = scratch.run("freeze b").fails(1, "5 paths");
    assert_eq!(ran.out, "");
    for name in ["evil\\u{202e}txt", "suid", "out", "python", "fifo: a FIFO"] {
        assert!(ran.err.contains(name), "{name}: {}", ran.err);
    }
    assert!(!ran.err.contains('\u{202e}'));

    fs::remove_file(scratch.path("b/evil\u{202e}txt")).unwrap();
    for name in ["suid", "out", "fifo"] {
        fs::remove_file(scratch.path("b").join(name)).unwrap();
    }
    scratch.run("freeze b --link /usr/bin/python3").ok();
    scratch.run("freeze b --link /usr/bin/python").fails(1, "python3");
}

#[test]
fn differences_are_told_apart() {
    let scratch = bundle();
    let digest = scratch.run("freeze b -o m").ok().err;
    let same = scratch.run("verify b --manifest m").ok();
    assert_eq!(same.out, digest);

    scratch.write("b/Snakefile", "rule bad:\n");
    scratch.write("b/new", "");
    scratch.mode("b/bin/run.sh", 0o644);
    fs::remove_file(scratch.path("b/.hidden/.pyc")).unwrap();
    fs::remove_file(scratch.path("b/dangling")).unwrap();
    symlink("elsewhere", scratch.path("b/dangling")).unwrap();
    fs::remove_file(scratch.path("b/a")).unwrap();
    fs::create_dir(scratch.path("b/a")).unwrap();
    let ran = scratch.run("verify b --manifest m --json");
    assert_eq!(ran.code, 1, "{ran:?}");
    let report = ran.json();
    let found: Vec<_> = report["differences"]
        .as_array()
        .unwrap()
        .iter()
        .map(|line| (line["path"].as_str().unwrap(), line["change"].as_str().unwrap()))
        .collect();
    assert_eq!(
        found,
        [
            (".hidden/.pyc", "missing"),
            ("Snakefile", "content"),
            ("a", "type"),
            ("bin/run.sh", "executable"),
            ("dangling", "link"),
            ("new", "added"),
        ]
    );
    assert_eq!(report["expected"], digest.trim());
    assert!(scratch.run("verify b --manifest m").out.contains("missing    .hidden/.pyc\n"));
}

#[test]
fn what_is_missing_or_mistyped_is_said_once() {
    let scratch = Scratch::new();
    scratch.run("freeze nothing").fails(4, "sluice: cannot open the bundle nothing: ");
    scratch.run("verify b").fails(2, "--manifest");
    scratch.run("verify b n@1 --manifest m").fails(2, "cannot be used with");
    scratch.write("b/x", "");
    scratch.write("m", "no manifest\n");
    scratch.run("verify b --manifest m").fails(1, "m: line 1 of the manifest");
}

#[test]
fn a_reader_that_leaves_is_no_failure() {
    let scratch = Scratch::new();
    for number in 0..3000 {
        scratch.write(&format!("b/a-rather-long-name-to-fill-the-pipe-{number}"), "");
    }
    let mut child = Command::new(env!("CARGO_BIN_EXE_sluice"))
        .arg("freeze")
        .arg(scratch.path("b"))
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut start = [0; 10];
    child.stdout.take().unwrap().read_exact(&mut start).unwrap();
    let ran = Ran::of(child.wait_with_output().unwrap()).ok();
    assert_eq!(ran.err, "");
}

#[test]
fn reviewers_see_what_changed_and_nothing_hides() {
    let scratch = bundle();
    scratch.run("freeze b -o m").ok();
    let copied =
        Command::new("cp").arg("-r").args(["b", "new"]).current_dir(scratch.root()).status();
    assert!(copied.unwrap().success());
    assert_eq!(scratch.run("diff b new").ok().out, "");

    scratch.write("new/Snakefile", "rule all:\n    shell: 'x\u{202e}\u{1b}[2J'\n");
    scratch.write("new/added.py", "print(1)\n");
    scratch.mode("new/added.py", 0o755);
    scratch.write("new/.hidden/.pyc", [0, 1]);
    scratch.mode("new/bin/run.sh", 0o644);
    fs::remove_file(scratch.path("new/dangling")).unwrap();
    symlink("elsewhere", scratch.path("new/dangling")).unwrap();
    fs::remove_file(scratch.path("new/a.b/c")).unwrap();
    let ran = scratch.run("diff b new").fails(1, "diff sha256:");
    for line in [
        "content    .hidden/.pyc  (2 -> 2 bytes; not text)\n",
        "content    Snakefile  (10 -> 32 bytes)\n--- Snakefile\n+++ Snakefile\n@@ -1 +1,2 @@\n \
         rule all:\n+    shell: 'x\\u{202e}\\u{1b}[2J'\n",
        "missing    a.b/c  (0 bytes)\n",
        "added      added.py  (9 bytes; may be executed now)\n--- added.py\n+++ added.py\n@@ -0,0 +1 @@\n+print(1)\n",
        "executable bin/run.sh  (may not be executed any more)\n",
        "link       dangling  (nowhere yet -> elsewhere)\n",
    ] {
        assert!(ran.out.contains(line), "{line:?} in {}", ran.out);
    }
    assert!(!ran.out.contains(['\u{202e}', '\u{1b}']));

    // The digest of the difference can be had from the manifests alone, as the reference says.
    scratch.run("freeze new -o n").ok();
    let recipe =
        "{ echo sluice-diff 1; grep -vxFf n m | sed s/^/-/; grep -vxFf m n | sed s/^/+/; }";
    let by_hand = Command::new("sh")
        .args(["-c", &format!("{recipe} | sha256sum")])
        .env("LC_ALL", "C")
        .current_dir(scratch.root())
        .output();
    let by_hand = Ran::of(by_hand.unwrap()).ok().out;
    let json = scratch.run("diff b new --json").json();
    assert_eq!(json["diff"], format!("sha256:{}", &by_hand[..64]));
    assert_eq!(json["changes"].as_array().unwrap().len(), 6);

    // From the manifest alone, content is shown where its directory is named and is the approved.
    let ran = scratch.run("diff m new").fails(1, "diff");
    assert!(ran.out.contains("not at hand"), "{ran:?}");
    let ran = scratch.run("diff m new --old b").fails(1, "diff");
    assert!(ran.out.contains("+    shell:"), "{ran:?}");
    scratch.write("b/Snakefile", "tampered\n");
    let ran = scratch.run("diff m new --old b").fails(1, "diff");
    assert!(ran.out.contains("not the approved content"), "{ran:?}");
    assert!(!ran.out.contains("tampered"));
}
