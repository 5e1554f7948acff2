//! The verified store: copies of approved bundles, by digest, that only root can change. What
//! runs comes from here, whatever becomes of the source.
//!
//! Of each bundle there are in its directory, named by the digest's hex digits: `HEX`, the copy;
//! `HEX.manifest` and `HEX.stat`, notes on it; `HEX.lock`, held in common by admissions until their
//! job's record is there, and alone by whoever copies or removes; `HEX.partial-BYTES`, a copy in
//! the making, or what a crash left of one.

mod fill;
mod in_place;
mod notes;
mod room;

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::Duration;

use rustix::fs::{
    FlockOperation, Mode, OFlags, Timespec, Timestamps, UTIME_NOW, flock, fstat, futimens, openat,
};
use rustix::io::Errno;
use sluice_policy::digest::Digest;
use sluice_policy::manifest::{Item, Kind, Manifest};
use sluice_site::Store as Rules;
use sluice_site::paths::Roots;
use sluice_sys::beneath::{open_beneath, open_dir};
use sluice_sys::read_limited;
use sluice_sys::trusted::{Trust, ensure_dir};

use crate::decide::Bundle;
use crate::pulse::Pulse;
use crate::refused::Refused;
use crate::scan::{Scan, ScanError, Walked};

/// Time between two looks at a lock that somebody else holds.
const POLL: Duration = Duration::from_millis(100);

pub(crate) struct Store<'a> {
    path: PathBuf,
    dir: OwnedFd,
    /// Records of the jobs on this node, which tell what is in use.
    jobs: PathBuf,
    rules: &'a Rules,
}

/// A bundle that stays until this is dropped; after that the job's record keeps it.
#[derive(Debug)]
pub(crate) struct Held {
    _lock: OwnedFd,
}

impl<'a> Store<'a> {
    pub(crate) fn open(roots: &Roots, rules: &'a Rules) -> Result<Self, Refused> {
        let path = roots.state.join("store");
        let dir = ensure_dir(&path, 0o700, Trust::ROOT)
            .map_err(|error| Refused::new("store-unwritable", error))?;
        Ok(Self { path, dir, jobs: roots.run.join("jobs"), rules })
    }

    /// Where the verified content lies.
    pub(crate) fn place(&self, bundle: &Bundle<'_>) -> PathBuf {
        match self.is_in_place(bundle) {
            true => bundle.source.into(),
            false => self.path.join(bundle.digest.hex()),
        }
    }

    /// Makes sure that the copy is there, and tells if the source has changed since.
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
                if !filled {
                    let walked = self.walk(bundle, source.as_fd(), pulse)?;
                    if walked.reread {
                        self.remember(&hex, bundle, &walked).map_err(unwritable)?;
                    }
                }
                return Ok(Held { _lock: lock });
            }
            drop(lock);
            pulse.lock = Some(self.lock(&hex, FlockOperation::NonBlockingLockExclusive, pulse)?);
            if !self.has(&hex)? {
                let done = self.fill(bundle, source.as_fd(), pulse);
                filled = done.is_ok();
                pulse.lock = None;
                done?;
            }
            // Anybody may remove it before the lock is shared.
            pulse.lock = None;
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

    /// Walks the source, reading only files that aren't known from before.
    fn walk(
        &self,
        bundle: &Bundle<'_>,
        source: BorrowedFd<'_>,
        pulse: &mut Pulse,
    ) -> Result<Walked, Refused> {
        let hex = bundle.digest.hex();
        let approved = self.approved(&hex).or_else(|| bundle.manifest());
        let known = self.recall(&hex, bundle, approved.as_ref()).unwrap_or_default();
        let mut walked = Scan::new(source, bundle.links, &known, None, pulse)
            .run()
            .map_err(|error| unscanned(bundle, error))?;
        walked.reread |= known.is_empty();
        compare(bundle, &walked.manifest, approved.as_ref())?;
        Ok(walked)
    }

    fn has(&self, hex: &str) -> Result<bool, Refused> {
        match open_beneath(&self.dir, Path::new(hex), OFlags::DIRECTORY) {
            Ok(_) => Ok(true),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(unwritable(error)),
        }
    }

    fn lock_file(&self, hex: &str) -> io::Result<OwnedFd> {
        let flags = OFlags::RDWR | OFlags::CREATE | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        Ok(openat(&self.dir, format!("{hex}.lock"), flags, Mode::RUSR | Mode::WUSR)?)
    }

    /// Waits as long as the holder gets ahead; if it doesn't, this process falls silent, too.
    fn lock(&self, hex: &str, how: FlockOperation, pulse: &mut Pulse) -> Result<OwnedFd, Refused> {
        let lock = self.lock_file(hex).map_err(unwritable)?;
        let mut last = None;
        loop {
            match flock(&lock, how) {
                Ok(()) => return Ok(lock),
                Err(Errno::WOULDBLOCK) => {}
                Err(error) => return Err(unwritable(error)),
            }
            let stat = fstat(&lock).map_err(unwritable)?;
            let touched = Some((stat.st_mtime, stat.st_mtime_nsec));
            if last != touched {
                last = touched;
                pulse.beat();
            }
            if pulse.is_late() {
                return Err(cold("it is being copied"));
            }
            sleep(POLL);
        }
    }
}

