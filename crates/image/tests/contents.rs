//! What is in images that mksquashfs makes.

#![allow(clippy::unwrap_used)] // also in what the tests share

mod support;

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;

use sluice_image::{Absolute, Contents, ImageError, open};
use sluice_policy::digest::Digest;
use sluice_policy::manifest::{Item, Manifest};
use sluice_testing::sif::have_mksquashfs;
use support::{file, manifest, squashfs};

/// A tree with all that images store in ways of their own: sparse, large, small, empty, hard-linked and
/// same files, and a directory that needs an index.
fn tree() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    let at = |path: &str| dir.path().join(path);
    fs::create_dir_all(at("many")).unwrap();
    fs::create_dir_all(at("a/b/c")).unwrap();
    for number in 0..3000 {
        fs::write(at(&format!("many/{number:04}-with-a-rather-long-name")), number.to_string())
            .unwrap();
    }
    let noise: Vec<u8> =
        (0_u32..300_000).map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    fs::write(at("a/noise"), &noise).unwrap();
    fs::write(at("a/whole-blocks"), &noise[..262_144]).unwrap();
    fs::write(at("a/zeros"), vec![0; 1 << 20]).unwrap();
    fs::write(at("a/text"), "rule all:\n".repeat(40_000)).unwrap();
    fs::write(at("a/empty"), "").unwrap();
    fs::write(at("a/same"), "0").unwrap();
    fs::hard_link(at("a/noise"), at("a/b/linked")).unwrap();
    fs::write(at("run"), "#!/bin/sh\n").unwrap();
    fs::set_permissions(at("run"), PermissionsExt::from_mode(0o755)).unwrap();
    symlink("../a/noise", at("many/link")).unwrap();
    dir
}

/// The manifest of a directory by the shortest way.
fn by_hand(dir: &Path) -> String {
    fn collect(dir: &Path, above: &str, items: &mut Vec<Item>) {
        for entry in fs::read_dir(dir).unwrap().map(Result::unwrap) {
            let path = format!("{above}{}", entry.file_name().to_str().unwrap());
            let kind = entry.file_type().unwrap();
            if kind.is_dir() {
                collect(&entry.path(), &format!("{path}/"), items);
                items.push(Item::directory(path));
            } else if kind.is_symlink() {
                items
                    .push(Item::link(path, fs::read_link(entry.path()).unwrap().to_str().unwrap()));
            } else {
                let content = fs::read(entry.path()).unwrap();
                let executable = entry.metadata().unwrap().permissions().mode() & 0o100 != 0;
                items.push(Item::file(
                    path,
                    executable,
                    content.len() as u64,
                    Digest::of(&content),
                ));
            }
        }
    }
    let mut items = Vec::new();
    collect(dir, "", &mut items);
    String::from_utf8(Manifest::from_items(items).unwrap().to_bytes()).unwrap()
}

#[test]
fn an_image_has_the_manifest_of_its_directory() {
    if !have_mksquashfs() {
        return;
    }
    let tree = tree();
    let expected = by_hand(tree.path());
    assert_eq!(expected.lines().count(), 3014);
    for options in [
        &["-comp", "zstd"][..],
        &["-comp", "gzip"],
        &["-comp", "zstd", "-b", "4096"],
        &["-comp", "gzip", "-b", "1M", "-no-fragments"],
        &["-comp", "zstd", "-always-use-fragments", "-no-duplicates"],
        &["-noI", "-noD", "-noF", "-noId"],
        &["-no-exports", "-nopad"],
    ] {
        let image = squashfs(tree.path(), options);
        assert!(manifest(&image) == Ok(expected.clone()), "{options:?}");
    }
}

