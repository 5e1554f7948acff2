//! What may not be in an image, and images that would show the kernel something else than their listing.

#![allow(clippy::unwrap_used)] // also in what the tests share

mod support;

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;

use rustix::fs::{XattrFlags, setxattr};
use sluice_image::{Contents, Fault, ImageError, open};
use sluice_testing::leave_out;
use sluice_testing::sif::have_mksquashfs;
use support::{file, manifest, squashfs};

fn faults(image: &[u8]) -> Vec<Fault> {
    let file = file(image);
    Contents::of(open(&file).unwrap().1).unwrap().faults(&[]).unwrap()
}

#[test]
fn what_a_bundle_may_not_have_an_image_may_not_have() {
    if !have_mksquashfs() {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let at = |name: &str| dir.path().join(name);
    for (name, mode) in [("setuid", 0o4755), ("setgid", 0o2755), ("sticky", 0o1644)] {
        fs::write(at(name), "").unwrap();
        fs::set_permissions(at(name), PermissionsExt::from_mode(mode)).unwrap();
    }
    symlink("/etc/passwd", at("absolute")).unwrap();
    symlink("../x", at("leaves")).unwrap();
    symlink("/a/../b", at("climbs")).unwrap();
    fs::write(at("bell\u{7}"), "").unwrap();
    let image = squashfs(
        dir.path(),
        &[
            "-p",
            "device c 644 0 0 1 3",
            "-p",
            "block b 644 0 0 7 0",
            "-p",
            "whiteout c 0 0 0 0 0",
            "-p",
            "fifo i 644 0 0 f",
            "-p",
            "socket i 644 0 0 s",
        ],
    );
    let found: Vec<(String, bool)> = faults(&image)
        .iter()
        .map(|fault| (fault.to_string(), fault.is_mended_by_import()))
        .collect();
    let expect = |text: &str, mended: bool| {
        let (said, is) = found.iter().find(|(said, _)| said.contains(text)).unwrap_or_else(|| {
            panic!("nothing of {text}: {found:?}");
        });
        assert_eq!(*is, mended, "{said}");
    };
    expect("absolute", true);
    expect("leaves", false);
    expect("climbs", false);
    expect("bell\\u{7}", false);
    expect("setuid: a setuid or setgid file", true);
    expect("setgid: a setuid or setgid file", true);
    expect("device: a device or a whiteout", false);
    expect("block: a device or a whiteout", false);
    expect("whiteout: a device or a whiteout", false);
    expect("fifo: a FIFO", false);
    expect("socket: a socket", false);
    assert_eq!(found.len(), 11, "{found:?}");
}

/// Each name of a hard-linked file is read, and each link's target kept.
#[test]
fn hard_links_are_bounded() {
    if !have_mksquashfs() {
        return;
    }
    for (names, refused) in [(3, false), (40, true)] {
        let dir = tempfile::tempdir().unwrap();
        let first = dir.path().join("0");
        fs::write(&first, vec![0; 2 << 20]).unwrap();
        (1..names).for_each(|it| fs::hard_link(&first, dir.path().join(it.to_string())).unwrap());
        let image = file(&squashfs(dir.path(), &[]));
        let found = Contents::of(open(&image).unwrap().1);
        assert_eq!(matches!(found, Err(ImageError::TooLarge)), refused, "{names}");
    }
}

#[test]
fn attributes_are_named() {
    if !have_mksquashfs() {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let set = |path: &Path, name: &str| setxattr(path, name, b"y", XattrFlags::empty());
    fs::create_dir(dir.path().join("d")).unwrap();
    fs::write(dir.path().join("f"), "").unwrap();
    if set(&dir.path().join("f"), "user.note").is_err() {
        return leave_out("a file system with attributes");
    }
    set(&dir.path().join("d"), "user.a").unwrap();
    set(&dir.path().join("d"), "user.overlay.opaque").unwrap();
    set(dir.path(), "user.root").unwrap();
    let image = squashfs(dir.path(), &["-comp", "gzip"]);
    let mut found = faults(&image);
    found.sort_by_key(Fault::to_string);
    let name = |path: &str, name: &str| Fault::Attribute(path.into(), name.into());
    let expected =
        [name(".", "user.root"), name("d", "user.overlay.opaque"), name("f", "user.note")];
    assert_eq!(found, expected);
    assert_eq!(
        found.iter().map(Fault::is_mended_by_import).collect::<Vec<_>>(),
        [true, false, true]
    );
    assert_eq!(faults(&squashfs(dir.path(), &["-no-xattrs"])), []);
}

/// An image whose metadata lies open.
struct Plain(Vec<u8>);

impl Plain {
    fn of(dir: &Path) -> Self {
        let options = ["-noI", "-noId", "-noD", "-noF", "-no-exports", "-nopad", "-no-xattrs"];
        let image = Self(squashfs(dir, &options));
        manifest(&image.0).unwrap();
        image
    }

    fn u64(&self, at: usize) -> usize {
        u64::from_le_bytes(self.0[at..at + 8].try_into().unwrap()) as usize
    }

    fn put(&mut self, at: usize, bytes: &[u8]) {
        self.0[at..at + bytes.len()].copy_from_slice(bytes);
    }

    /// Where the name of a directory's entry stands.
    fn name(&self, name: &str) -> usize {
        let table = self.u64(72);
        let found = self.0[table..].windows(name.len()).position(|part| part == name.as_bytes());
        table + found.unwrap()
    }

    /// Where the inode of a directory's entry stands, in the first block.
    fn inode(&self, name: &str) -> usize {
        let entry = self.name(name) - 8;
        let offset = u16::from_le_bytes([self.0[entry], self.0[entry + 1]]);
        self.u64(64) + 2 + usize::from(offset)
    }

    #[track_caller]
    fn is_refused(&self, why: &str) {
        match manifest(&self.0) {
            Err(said) => assert!(said.contains(why), "{said}"),
            Ok(manifest) => panic!("listed:\n{manifest}"),
        }
    }
}

/// A change of an image's bytes, and why it is refused then.
type Attack = (fn(&mut Plain), &'static str);

#[test]
fn the_listing_is_what_the_kernel_shows() {
    if !have_mksquashfs() {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    fs::create_dir_all(dir.path().join("cc/dd")).unwrap();
    fs::write(dir.path().join("aa"), "1").unwrap();
    fs::write(dir.path().join("bb"), "2").unwrap();
    symlink("aa", dir.path().join("ll")).unwrap();
    let attacks: &[Attack] = &[
        (|image| image.put(image.name("bb"), b"aa"), "isn't sorted"),
        (|image| image.put(image.name("aa"), b"zz"), "isn't sorted"),
        (|image| image.put(image.name("aa"), b"a/"), "no single name"),
        (|image| image.put(image.name("aa"), b"a\0"), "no single name"),
        (|image| image.put(image.name("aa"), b".."), "no single name"),
        (|image| image.put(image.name("aa"), b"\xff\xff"), "isn't sorted"),
        (|image| image.put(image.name("ll"), b"\xff\xff"), "not UTF-8"),
        (|image| image.put(image.name("aa") - 4, &[3]), "something else of an inode"),
        (|image| image.put(image.name("aa") - 6, &[9]), "something else of an inode"),
        (|image| image.put(image.name("aa") - 2, &[255]), "longer than 255 bytes"),
        (
            // Both files get the same number: the kernel would show one content for both.
            |image| {
                let (number, delta) = (image.inode("aa") + 12, image.name("aa") - 6);
                let number: [u8; 4] = image.0[number..number + 4].try_into().unwrap();
                let delta: [u8; 2] = image.0[delta..delta + 2].try_into().unwrap();
                image.put(image.inode("bb") + 12, &number);
                image.put(image.name("bb") - 6, &delta);
            },
            "the same number",
        ),
        (
            // The first file becomes a second name of a directory.
            |image| {
                let (from, to) = (image.name("cc") - 8, image.name("aa") - 8);
                let entry: [u8; 6] = image.0[from..from + 6].try_into().unwrap();
                image.put(to, &entry);
            },
            "in two places",
        ),
        (|image| image.put(image.inode("aa") + 3, &[0x61]), "unknown bits"),
        (|image| image.put(image.inode("aa"), &[0]), "unknown type"),
        (|image| image.put(image.inode("aa") + 20, &[99, 0]), "a fragment that there is none of"),
        (|image| image.put(image.inode("aa") + 24, &[9, 0]), "outside its fragment"),
        (|image| image.put(image.inode("aa") + 28, &[0xff; 4]), "holds too much"),
        (|image| image.put(image.inode("aa") + 20, &[0xff; 4]), "a block's size"),
        (|image| image.put(image.inode("ll") + 20, &[0, 0x20]), "too long"),
        (|image| image.put(image.inode("ll") + 20, &[0; 4]), "is empty"),
        (|image| image.put(image.inode("cc") + 24, &[200, 0]), ""),
        (|image| image.put(image.u64(64), &[0xff, 0xff]), "size is out of bounds"),
        (|image| image.put(image.u64(64), &[0, 0x80]), "size is out of bounds"),
        (|image| image.put(32, &[0xff; 8]), ""),
    ];
    for (number, (change, why)) in attacks.iter().enumerate() {
        let mut image = Plain::of(dir.path());
        change(&mut image);
        eprintln!("attack {number}");
        image.is_refused(why);
    }
}

#[test]
fn an_index_leads_nowhere_else() {
    if !have_mksquashfs() {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    for number in 0..700 {
        fs::write(dir.path().join(format!("{number:04}-a-name-of-some-length")), "").unwrap();
    }
    let image = Plain::of(dir.path());
    let (inodes, directories) = (image.u64(64), image.u64(72));
    let index = image.0[inodes..directories]
        .windows(22)
        .rposition(|part| part == b"-a-name-of-some-length");
    // Before the name: its byte in the listing, its block, its length.
    let name = inodes + index.unwrap() - 4;
    for (at, why) in [(0, "index"), (3, "index"), (name - inodes, "index")] {
        let mut changed = Plain(image.0.clone());
        let at = if at > 3 { name } else { name - 12 + at };
        changed.0[at] ^= 1;
        changed.is_refused(why);
    }
    let mut changed = Plain(image.0.clone());
    changed.0[name - 8] ^= 1;
    changed.is_refused("index leads");
}
