//! Copying a bundle into the store, and hashing what is copied.

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::Path;

use rustix::fs::{Mode, OFlags, fchmod, fsync, mkdirat, renameat, syncfs};
use sluice_site::bundle::{Found, What};
use sluice_sys::beneath::open_beneath;
use sluice_sys::{atomic, tree};

use super::copy::look;
use super::{Store, Walked, compare, surveyed, unscanned, unwritable};
use crate::decide::Bundle;
use crate::pulse::Pulse;
use crate::refused::Refused;
use crate::scan::{Known, Scan};

impl Store<'_> {
    /// Makes the copy; the caller alone has the bundle's lock.
    pub(super) fn fill(
        &self,
        bundle: &Bundle<'_>,
        source: BorrowedFd<'_>,
        pulse: &mut Pulse,
    ) -> Result<(), Refused> {
        let found = surveyed(bundle, source, pulse)?;
        let (partial, copy) =
            self.make_room(&bundle.digest.hex(), size(&found), pulse, |dir, name| {
                mkdirat(dir, name, Mode::RWXU)?;
                open_beneath(dir, Path::new(name), OFlags::DIRECTORY)
            })?;
        let result = self.fill_partial(bundle, source, found, (&partial, copy), pulse);
        if result.is_err() {
            // What can't be removed now is removed by the next one.
            let _ = tree::remove(self.dir.as_fd(), &partial);
        }
        result
    }

    fn fill_partial(
        &self,
        bundle: &Bundle<'_>,
        source: BorrowedFd<'_>,
        found: Vec<Found>,
        (partial, copy): (&str, OwnedFd),
        pulse: &mut Pulse,
    ) -> Result<(), Refused> {
        let hex = bundle.digest.hex();
        let manifest = Scan::new(source, &Known::new(), Some(copy.as_fd()), pulse)
            .run(&found)
            .map_err(|error| unscanned(bundle, error))?;
        compare(bundle, &manifest, bundle.manifest().as_ref())?;
        atomic::write(&self.dir, &format!("{hex}.manifest"), &manifest.to_bytes(), 0o600)
            .map_err(unwritable)?;
        self.remember(bundle, &Walked { found, manifest, read_all: true }).map_err(unwritable)?;
        if let Some(seen) = look(copy.as_fd(), bundle.links, &mut || pulse.beat()) {
            self.note_hashed(&hex, seen, bundle.links).map_err(unwritable)?;
        }
        fchmod(&copy, Mode::from_raw_mode(0o555)).map_err(unwritable)?;
        syncfs(&copy).map_err(unwritable)?;
        renameat(&self.dir, partial, &self.dir, &hex).map_err(unwritable)?;
        fsync(&self.dir).map_err(unwritable)
    }
}

/// Bytes of the files to be copied.
fn size(found: &[Found]) -> u64 {
    found
        .iter()
        .map(|found| match &found.what {
            What::File(stamp) => stamp.size,
            What::Directory | What::Link(_) => 0,
        })
        .sum()
}
