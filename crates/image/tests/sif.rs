//! SIFs: which of them have one partition that may be an image.

mod support;

use sluice_image::{Contents, Filesystem, Format, ImageError, open};
use sluice_testing::sif::{DESCRIPTOR, HERE, Object, TABLE, have_mksquashfs, primary, sif};
use support::{file, squashfs};

fn refusal(bytes: &[u8]) -> String {
    match open(&file(bytes)) {
        Err(error) => error.to_string(),
        Ok((format, part)) => panic!("{format:?} at {}", part.start()),
    }
}

fn image() -> Vec<u8> {
    let dir = tempfile::tempdir().expect("a directory");
    std::fs::write(dir.path().join("f"), "x").expect("a file");
    squashfs(dir.path(), &[])
}

fn object(kind: i32, content: &[u8]) -> Object {
    Object { kind, file_system: 0, usage: 0, architecture: *b"00\0", content: content.to_vec() }
}

/// A SIF with a definition file, a partition, labels and a signature.
fn usual(image: &[u8]) -> Vec<u8> {
    let others = |kind| object(kind, b"Bootstrap: docker\n");
    sif(&[others(0x4001), primary(image), others(0x4003), others(0x4005)])
}

fn with(bytes: &[u8], at: usize, value: &[u8]) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    bytes[at..at + value.len()].copy_from_slice(value);
    bytes
}

#[test]
fn the_primary_partition_is_found() {
    if !have_mksquashfs() {
        return;
    }
    let image = image();
    let sif = file(&usual(&image));
    let (format, part) = open(&sif).unwrap();
    assert_eq!((format, part.size()), (Format::Sif, image.len() as u64));
    assert_eq!(part.start(), 36_864);
    let manifest = Contents::of(part).unwrap().manifest(&mut drop).unwrap();
    assert_eq!(manifest.items()[0].path, "f");
    let alone = file(&image);
    assert_eq!(open(&alone).unwrap().0, Format::Image(Filesystem::Squashfs));
}

#[test]
fn other_partitions_are_refused() {
    if !have_mksquashfs() {
        return;
    }
    let image = image();
    let main = primary(&image);
    let (mut overlay, mut encrypted, mut other) = (main.clone(), main.clone(), main.clone());
    (overlay.file_system, overlay.usage) = (2, 4);
    encrypted.file_system = 5;
    other.architecture = *b"11\0";
    let mut data = main.clone();
    data.usage = 3;
    let mut ext3 = main.clone();
    ext3.file_system = 2;
    let mut strange = main.clone();
    (strange.file_system, strange.usage) = (-1, i32::MAX);
    for (objects, why) in [
        (vec![main.clone(), main.clone()], "more than one primary"),
        (vec![main.clone(), overlay], "another partition: ext3, for overlay"),
        (vec![encrypted], "encrypted"),
        (vec![main.clone(), data], "another partition: squashfs, for data"),
        (vec![ext3], "another partition: ext3, for primary system"),
        (vec![strange], "another partition: unknown, for unknown"),
        (vec![other], "another architecture"),
        (vec![object(0x4001, b"x")], "no partition"),
        (vec![], "no partition"),
        (vec![main.clone(), object(0x1234, b"")], "unknown type"),
        (vec![primary(b"not a file system")], "neither a squashfs"),
        (vec![primary(&image[..100])], "it says that it has"),
    ] {
        let refused = refusal(&sif(&objects));
        assert!(refused.contains(why), "{why}: {refused}");
    }
    assert_eq!(HERE.len(), 3);
}

#[test]
fn a_sif_that_contradicts_itself_is_refused() {
    if !have_mksquashfs() {
        return;
    }
    let good = usual(&image());
    let second = TABLE + DESCRIPTOR;
    let long = |value: u64| value.to_le_bytes();
    for (bytes, why) in [
        (with(&good, 42, b"02"), "version"),
        (with(&good, 88, &long(1025)), "1024 descriptors"),
        (with(&good, 88, &long(u64::MAX)), "1024 descriptors"),
        (with(&good, 88, &long(49)), "table of descriptors"),
        (with(&good, 96, &long(0)), "table of descriptors"),
        (with(&good, 96, &long(u64::MAX - 10)), "too short"),
        (with(&good, 104, &long(u64::MAX)), "too short"),
        (with(&good, 104, &long(584)), "table of descriptors"),
        (with(&good, second + 4, &[2]), "neither used nor free"),
        (with(&good, second + 17, &long(32_768)), "overlap"),
        (with(&good, second + 17, &long(0)), "overlap"),
        (with(&good, second + 17, &long(4096)), "overlap"),
        (with(&good, second + 17, &long(good.len() as u64)), "outside the file"),
        (with(&good, second + 17, &long(u64::MAX)), "outside the file"),
        (with(&good, second + 25, &long(u64::MAX)), "outside the file"),
        (good[..100].to_vec(), "too short"),
        (good[..5000].to_vec(), "too short"),
        (good[..33_000].to_vec(), "outside the file"),
    ] {
        let refused = refusal(&bytes);
        assert!(refused.contains(why), "{why}: {refused}");
    }
}

#[test]
fn no_damage_panics() {
    if !have_mksquashfs() {
        return;
    }
    let good = usual(&image());
    for length in (0..good.len()).step_by(97) {
        let refused = open(&file(&good[..length])).map(|(format, _)| format);
        assert!(refused.is_err(), "{length}: {refused:?}");
    }
    let (mut passed, mut refused) = (0, 0);
    for bit in (0..128 * 8).chain(TABLE * 8..(TABLE + 4 * DESCRIPTOR) * 8) {
        let mut bytes = good.clone();
        bytes[bit / 8] ^= 1 << (bit % 8);
        match open(&file(&bytes)) {
            Ok(_) => passed += 1,
            Err(ImageError::Malformed(_) | ImageError::Unrecognised) => refused += 1,
            Err(other) => panic!("bit {bit}: {other}"),
        }
    }
    // Times, names and signers' words may be anything.
    assert!(passed > 1000 && refused > 500, "{passed} passed, {refused} refused");
}
