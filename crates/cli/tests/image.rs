//! `sluice image`, and images where directories may be.

mod support;

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::process::Command;

use sluice_testing::sif::{have_mksquashfs, primary, sif};
use support::{Ran, Scratch};

const FILES: [(&str, &str); 4] = [
    ("Snakefile", "rule all:\n"),
    ("bin/run", "#!/bin/sh\n"),
    ("lib/a/b", "x"),
    ("lib/a b/ü", "y"),
];

/// A bundle, written in this order.
fn bundle(scratch: &Scratch, dir: &str, files: &[(&str, &str)]) {
    for (path, content) in files {
        scratch.write(&format!("{dir}/{path}"), content);
    }
    fs::create_dir_all(scratch.path(&format!("{dir}/empty"))).expect("in the scratch directory");
    scratch.mode(&format!("{dir}/bin/run"), 0o755);
    symlink("../bin/run", scratch.path(&format!("{dir}/lib/run")))
        .expect("in the scratch directory");
}

/// A squashfs by somebody else.
fn foreign(scratch: &Scratch, dir: &str, name: &str, options: &[&str]) {
    let mut command = Command::new("mksquashfs");
    command.arg(scratch.path(dir)).arg(scratch.path(name)).args(["-quiet", "-no-progress"]);
    Ran::of(command.args(options).output().expect("mksquashfs runs")).ok();
}

fn sha256(path: &Path) -> String {
    let sum = Ran::of(Command::new("sha256sum").arg(path).output().expect("sha256sum runs")).ok();
    format!("sha256:{}", &sum.out[..64])
}

#[test]
fn the_same_files_give_the_same_digest() {
    if !have_mksquashfs() {
        return;
    }
    let scratch = Scratch::new();
    bundle(&scratch, "b", &FILES);
    let first = scratch.run("image build b -o b.sqfs").ok();
    let digest = first.out.trim();
    assert!(first.err.starts_with("written by mksquashfs 4."), "{first:?}");
    assert_eq!(digest, sha256(&scratch.path("b.sqfs")));

    let mut backwards = FILES;
    backwards.reverse();
    bundle(&scratch, "c", &backwards);
    // Other times, permissions that a manifest doesn't tell, a hard link for a copy, another owner.
    scratch.mode("c/Snakefile", 0o600);
    scratch.mode("c/lib", 0o2700);
    fs::write(scratch.path("c/same"), "x").unwrap();
    fs::remove_file(scratch.path("c/lib/a/b")).unwrap();
    fs::hard_link(scratch.path("c/same"), scratch.path("c/lib/a/b")).unwrap();
    fs::write(scratch.path("b/same"), "x").unwrap();
    let mut touch = Command::new("touch");
    touch.args(["-d", "2001-02-03"]).arg(scratch.path("c/Snakefile"));
    assert!(touch.status().unwrap().success());
    if rustix::process::geteuid().is_root() {
        std::os::unix::fs::lchown(scratch.path("c/lib"), Some(12), Some(34)).unwrap();
    }
    let second = scratch.run("image build b -o b2.sqfs").ok();
    let mut other = scratch.command("image build c -o c.sqfs");
    let other = Ran::of(other.env("SOURCE_DATE_EPOCH", "1234").output().unwrap()).ok();
    assert_eq!(other.out, second.out);
    assert_ne!(other.out, first.out);

    let report = scratch.run("image build c -o c.sqfs --json").ok().json();
    assert_eq!(report["digest"], other.out.trim());
    assert_eq!((&report["files"], &report["bytes"]), (&5.into(), &23.into()));
    let left: Vec<_> =
        fs::read_dir(scratch.root()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left.len(), 5, "{left:?}");
}

#[test]
fn an_image_has_the_manifest_of_its_directory() {
    if !have_mksquashfs() {
        return;
    }
    let scratch = Scratch::new();
    bundle(&scratch, "b", &FILES);
    let digest = scratch.run("image build b -o b.sqfs").ok().out;
    let frozen = scratch.run("freeze b").ok().out;
    assert_eq!(scratch.run("image ls b.sqfs").ok().out, frozen);
    let image = scratch.run("freeze b.sqfs").ok();
    assert_eq!((image.out, image.err), (frozen.clone(), digest.clone()));
    let report = scratch.run("freeze b.sqfs -o m --json").ok().json();
    assert_eq!((&report["digest"], &report["files"]), (&digest.trim().into(), &4.into()));
    assert_eq!(scratch.read("m"), frozen);
    scratch.run("freeze b.sqfs -o ./b.sqfs").fails(2, "would replace the image");
    let listed = scratch.run("image ls b.sqfs --json").ok().json();
    assert_eq!(listed["digest"], digest.trim());
    assert_eq!(listed["entries"].as_array().unwrap().len(), frozen.lines().count() - 1);
    assert_eq!(listed["entries"][0]["type"], "file");
}

