//! What the store remembers of a bundle beside its copy.

use std::collections::HashMap;
use std::io;
use std::os::fd::BorrowedFd;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use rustix::fs::OFlags;
use sluice_policy::digest::{Digest, Hasher};
use sluice_policy::manifest::{self, Kind, Manifest};
use sluice_site::bundle::{Found, Stamp, What, walk};
use sluice_sys::beneath::open_beneath;
use sluice_sys::{atomic, read_limited};

use super::{Store, Walked, none_of, unscanned};
use crate::decide::Bundle;
use crate::pulse::Pulse;
use crate::refused::Refused;
use crate::scan::{Identity, Known};

impl Store<'_> {
    /// The manifest of a stored bundle.
    pub(super) fn approved(&self, hex: &str) -> Option<Manifest> {
        let bytes = self.read(&format!("{hex}.manifest"), manifest::MAX_BYTES)?;
        Manifest::parse(&bytes).ok().filter(|_| Digest::of(&bytes).hex() == hex)
    }

    /// Writes down by what the source can be told to be unchanged: as a whole, and each file, after
    /// the source's path in the order of the manifest.
    pub(super) fn remember(&self, bundle: &Bundle<'_>, walked: &Walked) -> io::Result<()> {
        use std::fmt::Write;
        let hex = bundle.digest.hex();
        let identities: HashMap<&str, Identity> =
            walked.found.iter().filter_map(|it| Some((&*it.path, identity(it)?))).collect();
        let mut text = format!("{}\n", bundle.source().display());
        for item in walked.manifest.items() {
            let Identity { inode, size, modified, changed } =
                identities.get(&*item.path).copied().unwrap_or_default();
            // Writing to a string can't fail.
            let _ = writeln!(text, "{inode} {size} {modified} {changed}");
        }
        atomic::write(&self.dir, &format!("{hex}.stat"), text.as_bytes(), 0o600)?;
        let mut seen = Seen::of(bundle.source());
        walked.found.iter().for_each(|Found { path, what }| seen.add(path, what));
        let seen = seen.finish();
        atomic::write(&self.dir, &format!("{hex}.seen"), seen.as_bytes(), 0o600)
    }

    /// Whether all is as it was. Another order of the directories counts as a change, which only
    /// costs a closer look.
    pub(super) fn is_as_remembered(
        &self,
        bundle: &Bundle<'_>,
        source: BorrowedFd<'_>,
        pulse: &mut Pulse,
    ) -> Result<bool, Refused> {
        let name = format!("{}.seen", bundle.digest.hex());
        let Some(last) = self.read(&name, size_of::<Digest>()) else { return Ok(false) };
        let mut seen = Seen::of(bundle.source());
        let mut beat = || pulse.beat();
        let problems =
            walk(source, bundle.links, &mut beat, &mut |path, what| seen.add(path, &what))
                .map_err(|error| unscanned(bundle, error.into()))?;
        none_of(bundle, problems)?;
        Ok(last == seen.finish().as_bytes())
    }

    /// What [`Self::remember`] wrote of each file; none if that was another source's.
    pub(super) fn recall(&self, bundle: &Bundle<'_>, manifest: Option<&Manifest>) -> Option<Known> {
        let bytes = self.read(&format!("{}.stat", bundle.digest.hex()), manifest::MAX_BYTES)?;
        let text = String::from_utf8(bytes).ok()?;
        let mut lines = text.lines();
        if Path::new(lines.next()?) != bundle.source() {
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

    pub(super) fn read(&self, name: &str, max: usize) -> Option<Vec<u8>> {
        let file = open_beneath(&self.dir, Path::new(name), OFlags::RDONLY).ok()?;
        read_limited(file, max).ok()
    }
}

fn identity(found: &Found) -> Option<Identity> {
    match &found.what {
        What::File(stamp) => Some(Identity::of(stamp)),
        What::Directory | What::Link(_) => None,
    }
}

/// Digest of all that a walk tells of a tree. Devices stay out: they change with a reboot.
pub(super) struct Seen {
    hasher: Hasher,
    line: Vec<u8>,
}

impl Seen {
    pub(super) fn of(source: &Path) -> Self {
        let mut hasher = Hasher::new();
        hasher.update(source.as_os_str().as_bytes());
        Self { hasher, line: Vec::new() }
    }

    /// A copy serves whichever source it was made of.
    pub(super) fn of_copy() -> Self {
        Self::of(Path::new(""))
    }

    pub(super) fn finish(self) -> Digest {
        self.hasher.finish()
    }

    pub(super) fn add(&mut self, path: &str, what: &What) {
        let Self { hasher, line } = self;
        line.clear();
        // No path has a NUL, so nothing reads in two ways.
        line.push(0);
        line.extend_from_slice(path.as_bytes());
        line.push(0);
        match what {
            What::Directory => line.push(b'd'),
            What::Link(target) => {
                line.push(b'l');
                line.extend_from_slice(target.as_bytes());
            }
            What::File(Stamp { device: _, inode, mode, size, modified, changed }) => {
                line.push(b'f');
                line.extend_from_slice(&inode.to_ne_bytes());
                line.extend_from_slice(&mode.to_ne_bytes());
                line.extend_from_slice(&size.to_ne_bytes());
                line.extend_from_slice(&modified.to_ne_bytes());
                line.extend_from_slice(&changed.to_ne_bytes());
            }
        }
        hasher.update(line);
    }
}
