//! Bundles that are images. Only the store's copy is ever mounted, through the descriptor that was found to
//! be as it was hashed: what lies at its name by then doesn't matter.

use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::Path;

use rustix::fs::{
    Advice, Mode, OFlags, fadvise, fchmod, fdatasync, fstat, fsync, openat, renameat,
};
use sluice_image::recognise;
use sluice_policy::digest::Digest;
use sluice_protocol::{Code, Image};
use sluice_site::bundle::{Stamp, What, check_unchanged};
use sluice_sys::beneath::{open_beneath, open_dir};
use sluice_sys::{atomic, images, read_limited, tree};

use super::copy::seen_of_image;
use super::notes::Seen;
use super::{Store, changed, cold, unscanned, unwritable};
use crate::decide::Bundle;
use crate::pulse::Pulse;
use crate::refused::Refused;
use crate::scan::{SYNC_EVERY, ScanError};

/// An image, mounted as long as this is there.
#[derive(Debug)]
pub(crate) struct Mounted {
    pub(crate) image: Image,
    root: OwnedFd,
}

impl Mounted {
    /// Mounts the copy of a bundle.
    pub(super) fn of(bundle: &Bundle<'_>, copy: &File, identity: String) -> Result<Self, Refused> {
        let refuse = |code, why: &dyn std::fmt::Display| {
            Refused::new(code, format!("{}: {why}", bundle.source().display()))
        };
        let filesystem = recognise(copy).map_err(|error| refuse(Code::ImageInvalid, &error))?;
        let root = images::mount(copy, filesystem.name())
            .map_err(|error| refuse(Code::from(&error), &error))?;
        Ok(Self { image: Image { filesystem, identity }, root })
    }

    /// The content of a file in it, if it has that.
    pub(super) fn read_file(&self, path: &str, max: usize) -> io::Result<Option<Vec<u8>>> {
        match open_beneath(&self.root, Path::new(path), OFlags::RDONLY) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            file => read_limited(file?, max).map(Some),
        }
    }
}

/// Opens an image's file; no component of its path may be a link.
pub(super) fn open(path: &Path) -> io::Result<File> {
    let (Some(dir), Some(name)) = (path.parent(), path.file_name()) else {
        return Err(io::ErrorKind::InvalidInput.into());
    };
    let file = File::from(open_beneath(open_dir(dir)?, Path::new(name), OFlags::RDONLY)?);
    match file.metadata()?.is_file() {
        true => Ok(file),
        false => Err(io::Error::other("not a regular file")),
    }
}

/// Digest of a copy as the disk has it, and not as memory has it.
pub(super) fn digest_again(
    copy: BorrowedFd<'_>,
    stamp: &Stamp,
    pulse: &mut Pulse,
) -> Result<Digest, Refused> {
    let file = File::from(copy.try_clone_to_owned().map_err(unwritable)?);
    let _ = fadvise(&file, 0, None, Advice::DontNeed);
    digest(&file, stamp, pulse, |_| Ok(())).map_err(|error| match error {
        ScanError::Late => cold("it is hashed again"),
        ScanError::Source(why) => unwritable(why),
        ScanError::Copy(error) => unwritable(error),
    })
}

/// Digest of the file, from its begin to the end that it had; `each` gets every piece of it.
fn digest(
    file: &File,
    stamp: &Stamp,
    pulse: &mut Pulse,
    mut each: impl FnMut(&[u8]) -> io::Result<()>,
) -> Result<Digest, ScanError> {
    let failed = |error: io::Error| ScanError::Source(error.to_string());
    let mut file = file.try_clone().map_err(failed)?;
    io::Seek::rewind(&mut file).map_err(failed)?;
    let mut buffer = vec![0; 1 << 20];
    Digest::read(file.take(stamp.size), &mut buffer, failed, |bytes| {
        each(bytes).map_err(ScanError::Copy)?;
        pulse.beat();
        if pulse.is_late() { Err(ScanError::Late) } else { Ok(()) }
    })
}

