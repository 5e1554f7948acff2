//! Who may use, make or remove a copy now.

use std::io;
use std::os::fd::OwnedFd;
use std::thread::sleep;
use std::time::Duration;

use rustix::fs::{
    FlockOperation, Mode, OFlags, Timespec, Timestamps, UTIME_NOW, flock, fstat, futimens, openat,
};
use rustix::io::Errno;

use super::{Store, cold, unwritable};
use crate::pulse::Pulse;
use crate::refused::Refused;

/// Time between two looks at a lock that somebody else holds.
const POLL: Duration = Duration::from_millis(100);

impl Store<'_> {
    pub(super) fn lock_file(&self, hex: &str) -> io::Result<OwnedFd> {
        let flags = OFlags::RDWR | OFlags::CREATE | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        Ok(openat(&self.dir, format!("{hex}.lock"), flags, Mode::RUSR | Mode::WUSR)?)
    }

    /// Waits as long as the holder gets ahead; if it doesn't, this process falls silent, too.
    pub(super) fn lock(
        &self,
        hex: &str,
        how: FlockOperation,
        pulse: &mut Pulse,
    ) -> Result<OwnedFd, Refused> {
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
pub(super) fn touch(lock: &OwnedFd) {
    let now = Timespec { tv_sec: 0, tv_nsec: UTIME_NOW };
    // Only the order in which copies are removed depends on it.
    let _ = futimens(lock, &Timestamps { last_access: now, last_modification: now });
}

#[cfg(test)]
mod tests {
    use super::*;
    use sluice_site::Store as Rules;
    use sluice_site::paths::Roots;
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
        if !sluice_testing::is_root() {
            return None;
        }
        let dir = tempfile::tempdir_in("/run").unwrap();
        let rules = Rules::default();
        let roots = Roots::below(dir.path());
        let store = Store::open(&roots, &rules).unwrap();
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
