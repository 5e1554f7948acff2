use std::io::Write;
use std::os::fd::OwnedFd;
use std::time::{Duration, Instant};

use rustix::fs::{Timespec, Timestamps, UTIME_NOW, futimens};

/// Time between two signs of life; the plugin waits much longer.
const INTERVAL: Duration = Duration::from_secs(1);

/// Signs of life during long work: line feeds before the verdict.
pub struct Pulse {
    out: Box<dyn Write>,
    last: Instant,
    /// When whoever waits for the verdict has waited long enough.
    deadline: Option<Instant>,
    /// Touched as well: others who wait for the same work watch it.
    pub(crate) lock: Option<OwnedFd>,
}

impl Pulse {
    /// Writes to `out`, where the verdict will go.
    pub fn new(out: impl Write + 'static) -> Self {
        Self { out: Box::new(out), last: Instant::now(), deadline: None, lock: None }
    }

    /// Limits what comes next.
    pub(crate) fn limit(&mut self, time: Option<Duration>) {
        self.deadline = time.and_then(|time| Instant::now().checked_add(time));
    }

    /// Whether the limit is reached.
    pub(crate) fn is_late(&self) -> bool {
        self.deadline.is_some_and(|deadline| Instant::now() >= deadline)
    }

    /// To be called whenever work has got ahead.
    pub(crate) fn beat(&mut self) {
        if self.last.elapsed() < INTERVAL {
            return;
        }
        self.last = Instant::now();
        // Nobody listens any more: the plugin has given up, and the verdict will go nowhere.
        let _ = self.out.write_all(b"\n").and_then(|()| self.out.flush());
        if let Some(lock) = &self.lock {
            let now = Timespec { tv_sec: 0, tv_nsec: UTIME_NOW };
            let _ = futimens(lock, &Timestamps { last_access: now, last_modification: now });
        }
    }
}
