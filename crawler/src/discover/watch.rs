//! Events of the file system. They are hints that make the daemon quick: network file systems give
//! none for what other hosts do, queues overflow, and then the reconcile scan finds everything.

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use notify::{Event, RecommendedWatcher, RecursiveMode, Watcher};
use tokio::sync::Notify;

/// Directories of unfinished runs that are watched at the same time.
const MAX_WATCHES: usize = 1024;
/// Hints that may wait; with more of them a scan is quicker.
const MAX_HINTS: usize = 4096;

/// The spool, and the places where word of waiting runs is expected.
pub struct Watch {
    watcher: Option<RecommendedWatcher>,
    hints: Arc<Hints>,
    /// Runs by the directory that is watched for them.
    runs: HashMap<PathBuf, String>,
}

#[derive(Default)]
struct Hints {
    paths: Mutex<Vec<PathBuf>>,
    overflow: AtomicBool,
    wake: Notify,
}

/// What happened since the last look.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Seen {
    /// Files that came to the spool, and runs whose directory changed.
    pub names: Vec<String>,
    /// Whether something may have been missed.
    pub overflow: bool,
}

impl Watch {
    /// Watches the spool and `requests`, if there are events here.
    pub fn new(spool: &Path, requests: &Path) -> Self {
        let hints = Arc::new(Hints::default());
        let told = Arc::clone(&hints);
        let watcher = notify::recommended_watcher(move |event| told.take(event));
        let watcher = watcher.and_then(|mut watcher| {
            watcher.watch(spool, RecursiveMode::NonRecursive)?;
            watcher.watch(requests, RecursiveMode::NonRecursive)?;
            Ok(watcher)
        });
        let watcher =
            watcher.inspect_err(|error| tracing::warn!("no events, only scans: {error}")).ok();
        Self { watcher, hints, runs: HashMap::new() }
    }

    /// Returns when something happened.
    pub async fn changed(&self) {
        self.hints.wake.notified().await;
    }

    /// Takes what happened since the last call.
    pub fn seen(&self) -> Seen {
        let paths = std::mem::take(&mut *self.hints.paths());
        let overflow = self.hints.overflow.swap(false, Ordering::AcqRel);
        let mut names: Vec<String> = paths.iter().filter_map(|path| self.name(path)).collect();
        names.sort_unstable();
        names.dedup();
        Seen { names, overflow }
    }

    /// A spool file's own name, or the run that waits for this directory.
    fn name(&self, path: &Path) -> Option<String> {
        let run = path.ancestors().take(3).find_map(|dir| self.runs.get(dir));
        run.cloned().or_else(|| Some(path.file_name()?.to_str()?.to_owned()))
    }

    /// Watches `dirs` for the run `name` from now on, unless that would be too many.
    pub fn add(&mut self, name: &str, dirs: &[PathBuf]) {
        let Some(watcher) = &mut self.watcher else { return };
        for dir in dirs {
            if self.runs.len() >= MAX_WATCHES || self.runs.contains_key(dir) {
                continue;
            }
            // A link there may lead anywhere; without a watch the run is found a little later.
            if dir.symlink_metadata().is_ok_and(|found| found.is_dir())
                && watcher.watch(dir, RecursiveMode::NonRecursive).is_ok()
            {
                self.runs.insert(dir.clone(), name.to_owned());
            }
        }
    }

    /// Ends the watches of runs that `waits` is false for.
    pub fn retain(&mut self, waits: impl Fn(&str) -> bool) {
        let Some(watcher) = &mut self.watcher else { return };
        self.runs.retain(|dir, name| {
            let keep = waits(name);
            if !keep {
                // The directory may be gone, and its watch with it.
                let _ = watcher.unwatch(dir);
            }
            keep
        });
    }
}

impl Hints {
    fn paths(&self) -> std::sync::MutexGuard<'_, Vec<PathBuf>> {
        self.paths.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn take(&self, event: notify::Result<Event>) {
        match event {
            // Our own reading is an event too.
            Ok(event) if event.kind.is_access() && !closed_after_writing(&event) => return,
            Ok(event) if event.need_rescan() => self.overflow.store(true, Ordering::Release),
            Ok(event) => {
                let mut paths = self.paths();
                if paths.len() + event.paths.len() > MAX_HINTS {
                    self.overflow.store(true, Ordering::Release);
                } else {
                    paths.extend(event.paths);
                }
            }
            Err(_) => self.overflow.store(true, Ordering::Release),
        }
        self.wake.notify_one();
    }
}

fn closed_after_writing(event: &Event) -> bool {
    use notify::event::{AccessKind, AccessMode, EventKind};
    event.kind == EventKind::Access(AccessKind::Close(AccessMode::Write))
}

#[cfg(test)]
mod tests {
    use std::{fs, time::Duration};

    use notify::event::{EventKind, Flag};

    use super::*;

    #[test]
    fn overflow_is_told_once() {
        let hints = Hints::default();
        hints.take(Ok(Event::new(EventKind::Other).set_flag(Flag::Rescan)));
        assert!(hints.overflow.swap(false, Ordering::AcqRel));
        let many: Vec<PathBuf> = (0..=MAX_HINTS).map(|n| n.to_string().into()).collect();
        let event = many.into_iter().fold(Event::new(EventKind::Any), Event::add_path);
        hints.take(Ok(event));
        assert!(hints.overflow.load(Ordering::Acquire));
        assert!(hints.paths().is_empty());
    }

    #[tokio::test]
    async fn the_spool_and_waiting_runs_are_seen() {
        let dir = tempfile::tempdir().unwrap();
        let at = |name: &str| dir.path().join(name);
        ["spool", "requests", "box"].iter().for_each(|name| fs::create_dir(at(name)).unwrap());
        let mut watch = Watch::new(&at("spool"), &at("requests"));
        watch.add("lab-7.0.json", &[at("box"), at("missing")]);
        let next = async |watch: &Watch, name: &str| {
            for _ in 0..100 {
                let changed = tokio::time::timeout(Duration::from_secs(20), watch.changed());
                changed.await.unwrap();
                if watch.seen().names.iter().any(|seen| seen == name) {
                    return;
                }
            }
            panic!("{name} is not seen");
        };
        fs::write(at("spool/lab-8.0.json"), "").unwrap();
        next(&watch, "lab-8.0.json").await;
        fs::write(at("box/log.json"), "").unwrap();
        next(&watch, "lab-7.0.json").await;
        watch.retain(|_| false);
        assert!(watch.runs.is_empty());
    }
}
