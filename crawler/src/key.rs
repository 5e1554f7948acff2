//! Names of published objects.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// Everything but [A-Za-z0-9._-].
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'.').remove(b'_').remove(b'-');

/// The run's attestation, as it was spooled.
pub const ATTESTATION: &str = "attestation.json";
/// Its presence says that the run is complete.
pub const MANIFEST: &str = "manifest.json";
/// Its presence says that the run was taken back.
pub const TOMBSTONE: &str = "tombstone.json";

/// Names beside the released files that the crawler writes, now or in a later version.
const RESERVED: &[&str] =
    &[ATTESTATION, MANIFEST, TOMBSTONE, "index.html", "ro-crate-metadata.json"];

/// One component of a key, percent-encoded.
pub fn component(name: &str) -> String {
    utf8_percent_encode(name, ENCODED).to_string()
}

/// The name of the picture that leaves in a figure's place.
pub fn picture(path: &str) -> String {
    format!("{path}.png")
}

/// Whether a released file would take the place of what the crawler itself writes. A directory of
/// such a name does, too, where the store is a directory.
pub fn reserved(path: &str) -> bool {
    RESERVED.contains(&path.split('/').next().unwrap_or(path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_our_own_are_reserved() {
        assert!(reserved("manifest.json") && reserved("manifest.json/x.csv"));
        assert!(!reserved("plots/manifest.json") && !reserved("manifest.json2"));
    }

    #[test]
    fn components_are_percent_encoded() {
        assert_eq!(component("alice"), "alice");
        assert_eq!(component("alice@LAB/x"), "alice%40LAB%2Fx");
        assert_eq!(component("größe 100%"), "gr%C3%B6%C3%9Fe%20100%25");
    }
}