impl Store<'_> {
    /// Refuses a source that isn't what was approved. One that looks as it did when it was is not read.
    pub(super) fn check_image(
        &self,
        bundle: &Bundle<'_>,
        source: &File,
        pulse: &mut Pulse,
    ) -> Result<(), Refused> {
        let stamp = Stamp::of(&fstat(source).map_err(unwritable)?);
        if self.read(&noted(bundle), size_of::<Digest>()).as_deref()
            == Some(seen(bundle, &stamp).as_bytes())
        {
            return Ok(());
        }
        let digest = digest(source, &stamp, pulse, |_| Ok(()));
        self.compare_image(bundle, source, &stamp, digest)?;
        self.remember_image(bundle, &stamp)
    }

    /// Makes the copy; the caller alone has the bundle's lock.
    pub(super) fn fill_image(
        &self,
        bundle: &Bundle<'_>,
        source: &File,
        pulse: &mut Pulse,
    ) -> Result<(), Refused> {
        let stamp = Stamp::of(&fstat(source).map_err(unwritable)?);
        let (partial, copy) =
            self.make_room(&bundle.digest.hex(), stamp.size, pulse, |dir, name| {
                let flags = OFlags::RDWR | OFlags::CREATE | OFlags::EXCL | OFlags::CLOEXEC;
                Ok(openat(dir, name, flags, Mode::RUSR)?)
            })?;
        let result =
            self.fill_partial_image(bundle, source, &stamp, (&partial, copy.into()), pulse);
        if result.is_err() {
            // What can't be removed now is removed by the next one.
            let _ = tree::remove(self.dir.as_fd(), &partial);
        }
        result
    }

    fn fill_partial_image(
        &self,
        bundle: &Bundle<'_>,
        source: &File,
        stamp: &Stamp,
        (partial, mut copy): (&str, File),
        pulse: &mut Pulse,
    ) -> Result<(), Refused> {
        let mut unsynced = 0;
        let digest = digest(source, stamp, pulse, |bytes| {
            copy.write_all(bytes)?;
            unsynced += bytes.len() as u64;
            if unsynced >= SYNC_EVERY {
                unsynced = 0;
                fdatasync(&copy)?;
            }
            Ok(())
        });
        self.compare_image(bundle, source, stamp, digest)?;
        let hex = bundle.digest.hex();
        let finish = || -> io::Result<()> {
            fchmod(&copy, Mode::from_raw_mode(0o444))?;
            fsync(&copy)?;
            renameat(&self.dir, partial, &self.dir, &hex)?;
            fsync(&self.dir)?;
            // A new name counts as a change.
            let copied = Stamp::of(&fstat(&copy)?);
            self.note_hashed(&hex, seen_of_image(&copied), bundle.links)
        };
        finish().map_err(unwritable)?;
        self.remember_image(bundle, stamp)
    }

    fn compare_image(
        &self,
        bundle: &Bundle<'_>,
        source: &File,
        stamp: &Stamp,
        digest: Result<Digest, ScanError>,
    ) -> Result<(), Refused> {
        let digest = digest.map_err(|error| unscanned(bundle, error))?;
        check_unchanged(source, "the image", stamp)
            .map_err(|error| unscanned(bundle, error.into()))?;
        match digest == bundle.digest {
            true => Ok(()),
            false => {
                let what = format!("the digest is {digest}, not {},", bundle.digest);
                Err(changed(bundle, &what))
            }
        }
    }

    /// Writes down by what the source can be told to be unchanged.
    fn remember_image(&self, bundle: &Bundle<'_>, stamp: &Stamp) -> Result<(), Refused> {
        let seen = seen(bundle, stamp);
        atomic::write(&self.dir, &noted(bundle), seen.as_bytes(), 0o600).map_err(unwritable)
    }
}

fn noted(bundle: &Bundle<'_>) -> String {
    format!("{}.seen", bundle.digest.hex())
}

fn seen(bundle: &Bundle<'_>, stamp: &Stamp) -> Digest {
    let mut seen = Seen::of(bundle.source());
    seen.add("", &What::File(*stamp));
    seen.finish()
}
