//! What the store remembers of a bundle beside its copy.

use std::io;
use std::path::Path;

use rustix::fs::OFlags;
use sluice_policy::manifest::{self, Kind, Manifest};
use sluice_sys::beneath::open_beneath;
use sluice_sys::{atomic, read_limited};

use super::Store;
use crate::decide::Bundle;
use crate::scan::{Identity, Known, Walked};

impl Store<'_> {
    /// The manifest of a stored bundle.
    pub(super) fn approved(&self, hex: &str) -> Option<Manifest> {
        let bytes = self.read(&format!("{hex}.manifest"), manifest::MAX_BYTES)?;
        Manifest::parse(&bytes).ok()
    }

    /// Writes down by what the source's files can be told to be unchanged: its path, then one
    /// line for each entry of the manifest.
    pub(super) fn remember(
        &self,
        hex: &str,
        bundle: &Bundle<'_>,
        walked: &Walked,
    ) -> io::Result<()> {
        use std::fmt::Write;
        let mut text = format!("{}\n", bundle.source.display());
        for item in walked.manifest.items() {
            let Identity { inode, size, modified, changed } =
                walked.identities.get(&item.path).copied().unwrap_or_default();
            // Writing to a string can't fail.
            let _ = writeln!(text, "{inode} {size} {modified} {changed}");
        }
        atomic::write(&self.dir, &format!("{hex}.stat"), text.as_bytes(), 0o600)
    }

    /// What [`Self::remember`] wrote; none if that was another source's.
    pub(super) fn recall(
        &self,
        hex: &str,
        bundle: &Bundle<'_>,
        manifest: Option<&Manifest>,
    ) -> Option<Known> {
        let bytes = self.read(&format!("{hex}.stat"), manifest::MAX_BYTES)?;
        let text = String::from_utf8(bytes).ok()?;
        let mut lines = text.lines();
        if Path::new(lines.next()?) != bundle.source {
            return None;
        }
        let mut known = Known::new();
        for (item, line) in manifest?.items().iter().zip(lines) {
            let mut fields = line.split(' ');
            let identity = Identity {
                inode: fields.next()?.parse().ok()?,
                size: fields.next()?.parse().ok()?,
                modified: fields.next()?.parse().ok()?,
                changed: fields.next()?.parse().ok()?,
            };
            if matches!(item.kind, Kind::File { .. }) {
                known.insert(item.path.clone(), (identity, item.clone()));
            }
        }
        Some(known)
    }

    fn read(&self, name: &str, max: usize) -> Option<Vec<u8>> {
        let file = open_beneath(&self.dir, Path::new(name), OFlags::RDONLY).ok()?;
        read_limited(file, max).ok()
    }
}