#[test]
fn verify_says_whether_an_image_is_canonical() {
    if !have_mksquashfs() {
        return;
    }
    let scratch = Scratch::new();
    bundle(&scratch, "b", &FILES);
    let digest = scratch.run("image build b -o b.sqfs").ok().out;
    let digest = digest.trim();
    let verified = scratch.run(&format!("image verify b.sqfs {digest}")).ok();
    assert!(verified.out.contains("writes the same bytes again"), "{verified:?}");
    let report = scratch.run("image verify b.sqfs --json").ok().json();
    assert!(report["rebuilt"].as_str().unwrap().starts_with("mksquashfs 4."));
    let other = format!("sha256:{}", "0".repeat(64));
    let ran = scratch.run(&format!("image verify b.sqfs {other}"));
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(ran.out.contains("its digest is another one"), "{ran:?}");

    foreign(&scratch, "b", "foreign.sqfs", &[]);
    let ran = scratch.run("image verify foreign.sqfs");
    assert_eq!(ran.code, 1, "{ran:?}");
    for why in [
        "it isn't compressed with zstd",
        "it says when it was made",
        "not everything is of 1970-01-01",
    ] {
        assert!(ran.out.contains(why), "{why}: {ran:?}");
    }
    // The form of canonical images, and other bytes.
    scratch.mode("b", 0o755);
    for dir in ["lib", "lib/a", "lib/a b", "bin", "empty"] {
        scratch.mode(&format!("b/{dir}"), 0o755);
    }
    foreign(
        &scratch,
        "b",
        "nearly.sqfs",
        &[
            "-comp",
            "zstd",
            "-Xcompression-level",
            "1",
            "-mkfs-time",
            "0",
            "-all-time",
            "0",
            "-all-root",
            "-no-xattrs",
        ],
    );
    let ran = scratch.run("image verify nearly.sqfs");
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(ran.out.contains("another version wrote the image, or it was changed"), "{ran:?}");

    let mut alone = scratch.command("image verify b.sqfs");
    let alone = Ran::of(alone.env("PATH", "/nonexistent").output().unwrap()).ok();
    assert!(alone.out.contains("not written again"), "{alone:?}");
}

#[test]
fn what_cannot_be_frozen_is_not_built() {
    if !have_mksquashfs() {
        return;
    }
    let scratch = Scratch::new();
    bundle(&scratch, "b", &FILES);
    scratch.run("image build b -o b/b.sqfs").fails(2, "would lie in the bundle");
    scratch.run("image build missing -o m.sqfs").fails(4, "cannot open");
    scratch.run("image build b -o nowhere/m.sqfs").fails(4, "cannot");
    let mut alone = scratch.command("image build b -o m.sqfs");
    Ran::of(alone.env("PATH", "/nonexistent").output().unwrap()).fails(4, "install squashfs-tools");
    symlink("/etc/passwd", scratch.path("b/absolute")).unwrap();
    scratch.run("image build b -o m.sqfs").fails(1, "absolute");
    let built = scratch.run("image build b -o m.sqfs --link /etc/passwd").ok().out;
    scratch.run("freeze m.sqfs").fails(1, "not declared under [system] links");
    assert_eq!(scratch.run("freeze m.sqfs --link /etc/passwd").ok().err, built);
    assert!(Command::new("mkfifo").arg(scratch.path("b/fifo")).status().unwrap().success());
    scratch.run("image build b -o n.sqfs --link /etc/passwd").fails(1, "fifo: a FIFO");
    assert!(!scratch.path("n.sqfs").exists());
    assert_eq!(fs::metadata(scratch.path("m.sqfs")).unwrap().permissions().mode() & 0o777, 0o644);
}