/// Notes that a bundle was used just now.
fn touch(lock: &OwnedFd) {
    let now = Timespec { tv_sec: 0, tv_nsec: UTIME_NOW };
    // Only the order in which copies are removed depends on it.
    let _ = futimens(lock, &Timestamps { last_access: now, last_modification: now });
}

fn open_source(bundle: &Bundle<'_>) -> Result<OwnedFd, Refused> {
    open_dir(bundle.source).map_err(|error| {
        let code = match error.kind() {
            io::ErrorKind::NotFound => "bundle-missing",
            _ => "bundle-unreadable",
        };
        Refused::new(code, format!("{}: {error}", bundle.source.display()))
    })
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
            Refused::new("bundle-unreadable", format!("{}: {why}", bundle.source.display()))
        }
        ScanError::Copy(error) => unwritable(error),
        ScanError::Late => cold(&bundle.source.display().to_string()),
    }
}

fn unwritable(error: impl std::fmt::Display) -> Refused {
    let message = format!("this node's store of verified workflows can't be written: {error}");
    Refused::new("store-unwritable", message)
}

fn cold(what: &str) -> Refused {
    let message = format!(
        "this node has no verified copy yet ({what}), and making one takes longer than a job may \
         wait; have it made with sluice warm, then submit again"
    );
    Refused::new("store-cold", message)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::{Arc, Mutex};

    const EXCLUSIVE: FlockOperation = FlockOperation::NonBlockingLockExclusive;

    #[derive(Clone, Default)]
    struct Shared(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Shared {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// What is heard of a process that waits while another fills the store.
    fn heard(filler_gets_ahead: bool) -> Option<Vec<u8>> {
        if !rustix::process::geteuid().is_root() {
            return None;
        }
        let dir = tempfile::tempdir_in("/run").unwrap();
        let rules = Rules::default();
        let store = Store::open(&Roots::below(dir.path()), &rules).unwrap();
        let held = store.lock("aa", EXCLUSIVE, &mut Pulse::new(io::sink())).unwrap();
        let heard = Shared::default();
        std::thread::scope(|scope| {
            scope.spawn(|| store.lock("aa", EXCLUSIVE, &mut Pulse::new(heard.clone())).unwrap());
            for _ in 0..8 {
                sleep(Duration::from_millis(300));
                if filler_gets_ahead {
                    touch(&held);
                }
            }
            drop(held);
        });
        let heard = heard.0.lock().unwrap().clone();
        Some(heard)
    }

    #[test]
    fn a_waiting_process_lives_as_long_as_the_filling_one() {
        let Some(heard) = heard(true) else { return };
        assert!(!heard.is_empty() && heard.iter().all(|byte| *byte == b'\n'));
    }

    #[test]
    fn a_stuck_filler_silences_those_who_wait() {
        let Some(heard) = heard(false) else { return };
        assert!(heard.is_empty());
    }
}
