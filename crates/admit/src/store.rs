//! The verified store: copies of approved bundles, by digest, that only root can change. What
//! runs comes from here, whatever becomes of the source.
//!
//! Of each bundle there are in its directory, named by the digest's hex digits: `HEX`, the copy, a
//! directory or the file of an image; `HEX.hashed`, how it looked when it was last hashed, and when that was; `HEX.manifest`, `HEX.stat`
//! and `HEX.seen`, notes on the source; `HEX.lock`, held in common by admissions
//! until their job's record is there, and alone by whoever copies or removes; `HEX.partial-BYTES`, a
//! copy in the making, or what a crash left of one.

mod copy;
mod fill;
mod image;
mod in_place;
mod lock;
mod notes;
mod room;

use std::fs::File;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::{Path, PathBuf};

use time::OffsetDateTime;

use rustix::fs::{FlockOperation, OFlags};
use sluice_policy::digest::Digest;
use sluice_policy::manifest::{Item, Kind, Manifest};
use sluice_protocol::Code;
use sluice_site::Store as Rules;
use sluice_site::bundle::{Found, Survey, survey};
use sluice_site::paths::Roots;
use sluice_sys::beneath::{open_beneath, open_dir};
use sluice_sys::jobs::Jobs;
use sluice_sys::trusted::{Trust, ensure_dir};
use sluice_sys::{images, read_limited};

pub use self::copy::Scrubbed;
use self::image::Mounted;
use self::lock::touch;
use crate::decide::Bundle;
use crate::pulse::Pulse;
use crate::refused::Refused;
use crate::scan::{Scan, ScanError};

pub(crate) struct Store<'a> {
    path: PathBuf,
    dir: OwnedFd,
    roots: &'a Roots,
    /// Records of the jobs on this node, which tell what is in use.
    jobs: Jobs,
    rules: &'a Rules,
}

/// A bundle that stays until this is dropped; after that the job's record keeps it.
#[derive(Debug, Default)]
pub(crate) struct Held {
    /// None where nothing was made.
    _lock: Option<OwnedFd>,
    /// When its content was last hashed.
    pub(crate) hashed: Option<OffsetDateTime>,
    /// What it holds, if it is an image.
    pub(crate) image: Option<Mounted>,
}

/// An open source.
enum Source {
    Directory(OwnedFd),
    Image(File),
}

/// A source that was found to be what was approved.
struct Walked {
    found: Vec<Found>,
    manifest: Manifest,
    /// Whether nothing was taken for known from before.
    read_all: bool,
}

impl<'a> Store<'a> {
    pub(crate) fn open(roots: &'a Roots, rules: &'a Rules) -> Result<Self, Refused> {
        let path = roots.state.join("store");
        let dir = ensure_dir(&path, 0o700, Trust::ROOT)
            .map_err(|error| Refused::new(Code::StoreUnwritable, error))?;
        Ok(Self { path, dir, roots, jobs: roots.jobs(), rules })
    }

    /// Where the verified content lies.
    pub(crate) fn place(&self, bundle: &Bundle<'_>) -> PathBuf {
        match self.is_in_place(bundle) {
            true => bundle.source().into(),
            false => self.path.join(bundle.digest.hex()),
        }
    }