#[test]
fn a_sif_is_imported() {
    if !have_mksquashfs() {
        return;
    }
    let scratch = Scratch::new();
    bundle(&scratch, "b", &FILES);
    scratch.mode("b/bin/run", 0o4755);
    symlink("/bin/run", scratch.path("b/lib/awk")).unwrap();
    foreign(&scratch, "b", "part", &[]);
    let partition = fs::read(scratch.path("part")).unwrap();
    fs::write(scratch.path("tool.sif"), sif(&[primary(&partition)])).unwrap();

    let listed = scratch.run("image ls tool.sif");
    assert_eq!(listed.code, 1, "{listed:?}");
    assert!(
        listed.out.contains(" lib/awk\n") && listed.err.contains("bin/run: a setuid"),
        "{listed:?}"
    );
    scratch.run("freeze tool.sif").fails(1, "sluice image import makes one of it");
    let ran = scratch.run("image verify tool.sif");
    assert!(ran.code == 1 && ran.out.contains("a SIF is no image"), "{ran:?}");

    let imported = scratch.run("image import tool.sif -o tool.sqfs").ok();
    assert!(imported.err.contains("1 absolute links made relative"), "{imported:?}");
    assert!(imported.err.contains("1 files without their set-id bits"), "{imported:?}");
    assert_eq!(scratch.run("freeze tool.sqfs").ok().err, imported.out);
    scratch.run("image verify tool.sqfs").ok();
    // The same as a directory that never had either.
    scratch.mode("b/bin/run", 0o755);
    fs::remove_file(scratch.path("b/lib/awk")).unwrap();
    symlink("../bin/run", scratch.path("b/lib/awk")).unwrap();
    assert_eq!(scratch.run("image build b -o b.sqfs").ok().out, imported.out);

    let fifo = ["-p", "fifo i 644 0 0 f"];
    foreign(&scratch, "b", "fifo", &fifo);
    scratch.run("image import fifo -o no.sqfs").fails(1, "fifo: a FIFO");
    scratch.run("image import b.sqfs -o again.sqfs").ok();
    assert_eq!(sha256(&scratch.path("again.sqfs")), imported.out.trim());
    assert!(!scratch.path("no.sqfs").exists());
}

#[test]
fn diff_compares_images() {
    if !have_mksquashfs() {
        return;
    }
    let scratch = Scratch::new();
    bundle(&scratch, "b", &FILES);
    let old = scratch.run("image build b -o old.sqfs").ok().out;
    scratch.run("diff b old.sqfs").ok();
    scratch.run("diff old.sqfs b").ok();
    scratch.write("b/Snakefile", "rule some:\n");
    fs::remove_file(scratch.path("b/lib/run")).unwrap();
    symlink("../Snakefile", scratch.path("b/lib/run")).unwrap();
    let new = scratch.run("image build b -o new.sqfs").ok().out;
    let by_directory = scratch.run("diff old.sqfs b");
    let ran = scratch.run("diff old.sqfs new.sqfs");
    assert_eq!((ran.code, by_directory.code), (1, 1), "{ran:?}");
    assert_eq!(ran.out, by_directory.out);
    assert!(ran.out.contains("-rule all:\n+rule some:\n"), "{ran:?}");
    assert!(ran.out.contains("(../bin/run -> ../Snakefile)"), "{ran:?}");
    assert!(ran.err.contains(old.trim()) && ran.err.contains(new.trim()), "{ran:?}");
    let manifest = scratch.run("freeze old.sqfs").ok().out;
    fs::write(scratch.path("manifest"), manifest).unwrap();
    let ran = scratch.run("diff manifest new.sqfs --old old.sqfs");
    assert!(ran.out.contains("-rule all:\n+rule some:\n"), "{ran:?}");
}

#[test]
fn other_files_are_no_images() {
    let scratch = Scratch::new();
    scratch.write("text", "hsqs");
    scratch.run("image ls text").fails(1, "neither a squashfs nor an erofs");
    scratch.run("image verify text").fails(1, "neither a squashfs nor an erofs");
    scratch.run("freeze text").fails(1, "neither a directory nor an image");
    scratch.run("image ls missing").fails(4, "cannot open");
    scratch.run("image verify text sha256:0").fails(2, "a digest is");
    let mut erofs = vec![0; 4 * 4096];
    erofs[1024..1028].copy_from_slice(&0xe0f5_e1e2_u32.to_le_bytes());
    erofs[1036] = 12;
    erofs[1060] = 4;
    scratch.write("image.erofs", &erofs);
    scratch.run("freeze image.erofs").fails(1, "doesn't list what is in an erofs");
    let ran = scratch.run("image verify image.erofs");
    assert!(ran.code == 1 && ran.out.contains("erofs\nSluice doesn't list"), "{ran:?}");
}
