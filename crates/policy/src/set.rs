//! What the files of an allowlist set are called.

use crate::{digest::Digest, entry::is_entry_id, signers::is_principal};

/// Lists every other file but its own signatures.
pub const INDEX: &str = "index.toml";
/// What is taken back, if anything is.
pub const REVOKED: &str = "revoked.toml";
/// The directory of the entries.
pub const ENTRIES: &str = "entries";
/// The directory of the manifests.
pub const MANIFESTS: &str = "manifests";

/// What a file of a set is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// [`INDEX`].
    Index,
    /// [`REVOKED`].
    Revoked,
    /// An [`entry_file`].
    Entry,
    /// A [`manifest_file`].
    Manifest,
    /// A [`signature_file`] of any of these but a manifest.
    Signature,
}

/// The file of the entry `NAME@VERSION`.
pub fn entry_file(id: &str) -> String {
    format!("{ENTRIES}/{id}.toml")
}

/// The file of a manifest.
pub fn manifest_file(digest: &Digest) -> String {
    format!("{MANIFESTS}/{}", digest.hex())
}

/// The directory of a file's signatures.
pub fn signature_dir(file: &str) -> String {
    format!("{file}.sig.d")
}

/// A principal's signature on a file.
pub fn signature_file(file: &str, principal: &str) -> String {
    format!("{}/{principal}.sig", signature_dir(file))
}

/// The entry that a name in [`ENTRIES`] is the file of.
pub fn entry_of(name: &str) -> Option<&str> {
    name.strip_suffix(".toml").filter(|id| is_entry_id(id))
}

/// The principal that a name in a [`signature_dir`] is the signature of.
pub fn principal_of(name: &str) -> Option<&str> {
    name.strip_suffix(".sig").filter(|principal| is_principal(principal))
}

/// What the file at `path` in a set is; `None` if a set has no such file.
pub fn kind(path: &str) -> Option<Kind> {
    if let Some((signed, name)) = path.split_once(".sig.d/") {
        let signable = matches!(kind(signed)?, Kind::Index | Kind::Revoked | Kind::Entry);
        return (signable && principal_of(name).is_some()).then_some(Kind::Signature);
    }
    match path.split_once('/') {
        None if path == INDEX => Some(Kind::Index),
        None if path == REVOKED => Some(Kind::Revoked),
        Some((ENTRIES, name)) => entry_of(name).map(|_| Kind::Entry),
        Some((MANIFESTS, name)) => Digest::from_hex(name).ok().map(|_| Kind::Manifest),
        _ => None,
    }
}

/// Whether an index may list the file at `path` with this digest: not itself, and a manifest under
/// its own digest alone.
pub fn is_listable(path: &str, digest: &Digest) -> bool {
    match kind(path) {
        Some(Kind::Manifest) => path == manifest_file(digest),
        Some(Kind::Revoked | Kind::Entry) => true,
        Some(Kind::Signature) => !path.starts_with(&signature_dir(INDEX)),
        Some(Kind::Index) | None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_tell_what_a_file_is() {
        let manifest = manifest_file(&Digest::of(b"x"));
        for (path, expected) in [
            (INDEX, Some(Kind::Index)),
            (REVOKED, Some(Kind::Revoked)),
            (&entry_file("a@1"), Some(Kind::Entry)),
            (&manifest, Some(Kind::Manifest)),
            (&signature_file(INDEX, "a@lab"), Some(Kind::Signature)),
            (&signature_file(&entry_file("a@1"), "a@lab"), Some(Kind::Signature)),
            (&signature_file(&manifest, "a@lab"), None),
            (&signature_file("x.toml", "a@lab"), None),
            (&signature_file(&signature_file(INDEX, "a"), "b"), None),
            (&signature_dir(INDEX), None),
            ("entries/a@1", None),
            ("entries/../a@1.toml", None),
            ("/index.toml", None),
            ("", None),
        ] {
            assert_eq!(kind(path), expected, "{path}");
        }
        assert_eq!(entry_of("a@1.toml"), Some("a@1"));
        assert_eq!(principal_of("a@lab.sig"), Some("a@lab"));
        assert_eq!((entry_of("a.toml"), principal_of(".sig")), (None, None));
    }
}