    /// Makes sure that the copy is there and as it was hashed, and tells if the source has changed
    /// since.
    pub(crate) fn provide(&self, bundle: &Bundle<'_>, pulse: &mut Pulse) -> Result<Held, Refused> {
        if self.is_in_place(bundle) {
            return self.verify_in_place(bundle, pulse);
        }
        let hex = bundle.digest.hex();
        let source = Source::open(bundle)?;
        let mut filled = false;
        loop {
            let lock = self.lock(&hex, FlockOperation::NonBlockingLockShared, pulse)?;
            if let Some(copy) = self.copy_of(&hex)? {
                touch(&lock);
                // Before it is compared with the note: what is altered after that has another identity.
                let identity = images::identity(&copy).map_err(unwritable)?;
                let (hashed, approved) =
                    self.hashed_beside(&hex, copy.as_fd(), pulse, |pulse| match filled {
                        true => Ok(()),
                        false => self.is_approved(bundle, &source, pulse),
                    });
                approved?;
                if hashed.is_some() {
                    let image = match source {
                        Source::Directory(_) => None,
                        Source::Image(_) => Some(Mounted::of(bundle, &copy, identity)?),
                    };
                    return Ok(Held { _lock: Some(lock), hashed, image });
                }
            }
            drop(lock);
            pulse.lock = Some(self.lock(&hex, FlockOperation::NonBlockingLockExclusive, pulse)?);
            let done = match (self.copy_of(&hex)?, &source) {
                (Some(copy), _) => self.recheck(&hex, copy.as_fd(), bundle.links, pulse),
                (None, source) => {
                    filled = true;
                    match source {
                        Source::Directory(dir) => self.fill(bundle, dir.as_fd(), pulse),
                        Source::Image(file) => self.fill_image(bundle, file, pulse),
                    }
                }
            };
            pulse.lock = None;
            done?;
            // Anybody may remove it before the lock is shared.
        }
    }

    /// Only tells if the source is what was approved. To look into an image takes its copy.
    pub(crate) fn check(&self, bundle: &Bundle<'_>, pulse: &mut Pulse) -> Result<Held, Refused> {
        match Source::open(bundle)? {
            Source::Directory(dir) => {
                self.walk(bundle, dir.as_fd(), pulse).map(|_| Held::default())
            }
            Source::Image(_) => self.provide(bundle, pulse),
        }
    }

    /// Refuses a source that isn't what was approved, and remembers one that is.
    fn is_approved(
        &self,
        bundle: &Bundle<'_>,
        source: &Source,
        pulse: &mut Pulse,
    ) -> Result<(), Refused> {
        match source {
            Source::Directory(dir) => match self.walk(bundle, dir.as_fd(), pulse)? {
                Some(walked) => self.remember(bundle, &walked).map_err(unwritable),
                None => Ok(()),
            },
            Source::Image(file) => self.check_image(bundle, file, pulse),
        }
    }

    /// The approved content of a bundle's file, if the bundle has it.
    pub(crate) fn read_file(
        &self,
        bundle: &Bundle<'_>,
        held: &Held,
        path: &str,
        max: usize,
    ) -> Result<Option<Vec<u8>>, Refused> {
        let unreadable = |error| unscanned(bundle, ScanError::Source(format!("{path}: {error}")));
        if let Some(mounted) = &held.image {
            return mounted.read_file(path, max).map_err(unreadable);
        }
        let hex = bundle.digest.hex();
        let manifest = self.approved(&hex).or_else(|| bundle.manifest());
        let digest = match manifest.as_ref().and_then(|manifest| manifest.get(path)) {
            Some(Item { kind: Kind::File { digest, .. }, .. }) => *digest,
            _ => return Ok(None),
        };
        // Where nothing is made, as in observe, there may be no copy yet.
        let copy = open_beneath(&self.dir, Path::new(&hex), OFlags::DIRECTORY);
        let dir = copy.or_else(|_| opened(bundle, open_dir(bundle.source())))?;
        let bytes = open_beneath(dir, Path::new(path), OFlags::RDONLY)
            .and_then(|file| read_limited(file, max))
            .map_err(unreadable)?;
        match Digest::of(&bytes) == digest {
            true => Ok(Some(bytes)),
            false => Err(Refused::new(bundle.changed, format!("{path} is changed"))),
        }
    }

