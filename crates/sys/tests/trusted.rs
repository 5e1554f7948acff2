//! Which files are trusted; needs root, since ownership is the point.

#![allow(clippy::unwrap_used)]

use std::fs;
use std::os::unix::fs::{PermissionsExt, chown, symlink};
use std::path::Path;

use sluice_sys::trusted::{
    Trust, TrustError, ensure_dir, open_trusted_dir, open_trusted_file, read_trusted,
};
use sluice_testing::is_root;

/// A file in a directory whose parents all belong to root.
fn scene() -> Option<tempfile::TempDir> {
    if !is_root() {
        return None;
    }
    let dir = tempfile::tempdir_in("/run").unwrap();
    fs::create_dir(dir.path().join("d")).unwrap();
    fs::write(dir.path().join("d/f"), "text").unwrap();
    mode(&dir.path().join("d/f"), 0o644);
    Some(dir)
}

fn mode(path: &Path, mode: u32) {
    fs::set_permissions(path, PermissionsExt::from_mode(mode)).unwrap();
}

fn open(dir: &tempfile::TempDir, trust: Trust) -> Result<(), TrustError> {
    open_trusted_file(&dir.path().join("d/f"), trust).map(drop)
}

#[test]
fn root_owned_files_are_read_up_to_their_limit() {
    let Some(dir) = scene() else { return };
    let path = dir.path().join("d/f");
    assert_eq!(read_trusted(&path, 4).unwrap(), b"text");
    assert!(read_trusted(&path, 3).is_err());
}

#[test]
fn anyone_elses_file_or_parent_is_refused() {
    let Some(dir) = scene() else { return };
    for name in ["d/f", "d"] {
        let path = dir.path().join(name);
        chown(&path, Some(4242), None).unwrap();
        let refused = open(&dir, Trust::ROOT);
        assert!(
            matches!(&refused, Err(TrustError::Owner { uid: 4242, path: named }) if *named == path),
            "{refused:?}"
        );
        assert!(open(&dir, Trust::ROOT.or_owner(4242)).is_ok());
        assert!(open(&dir, Trust::ROOT.or_owner(4243)).is_err());
        chown(&path, Some(0), None).unwrap();
    }
}

#[test]
fn writable_files_and_parents_are_refused() {
    let Some(dir) = scene() else { return };
    for (name, bits, back) in
        [("d/f", 0o664, 0o644), ("d/f", 0o646, 0o644), ("d", 0o770, 0o755), ("d", 0o1777, 0o755)]
    {
        let path = dir.path().join(name);
        mode(&path, bits);
        assert!(matches!(open(&dir, Trust::ROOT), Err(TrustError::Mode { .. })), "{name} {bits:o}");
        mode(&path, back);
    }
    assert!(open(&dir, Trust::ROOT).is_ok());
}

#[test]
fn secrets_are_not_readable_by_others() {
    let Some(dir) = scene() else { return };
    let path = dir.path().join("d/f");
    for (bits, ok) in [(0o400, true), (0o600, true), (0o440, false), (0o404, false)] {
        mode(&path, bits);
        assert_eq!(open(&dir, Trust::SECRET).is_ok(), ok, "{bits:o}");
    }
}

#[test]
fn links_and_other_kinds_are_refused() {
    let Some(dir) = scene() else { return };
    let at = |name: &str| dir.path().join(name);
    symlink("f", at("d/l")).unwrap();
    symlink("d", at("e")).unwrap();
    for name in ["d/l", "e/f", "d", "missing"] {
        assert!(open_trusted_file(&at(name), Trust::ROOT).is_err(), "{name}");
    }
    assert!(open_trusted_dir(&at("e"), Trust::ROOT).is_err());
    assert!(open_trusted_dir(&at("d"), Trust::ROOT).is_ok());
}

#[test]
fn climbing_and_relative_paths_are_refused() {
    for path in ["etc/passwd", "/etc/../etc/passwd", "/", ""] {
        let refused = open_trusted_file(Path::new(path), Trust::ROOT);
        assert!(refused.is_err(), "{path}");
    }
}

#[test]
fn missing_directories_are_made_and_existing_ones_checked() {
    let Some(dir) = scene() else { return };
    let path = dir.path().join("new/deep/private");
    ensure_dir(&path, 0o700, Trust::ROOT).unwrap();
    let bits = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o7777;
    assert_eq!(bits(&path), 0o700);
    assert_eq!(bits(&dir.path().join("new")), 0o755);
    mode(&path, 0o777);
    assert!(ensure_dir(&path, 0o700, Trust::ROOT).is_err());
}
