//! The verified store: copies of approved bundles, by digest, that only root can change. What
//! runs comes from here, whatever becomes of the source.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::Duration;

use rustix::fs::{
    Dir, FlockOperation, Mode, OFlags, fchmod, flock, fstat, fsync, mkdirat, openat, renameat,
    syncfs,
};
use rustix::io::Errno;
use sluice_policy::digest::Digest;
use sluice_policy::manifest::{self, Item, Kind, Manifest};
use sluice_site::paths::Roots;
use sluice_sys::beneath::{open_beneath, open_dir};
use sluice_sys::trusted::{Trust, ensure_dir};
use sluice_sys::{atomic, read_limited, tree};

use crate::decide::Bundle;
use crate::pulse::Pulse;
use crate::refused::Refused;
use crate::scan::{Identity, Known, Scan, ScanError, Walked};

/// Time between two looks at a lock that somebody else holds.
const POLL: Duration = Duration::from_millis(100);

pub(crate) struct Store {
    path: PathBuf,
    dir: OwnedFd,
}

impl Store {
    pub(crate) fn open(roots: &Roots) -> Result<Self, Refused> {
        let path = roots.state.join("store");
        let dir = ensure_dir(&path, 0o700, Trust::ROOT)
            .map_err(|error| Refused::new("store-unwritable", error))?;
        Ok(Self { path, dir })
    }

    /// Where the verified copy lies.
    pub(crate) fn place(&self, bundle: &Bundle<'_>) -> PathBuf {
        self.path.join(bundle.digest.hex())
    }

    /// Makes sure that the copy is there, and tells if the source has changed since.
    pub(crate) fn provide(&self, bundle: &Bundle<'_>, pulse: &mut Pulse) -> Result<(), Refused> {
        let hex = bundle.digest.hex();
        let source = open_source(bundle)?;
        if !self.has(&hex)? {
            let lock = self.lock(&hex, pulse).map_err(unwritable)?;
            if !self.has(&hex)? {
                pulse.lock = Some(lock);
                let filled = self.fill(bundle, source.as_fd(), pulse);
                pulse.lock = None;
                return filled;
            }
        }
        let walked = self.walk(bundle, source.as_fd(), pulse)?;
        if walked.reread {
            self.remember(&hex, bundle, &walked).map_err(unwritable)?;
        }
        Ok(())
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
        let manifest = self.approved(&hex).or_else(|| bundle.set.manifest(&bundle.digest));
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
        let approved = self.approved(&hex).or_else(|| bundle.set.manifest(&bundle.digest));
        let known = self.recall(&hex, bundle, approved.as_ref()).unwrap_or_default();
        let mut walked = Scan::new(source, bundle.links, &known, None, pulse)
            .run()
            .map_err(|error| unscanned(bundle, error))?;
        walked.reread |= known.is_empty();
        compare(bundle, &walked.manifest, approved.as_ref())?;
        Ok(walked)
    }

    fn fill(
        &self,
        bundle: &Bundle<'_>,
        source: BorrowedFd<'_>,
        pulse: &mut Pulse,
    ) -> Result<(), Refused> {
        let hex = bundle.digest.hex();
        self.remove_partials(&hex).map_err(unwritable)?;
        let partial = format!("{hex}.partial-{}", std::process::id());
        let result = self.fill_partial(bundle, source, &partial, pulse);
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
        partial: &str,
        pulse: &mut Pulse,
    ) -> Result<(), Refused> {
        let hex = bundle.digest.hex();
        mkdirat(&self.dir, partial, Mode::RWXU).map_err(unwritable)?;
        let copy =
            open_beneath(&self.dir, Path::new(partial), OFlags::DIRECTORY).map_err(unwritable)?;
        let walked = Scan::new(source, bundle.links, &Known::new(), Some(copy.as_fd()), pulse)
            .run()
            .map_err(|error| unscanned(bundle, error))?;
        compare(bundle, &walked.manifest, bundle.set.manifest(&bundle.digest).as_ref())?;
        let manifest = walked.manifest.to_bytes();
        atomic::write(&self.dir, &format!("{hex}.manifest"), &manifest, 0o600)
            .map_err(unwritable)?;
        self.remember(&hex, bundle, &walked).map_err(unwritable)?;
        fchmod(&copy, Mode::from_raw_mode(0o555)).map_err(unwritable)?;
        syncfs(&copy).map_err(unwritable)?;
        renameat(&self.dir, partial, &self.dir, &hex).map_err(unwritable)?;
        fsync(&self.dir).map_err(unwritable)
    }

    fn has(&self, hex: &str) -> Result<bool, Refused> {
        match open_beneath(&self.dir, Path::new(hex), OFlags::DIRECTORY) {
            Ok(_) => Ok(true),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(unwritable(error)),
        }
    }

    /// Waits as long as the holder gets ahead; if it doesn't, this process falls silent, too.
    fn lock(&self, hex: &str, pulse: &mut Pulse) -> io::Result<OwnedFd> {
        let flags = OFlags::RDWR | OFlags::CREATE | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let lock = openat(&self.dir, format!("{hex}.lock"), flags, Mode::RUSR | Mode::WUSR)?;
        let mut last = None;
        loop {
            match flock(&lock, FlockOperation::NonBlockingLockExclusive) {
                Ok(()) => return Ok(lock),
                Err(Errno::WOULDBLOCK) => {}
                Err(error) => return Err(error.into()),
            }
            let stat = fstat(&lock)?;
            let touched = Some((stat.st_mtime, stat.st_mtime_nsec));
            if last != touched {
                last = touched;
                pulse.beat();
            }
            sleep(POLL);
        }
    }

    /// The manifest of a stored bundle.
    fn approved(&self, hex: &str) -> Option<Manifest> {
        let bytes = self.read(&format!("{hex}.manifest"), manifest::MAX_BYTES)?;
        Manifest::parse(&bytes).ok()
    }

    /// Writes down by what the source's files can be told to be unchanged: its path, then one
    /// line for each entry of the manifest.
    fn remember(&self, hex: &str, bundle: &Bundle<'_>, walked: &Walked) -> io::Result<()> {
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
    fn recall(&self, hex: &str, bundle: &Bundle<'_>, manifest: Option<&Manifest>) -> Option<Known> {
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

    /// Copies that were cut off; under the lock nobody is at work on one.
    fn remove_partials(&self, hex: &str) -> io::Result<()> {
        let prefix = format!("{hex}.partial-");
        for item in Dir::read_from(&self.dir)? {
            let item = item?;
            if let Some(name) = item.file_name().to_str().ok().filter(|it| it.starts_with(&prefix))
            {
                tree::remove(self.dir.as_fd(), name)?;
            }
        }
        Ok(())
    }
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
    }
}

fn unwritable(error: impl std::fmt::Display) -> Refused {
    let message = format!("this node's store of verified workflows can't be written: {error}");
    Refused::new("store-unwritable", message)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::{Arc, Mutex};

    use rustix::fs::{Timespec, Timestamps, UTIME_NOW, futimens};

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
        let store = Store::open(&Roots::below(dir.path())).unwrap();
        let held = store.lock("aa", &mut Pulse::new(io::sink())).unwrap();
        let heard = Shared::default();
        std::thread::scope(|scope| {
            scope.spawn(|| store.lock("aa", &mut Pulse::new(heard.clone())).unwrap());
            for _ in 0..8 {
                sleep(Duration::from_millis(300));
                if filler_gets_ahead {
                    let now = Timespec { tv_sec: 0, tv_nsec: UTIME_NOW };
                    let times = Timestamps { last_access: now, last_modification: now };
                    futimens(&held, &times).unwrap();
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
