//! The store's size: copies are removed, those used longest ago first, never one in use.
//!
//! In use is what an admission or a copying holds the lock of, and what the record of a job on
//! this node names. A copy in the making counts with its full size, which its name tells.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::fs::{
    AtFlags, Dir, FileType, FlockOperation, Mode, OFlags, flock, fstat, openat, renameat, statat,
};
use rustix::io::Errno;
use sluice_policy::digest::Digest;
use sluice_policy::manifest::Kind;
use sluice_protocol::Code;
use sluice_site::record::Record;
use sluice_sys::tree;

use super::{Store, unwritable};
use crate::pulse::Pulse;
use crate::refused::Refused;

/// A whole copy.
struct Copy {
    hex: String,
    bytes: u64,
    /// When it was last used, in seconds and nanoseconds.
    used: (i64, u64),
}

/// One that is to go, and its lock, so that nobody takes it up.
pub(super) struct Leaving {
    pub(super) name: String,
    _lock: OwnedFd,
}

impl Store<'_> {
    /// Makes room for `bytes`, and has the copy that will need them made: its name, and what `make` opened.
    pub(super) fn make_room(
        &self,
        hex: &str,
        bytes: u64,
        pulse: &mut Pulse,
        make: impl FnOnce(BorrowedFd<'_>, &str) -> io::Result<OwnedFd>,
    ) -> Result<(String, OwnedFd), Refused> {
        let partial = format!("{hex}.partial-{bytes}");
        let (leaving, made) = self.reserve(hex, bytes, |dir| make(dir, &partial))?;
        for Leaving { name, .. } in &leaving {
            pulse.beat();
            tree::remove(self.dir.as_fd(), name).map_err(unwritable)?;
        }
        Ok((partial, made))
    }

    fn reserve(
        &self,
        hex: &str,
        bytes: u64,
        make: impl FnOnce(BorrowedFd<'_>) -> io::Result<OwnedFd>,
    ) -> Result<(Vec<Leaving>, OwnedFd), Refused> {
        // One counts at a time. Held until the end of this function.
        let flags = OFlags::RDWR | OFlags::CREATE | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let lock = openat(&self.dir, "lock", flags, Mode::RUSR | Mode::WUSR).map_err(unwritable)?;
        flock(&lock, FlockOperation::LockExclusive).map_err(unwritable)?;

        let mut leaving = Vec::new();
        let (mut copies, mut total) = self.inventory(hex, &mut leaving).map_err(unwritable)?;
        if let Some(max) = self.rules.max_bytes {
            copies.sort_by_key(|copy| copy.used);
            for copy in copies {
                if total.saturating_add(bytes) <= max {
                    break;
                }
                if let Some(gone) = self.let_go(&copy.hex).map_err(unwritable)? {
                    leaving.push(gone);
                    total -= copy.bytes;
                }
            }
            if total.saturating_add(bytes) > max {
                let message = format!(
                    "the workflow needs {bytes} bytes of this node's store, which may have {max} \
                     and holds {total} that running jobs use; submit again later, or have \
                     store.max-bytes raised"
                );
                return Err(Refused::new(Code::StoreFull, message));
            }
        }
        let made = make(self.dir.as_fd()).map_err(unwritable)?;
        Ok((leaving, made))
    }

    /// Whole copies, and the bytes of all; what crashes left is added to `leaving`. The caller is
    /// alone at work on `own`.
    fn inventory(&self, own: &str, leaving: &mut Vec<Leaving>) -> io::Result<(Vec<Copy>, u64)> {
        let (mut copies, mut total) = (Vec::new(), 0);
        for item in Dir::read_from(&self.dir)? {
            let item = item?;
            let Ok(name) = item.file_name().to_str() else { continue };
            match name.split_once(".partial-") {
                // Left by a copying that was killed.
                Some((hex, _)) if hex == own => tree::remove(&self.dir, name)?,
                Some((hex, bytes)) => match self.try_lock(hex)? {
                    Some(lock) => leaving.push(Leaving { name: name.into(), _lock: lock }),
                    None => total += bytes.parse::<u64>().unwrap_or(0),
                },
                None if Digest::from_hex(name).is_ok() => {
                    let copy = self.copy(name)?;
                    total += copy.bytes;
                    copies.push(copy);
                }
                None => {}
            }
        }
        Ok((copies, total))
    }

    fn copy(&self, hex: &str) -> io::Result<Copy> {
        let copy = statat(&self.dir, hex, AtFlags::SYMLINK_NOFOLLOW)?;
        let bytes = match FileType::from_raw_mode(copy.st_mode) {
            FileType::RegularFile => copy.st_size.cast_unsigned(),
            _ => {
                let manifest = self.approved(hex);
                let items = manifest.iter().flat_map(|manifest| manifest.items());
                let bytes = items.map(|item| match item.kind {
                    Kind::File { size, .. } => size,
                    _ => 0,
                });
                bytes.sum()
            }
        };
        let stat = fstat(self.lock_file(hex)?)?;
        Ok(Copy { hex: hex.into(), bytes, used: (stat.st_mtime, stat.st_mtime_nsec) })
    }

    /// Takes a copy out of the store, unless it is in use. Renamed at once: a crash leaves either
    /// a whole copy or none.
    pub(super) fn let_go(&self, hex: &str) -> io::Result<Option<Leaving>> {
        // The lock before the records: an admission holds it until its record is there.
        let Some(lock) = self.try_lock(hex)? else { return Ok(None) };
        if self.is_recorded(hex)? {
            return Ok(None);
        }
        Ok(Some(Leaving { name: self.put_aside(hex)?, _lock: lock }))
    }

    /// Under its new name it is no copy, and removed by the next one at the latest.
    pub(super) fn put_aside(&self, hex: &str) -> io::Result<String> {
        let name = format!("{hex}.partial-0");
        renameat(&self.dir, hex, &self.dir, name.as_str())?;
        Ok(name)
    }

    fn try_lock(&self, hex: &str) -> io::Result<Option<OwnedFd>> {
        let lock = self.lock_file(hex)?;
        match flock(&lock, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => Ok(Some(lock)),
            Err(Errno::WOULDBLOCK) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Whether a job on this node runs from the copy.
    pub(super) fn is_recorded(&self, hex: &str) -> io::Result<bool> {
        for name in self.jobs.names()? {
            let Some(record) = Record::of_running(&self.jobs.dir(name))? else { continue };
            let used = [Some(record.basis.digest), record.basis.runtime_digest];
            if used.into_iter().flatten().any(|digest| digest.hex() == hex) {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::sync::atomic::{AtomicBool, Ordering};

    use sluice_site::Store as Rules;
    use sluice_site::paths::Roots;

    #[test]
    fn jobs_that_end_meanwhile_are_no_error() {
        if !sluice_testing::is_root() {
            return;
        }
        let dir = tempfile::tempdir_in("/run").unwrap();
        let rules = Rules::default();
        let roots = Roots::below(dir.path());
        let store = Store::open(&roots, &rules).unwrap();
        let done = AtomicBool::new(false);
        std::thread::scope(|scope| {
            scope.spawn(|| {
                while !done.load(Ordering::Relaxed) {
                    for job in 0..8 {
                        fs::create_dir_all(store.jobs.path().join(format!("{job}.0"))).unwrap();
                    }
                    fs::remove_dir_all(store.jobs.path()).unwrap();
                }
            });
            let found: Vec<_> = (0..5000).map(|_| store.is_recorded("aa")).collect();
            done.store(true, Ordering::Relaxed);
            for recorded in found {
                assert!(!recorded.unwrap());
            }
        });
    }
}