    /// Walks the source, reading only files that aren't known from before; `None` if all of it is
    /// as it was when last remembered.
    fn walk(
        &self,
        bundle: &Bundle<'_>,
        source: BorrowedFd<'_>,
        pulse: &mut Pulse,
    ) -> Result<Option<Walked>, Refused> {
        if self.is_as_remembered(bundle, source, pulse)? {
            return Ok(None);
        }
        let found = surveyed(bundle, source, pulse)?;
        let approved = self.approved(&bundle.digest.hex()).or_else(|| bundle.manifest());
        let known = self.recall(bundle, approved.as_ref()).unwrap_or_default();
        let manifest = Scan::new(source, &known, None, pulse)
            .run(&found)
            .map_err(|error| unscanned(bundle, error))?;
        compare(bundle, &manifest, approved.as_ref())?;
        Ok(Some(Walked { found, manifest, read_all: known.is_empty() }))
    }

    fn copy_of(&self, hex: &str) -> Result<Option<File>, Refused> {
        match open_beneath(&self.dir, Path::new(hex), OFlags::RDONLY) {
            Ok(copy) => Ok(Some(copy.into())),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(unwritable(error)),
        }
    }
}

impl Source {
    fn open(bundle: &Bundle<'_>) -> Result<Self, Refused> {
        match bundle.is_image() {
            true => opened(bundle, image::open(bundle.source())).map(Self::Image),
            false => opened(bundle, open_dir(bundle.source())).map(Self::Directory),
        }
    }
}

fn opened<T>(bundle: &Bundle<'_>, opened: io::Result<T>) -> Result<T, Refused> {
    opened.map_err(|error| {
        let code = match error.kind() {
            io::ErrorKind::NotFound => Code::BundleMissing,
            _ => Code::BundleUnreadable,
        };
        Refused::new(code, format!("{}: {error}", bundle.source().display()))
    })
}

/// What lies below the source, unless some of it can't be in a bundle.
fn surveyed(
    bundle: &Bundle<'_>,
    source: BorrowedFd<'_>,
    pulse: &mut Pulse,
) -> Result<Vec<Found>, Refused> {
    let Survey { found, problems } = survey(source, bundle.links, &mut || pulse.beat())
        .map_err(|error| unscanned(bundle, error.into()))?;
    none_of(bundle, problems).map(|()| found)
}

/// Refuses a source in which something can't be in a bundle.
fn none_of(bundle: &Bundle<'_>, problems: Vec<String>) -> Result<(), Refused> {
    match problems.into_iter().next() {
        Some(problem) => Err(unscanned(bundle, ScanError::Source(problem))),
        None => Ok(()),
    }
}

/// Refuses a source that isn't what was approved, naming the first change.
fn compare(
    bundle: &Bundle<'_>,
    found: &Manifest,
    approved: Option<&Manifest>,
) -> Result<(), Refused> {
    if approved.is_some_and(|approved| approved == found) || found.digest() == bundle.digest {
        return Ok(());
    }
    let differences = approved.map(|approved| approved.compare(found)).unwrap_or_default();
    let what = match differences.first() {
        Some(first) => first.to_string(),
        None => format!("its digest is {}, not {}", found.digest(), bundle.digest),
    };
    Err(changed(bundle, &what))
}

fn changed(bundle: &Bundle<'_>, what: &str) -> Refused {
    let source = bundle.source().display();
    let message = format!("{what} in {source}; restore it, or have the new version approved");
    Refused::new(bundle.changed, message)
}

fn unscanned(bundle: &Bundle<'_>, error: ScanError) -> Refused {
    match error {
        ScanError::Source(why) => {
            Refused::new(Code::BundleUnreadable, format!("{}: {why}", bundle.source().display()))
        }
        ScanError::Copy(error) => unwritable(error),
        ScanError::Late => cold(&bundle.source().display().to_string()),
    }
}

fn unwritable(error: impl std::fmt::Display) -> Refused {
    let message = format!("this node's store of verified workflows can't be written: {error}");
    Refused::new(Code::StoreUnwritable, message)
}

fn cold(what: &str) -> Refused {
    let message = format!(
        "this node has no verified copy yet ({what}), and making one takes longer than a job may \
         wait; have it made with sluice warm, then submit again"
    );
    Refused::new(Code::StoreCold, message)
}