#[test]
fn what_cannot_be_unfolded_is_said() {
    if !have_mksquashfs() {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    for compression in ["xz", "lzo", "lz4"] {
        let image = squashfs(dir.path(), &["-comp", compression]);
        assert!(manifest(&image).unwrap_err().contains("neither zstd nor gzip"), "{compression}");
    }
}

#[test]
fn files_are_read_within_bounds() {
    if !have_mksquashfs() {
        return;
    }
    let tree = tree();
    let image = file(&squashfs(tree.path(), &[]));
    let contents = Contents::of(open(&image).unwrap().1).unwrap();
    assert_eq!(contents.read("run", 10).unwrap().unwrap(), b"#!/bin/sh\n");
    assert_eq!(contents.read("run", 9).unwrap(), None);
    for missing in ["", "a", "many/link", "nothing"] {
        assert_eq!(contents.read(missing, 10).unwrap(), None, "{missing}");
    }
    assert_eq!(contents.target("many/link"), Some("../a/noise"));
    assert_eq!(contents.target("run"), None);
    let mut seen = 0;
    contents.manifest(&mut |bytes| seen += bytes).unwrap();
    assert_eq!(seen, contents.size());
}

#[test]
fn a_copy_is_an_archive_of_the_same() {
    if !have_mksquashfs() {
        return;
    }
    let tree = tempfile::tempdir().unwrap();
    let long = "long/".repeat(50);
    fs::create_dir_all(tree.path().join(&long)).unwrap();
    fs::write(tree.path().join(&long).join("file"), "x").unwrap();
    symlink("/usr/bin/mawk", tree.path().join("long/awk")).unwrap();
    symlink(format!("{}end", "far/".repeat(60)), tree.path().join("far")).unwrap();
    let image = file(&squashfs(tree.path(), &[]));
    let contents = Contents::of(open(&image).unwrap().1).unwrap();
    let mut archive = Vec::new();
    contents.copy(&mut archive, Absolute::MadeRelative, &mut drop).unwrap();

    let unpacked = tempfile::tempdir().unwrap();
    fs::write(unpacked.path().join("t"), archive).unwrap();
    let root = unpacked.path().join("root");
    fs::create_dir(&root).unwrap();
    let mut tar = std::process::Command::new("tar");
    tar.arg("-xf").arg(unpacked.path().join("t")).arg("-C").arg(&root);
    assert!(tar.status().unwrap().success());
    fs::remove_file(tree.path().join("long/awk")).unwrap();
    symlink("../usr/bin/mawk", tree.path().join("long/awk")).unwrap();
    assert_eq!(by_hand(&root), by_hand(tree.path()));

    struct Full;
    impl std::io::Write for Full {
        fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
            Err(std::io::ErrorKind::StorageFull.into())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let failed = contents.copy(Full, Absolute::Kept, &mut drop);
    assert!(matches!(failed, Err(ImageError::Copy(_))), "{failed:?}");
}

/// Cut or changed anywhere, an image gives an error or a manifest, soon and in little memory.
#[test]
fn no_damage_panics() {
    if !have_mksquashfs() {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    fs::create_dir(dir.path().join("d")).unwrap();
    fs::write(dir.path().join("d/f"), "text ".repeat(1000)).unwrap();
    symlink("d/f", dir.path().join("l")).unwrap();
    for options in [&["-comp", "zstd"][..], &["-comp", "gzip"], &["-noI", "-noD", "-noF", "-noId"]]
    {
        let image = squashfs(dir.path(), &[options, &["-nopad"]].concat());
        let whole = manifest(&image).unwrap();
        let mut results = BTreeMap::<bool, usize>::new();
        for length in 0..image.len() {
            assert!(manifest(&image[..length]).is_err(), "{length} bytes");
        }
        for bit in 0..image.len() * 8 {
            let mut changed = image.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            let result = manifest(&changed);
            *results.entry(result.is_ok()).or_default() += 1;
            if let Ok(manifest) = result {
                Manifest::parse(manifest.as_bytes()).unwrap();
            }
        }
        assert!(results[&false] > 100, "{options:?}: {results:?}");
        assert_eq!(manifest(&image).unwrap(), whole);
    }
}

/// However many threads it has, and whatever order it gets, mksquashfs writes the same bytes.
#[test]
fn what_is_canonical_is_written_the_same_way() {
    if !have_mksquashfs() {
        return;
    }
    let tree = tree();
    let image = file(&squashfs(tree.path(), &[]));
    let contents = Contents::of(open(&image).unwrap().1).unwrap();
    assert!(!contents.departures().unwrap().is_empty());
    let archive = tempfile::NamedTempFile::new().unwrap();
    contents.copy(archive.as_file(), Absolute::Kept, &mut drop).unwrap();
    let write = |processors: &str| {
        let out = tempfile::NamedTempFile::new().unwrap();
        let mut command = std::process::Command::new("mksquashfs");
        command.arg("-").arg(out.path()).args(sluice_image::MKSQUASHFS);
        command.args(["-processors", processors]).stdin(fs::File::open(archive.path()).unwrap());
        assert!(command.stdout(std::process::Stdio::null()).status().unwrap().success());
        fs::read(out.path()).unwrap()
    };
    let first = write("1");
    assert!(first == write("8"));
    let canonical = file(&first);
    let contents = Contents::of(open(&canonical).unwrap().1).unwrap();
    assert_eq!(contents.departures().unwrap(), Vec::<String>::new());
    let (found, expected) = (manifest(&first).unwrap(), by_hand(tree.path()));
    let missing = expected.lines().find(|line| !found.contains(line));
    assert!(found == expected, "{missing:?}");
}
