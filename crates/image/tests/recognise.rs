//! What a file is, by its superblock alone.

use std::fs::File;
use std::io::Write;

use sluice_image::{Filesystem, ImageError, recognise};

const USED: usize = 4096 + 200;

fn file(bytes: &[u8]) -> File {
    let mut file = tempfile::tempfile().expect("a temporary file");
    file.write_all(bytes).expect("room for it");
    file
}

/// A superblock of squashfs and room behind it.
fn squashfs() -> Vec<u8> {
    let mut bytes = Vec::new();
    for word in [0x7371_7368_u32, 1, 0, 131_072, 0] {
        bytes.extend(word.to_le_bytes());
    }
    for half in [6_u16, 17, 0, 1, 4, 0] {
        bytes.extend(half.to_le_bytes());
    }
    // Root, bytes used; tables of ids, attributes, inodes, directories, fragments, exports.
    for long in [0, USED as u64, 180, u64::MAX, 96, 130, u64::MAX, u64::MAX] {
        bytes.extend(long.to_le_bytes());
    }
    bytes.resize(USED, 1);
    bytes.resize(8192, 0);
    bytes
}

/// A superblock of erofs with four blocks.
fn erofs() -> Vec<u8> {
    let mut bytes = vec![0; 1024];
    bytes.extend(0xe0f5_e1e2_u32.to_le_bytes());
    bytes.resize(1024 + 12, 0);
    bytes.extend([12, 0]);
    bytes.resize(1024 + 36, 0);
    bytes.extend(4_u32.to_le_bytes());
    bytes.resize(4 * 4096, 0);
    bytes
}

fn changed(mut bytes: Vec<u8>, at: usize, value: &[u8]) -> Vec<u8> {
    bytes[at..at + value.len()].copy_from_slice(value);
    bytes
}

fn refusal(bytes: &[u8]) -> String {
    match recognise(&file(bytes)) {
        Err(ImageError::Malformed(why)) => why,
        other => panic!("{other:?}"),
    }
}

#[test]
fn superblocks_are_recognised() {
    assert_eq!(recognise(&file(&squashfs())).unwrap(), Filesystem::Squashfs);
    assert_eq!(recognise(&file(&squashfs()[..USED])).unwrap(), Filesystem::Squashfs, "unpadded");
    assert_eq!(recognise(&file(&erofs())).unwrap(), Filesystem::Erofs);
    assert_eq!(Filesystem::ALL.map(Filesystem::extension), ["sqfs", "erofs"]);
}

#[test]
fn other_files_are_not() {
    for bytes in [&b""[..], b"hsqs", &[0; 5000], b"\x7fELF", &squashfs()[..95], &erofs()[..1100]] {
        assert!(matches!(recognise(&file(bytes)), Err(ImageError::Unrecognised)), "{bytes:?}");
    }
}

#[test]
fn a_squashfs_that_contradicts_itself_is_refused() {
    let u64 = |value: u64| value.to_le_bytes();
    for (at, value, why) in [
        (28, &[3, 0][..], "version"),
        (30, &[1, 0], "version"),
        (12, &[0, 0, 0, 1], "block size"),
        (22, &[21, 0], "block size"),
        (20, &[0, 0], "compression"),
        (20, &[7, 0], "compression"),
        (4, &[0; 4], "sizes"),
        (4, &[0xff; 4], "sizes"),
        (16, &[0xff; 4], "sizes"),
        (26, &[0, 0], "sizes"),
        (64, &u64(95), "tables"),
        (72, &u64(96), "tables"),
        (48, &u64(USED as u64), "tables"),
        (56, &u64(129), "tables"),
        (80, &u64(USED as u64), "tables"),
        (88, &u64(0), "tables"),
    ] {
        let refused = refusal(&changed(squashfs(), at, value));
        assert!(refused.contains(why), "{at}: {refused}");
    }
}

#[test]
fn an_erofs_that_contradicts_itself_is_refused() {
    for (at, value, why) in [
        (12, &[8][..], "block size"),
        (12, &[17], "block size"),
        (36, &[0; 4], "sizes"),
        (16, &[0xff; 8], "sizes"),
        (80, &[0x80, 0, 0, 0], "features"),
        (86, &[1, 0], "content in other files"),
    ] {
        let refused = refusal(&changed(erofs(), 1024 + at, value));
        assert!(refused.contains(why), "{at}: {refused}");
    }
}

#[test]
fn the_file_system_fills_the_file() {
    assert!(refusal(&squashfs()[..USED - 1]).contains("it says that it has 4296 bytes"));
    let follows = "something follows";
    assert!(refusal(&changed(squashfs(), 8191, &[1])).contains(follows));
    assert!(refusal(&changed(squashfs(), USED, &[1])).contains(follows));
    assert!(refusal(&squashfs()[..USED + 1]).contains(follows), "half of the padding");
    assert!(refusal(&[squashfs(), vec![0; 4096]].concat()).contains(follows), "a block too many");
    assert!(refusal(&erofs()[..4 * 4096 - 1]).contains("it says"));
    assert!(refusal(&[erofs(), vec![0; 1]].concat()).contains(follows));
}
