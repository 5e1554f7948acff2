//! Which runs have an attestation. The scan is the truth; events only make it happen sooner.

use std::{
    fs, io,
    path::Path,
    time::{Duration, Instant},
};

use rustix::fs::stat;
use sluice_site::shared::spooled_job;

/// Longest that a file system may take from one time of change to the next: FAT's two seconds.
const TICK: Duration = Duration::from_secs(2);
/// The spool is read this often whatever its times say: not every file system keeps them.
const AT_LEAST: Duration = Duration::from_secs(600);

/// What the last scans found of the spool, so that one in which nothing happens isn't read.
#[derive(Debug, Default)]
pub struct Spool {
    last: Option<Last>,
}

#[derive(Debug)]
struct Last {
    /// When the directory changed, by the file system's clock.
    changed: [(i64, u64); 2],
    /// When this was first seen.
    seen: Instant,
    /// When it was last read and had nothing new.
    read: Option<Instant>,
}

impl Spool {
    /// Names of the attestations of `cluster` that are not `known`, in no particular order.
    /// Anything else there, such as a file being written under its temporary name, is passed over.
    pub fn scan(
        &mut self,
        spool: &Path,
        cluster: &str,
        now: Instant,
        known: impl Fn(&str) -> bool,
    ) -> io::Result<Vec<String>> {
        // Before the reading: what comes during it changes the directory again.
        let changed = changed(spool)?;
        let last = self.last.take().filter(|last| last.changed == changed);
        let mut last = last.unwrap_or(Last { changed, seen: now, read: None });
        let mut names = Vec::new();
        if !last.is_done(now) {
            names = unknown(spool, cluster, known)?;
            last.read = names.is_empty().then_some(now);
        }
        self.last = Some(last);
        Ok(names)
    }
}

impl Last {
    /// Whether nothing can have come: a reading found nothing new when the time of the last change
    /// was already over, and that wasn't long ago.
    fn is_done(&self, now: Instant) -> bool {
        self.read.is_some_and(|read| read >= self.seen + TICK && now < read + AT_LEAST)
    }
}

/// Times of a directory's content and attributes; nobody can set the second.
fn changed(dir: &Path) -> io::Result<[(i64, u64); 2]> {
    let stat = stat(dir)?;
    Ok([(stat.st_mtime, stat.st_mtime_nsec), (stat.st_ctime, stat.st_ctime_nsec)])
}

fn unknown(spool: &Path, cluster: &str, known: impl Fn(&str) -> bool) -> io::Result<Vec<String>> {
    let mut names = Vec::new();
    for file in fs::read_dir(spool)? {
        if let Ok(name) = file?.file_name().into_string()
            && spooled_job(&name, cluster).is_some()
            && !known(&name)
        {
            names.push(name);
        }
    }
    Ok(names)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Scans of one directory at seconds that the test says.
    struct Scans {
        dir: tempfile::TempDir,
        start: Instant,
        spool: Spool,
    }

    impl Scans {
        fn new() -> Self {
            let dir = tempfile::tempdir().unwrap();
            Self { dir, start: Instant::now(), spool: Spool::default() }
        }

        fn add(&self, name: &str) {
            // Later than what came before, by the kernel's coarse clock.
            std::thread::sleep(Duration::from_millis(20));
            fs::write(self.dir.path().join(name), "").unwrap();
        }

        fn at(&mut self, second: u64, known: &[&str]) -> (Vec<String>, usize) {
            let read = std::cell::Cell::new(0);
            let known = |name: &str| {
                read.set(read.get() + 1);
                known.contains(&name)
            };
            let now = self.start + Duration::from_secs(second);
            let found = self.spool.scan(self.dir.path(), "lab", now, known).unwrap();
            (found, read.get())
        }
    }

    #[test]
    fn a_spool_in_which_nothing_happens_is_seldom_read() {
        let mut scans = Scans::new();
        scans.add("lab-1.0.json");
        let known = ["lab-1.0.json"];
        let new = (vec!["lab-1.0.json".to_owned()], 1);
        // What could not be entered is found again.
        assert_eq!(scans.at(0, &[]), new);
        assert_eq!(scans.at(30, &[]), new);
        assert_eq!(scans.at(60, &known), (vec![], 1));
        assert_eq!(scans.at(90, &known), (vec![], 0));
        assert_eq!(scans.at(659, &known), (vec![], 0));
        assert_eq!(scans.at(660, &known), (vec![], 1));
    }

    #[test]
    fn the_second_of_a_change_is_read_again() {
        let mut scans = Scans::new();
        assert_eq!(scans.at(0, &[]), (vec![], 0));
        scans.add("lab-1.0.json");
        let known = ["lab-1.0.json"];
        assert_eq!(scans.at(1, &known), (vec![], 1));
        // Another may have come at the very time that the directory tells.
        assert_eq!(scans.at(2, &known), (vec![], 1));
        assert_eq!(scans.at(3, &known), (vec![], 1));
        assert_eq!(scans.at(4, &known), (vec![], 0));
    }

    #[test]
    fn what_comes_later_is_found() {
        let mut scans = Scans::new();
        assert_eq!(scans.at(0, &[]), (vec![], 0));
        assert_eq!(scans.at(30, &[]), (vec![], 0));
        scans.add("lab-1.0.json");
        assert_eq!(scans.at(60, &[]).0, ["lab-1.0.json"]);
    }
}
