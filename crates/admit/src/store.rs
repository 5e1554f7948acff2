//! The verified store: copies of approved bundles, by digest, that only root can change. What
//! runs comes from here, whatever becomes of the source.
//!
//! Of each bundle there are in its directory, named by the digest's hex digits: `HEX`, the copy;
//! `HEX.hashed`, how it looked when it was last hashed, and when that was; `HEX.manifest`, `HEX.stat`
//! and `HEX.seen`, notes on the source; `HEX.lock`, held in common by admissions
//! until their job's record is there, and alone by whoever copies or removes; `HEX.partial-BYTES`, a
//! copy in the making, or what a crash left of one.

mod copy;
mod fill;
mod in_place;
mod lock;
mod notes;
mod room;

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
use sluice_sys::read_limited;
use sluice_sys::trusted::{Trust, ensure_dir};

pub use self::copy::Scrubbed;
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
#[derive(Debug)]
pub(crate) struct Held {
    _lock: OwnedFd,
    /// When its content was last hashed.
    pub(crate) hashed: Option<OffsetDateTime>,
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
            true => bundle.source.into(),
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
        let source = open_source(bundle)?;
        let mut filled = false;
        loop {
            let lock = self.lock(&hex, FlockOperation::NonBlockingLockShared, pulse)?;
            if self.has(&hex)? {
                touch(&lock);
                let (hashed, walked) = self.hashed_beside(&hex, pulse, |pulse| match filled {
                    true => Ok(None),
                    false => self.walk(bundle, source.as_fd(), pulse),
                });
                if let Some(walked) = walked? {
                    self.remember(bundle, &walked).map_err(unwritable)?;
                }
                if hashed.is_some() {
                    return Ok(Held { _lock: lock, hashed });
                }
            }
            drop(lock);
            pulse.lock = Some(self.lock(&hex, FlockOperation::NonBlockingLockExclusive, pulse)?);
            let done = match self.has(&hex)? {
                true => self.recheck(&hex, bundle.links, pulse),
                false => {
                    filled = true;
                    self.fill(bundle, source.as_fd(), pulse)
                }
            };
            pulse.lock = None;
            done?;
            // Anybody may remove it before the lock is shared.
        }
    }

    /// Only tells if the source is what was approved.
    pub(crate) fn check(&self, bundle: &Bundle<'_>, pulse: &mut Pulse) -> Result<(), Refused> {
        self.walk(bundle, open_source(bundle)?.as_fd(), pulse).map(drop)
    }

    /// The approved content of a bundle's file, if the bundle has it.
    pub(crate) fn read_file(
        &self,
        bundle: &Bundle<'_>,
        path: &str,
        max: usize,
    ) -> Result<Option<Vec<u8>>, Refused> {
        let hex = bundle.digest.hex();
        let manifest = self.approved(&hex).or_else(|| bundle.manifest());
        let digest = match manifest.as_ref().and_then(|manifest| manifest.get(path)) {
            Some(Item { kind: Kind::File { digest, .. }, .. }) => *digest,
            _ => return Ok(None),
        };
        // Where nothing is made, as in observe, there may be no copy yet.
        let copy = open_beneath(&self.dir, Path::new(&hex), OFlags::DIRECTORY);
        let dir = copy.or_else(|_| open_source(bundle))?;
        let unreadable = |error| unscanned(bundle, ScanError::Source(format!("{path}: {error}")));
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

    fn has(&self, hex: &str) -> Result<bool, Refused> {
        match open_beneath(&self.dir, Path::new(hex), OFlags::DIRECTORY) {
            Ok(_) => Ok(true),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(unwritable(error)),
        }
    }
}

fn open_source(bundle: &Bundle<'_>) -> Result<OwnedFd, Refused> {
    open_dir(bundle.source).map_err(|error| {
        let code = match error.kind() {
            io::ErrorKind::NotFound => Code::BundleMissing,
            _ => Code::BundleUnreadable,
        };
        Refused::new(code, format!("{}: {error}", bundle.source.display()))
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
    let message = format!(
        "{what} in {}; restore it, or have the new version approved",
        bundle.source.display()
    );
    Err(Refused::new(bundle.changed, message))
}

fn unscanned(bundle: &Bundle<'_>, error: ScanError) -> Refused {
    match error {
        ScanError::Source(why) => {
            Refused::new(Code::BundleUnreadable, format!("{}: {why}", bundle.source.display()))
        }
        ScanError::Copy(error) => unwritable(error),
        ScanError::Late => cold(&bundle.source.display().to_string()),
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
