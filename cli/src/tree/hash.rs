//! Hashing a surveyed tree with every core, in fixed memory per core.

use std::fs::File;
use std::io::{ErrorKind, IsTerminal, Read};
use std::os::fd::OwnedFd;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;

use indicatif::{ProgressBar, ProgressStyle};
use rustix::fs::{OFlags, fstat};
use sluice_policy::digest::{Digest, Hasher};
use sluice_policy::manifest::{Item, Manifest};

use super::{Found, Stamp, Tree, What, open_beneath};
use crate::exit::{Doing, Failure, Result};

/// Bytes read at once.
const CHUNK: usize = 256 << 10;

impl Tree {
    /// The manifest. A file that changes meanwhile fails it.
    pub(super) fn hash(self) -> Result<Manifest> {
        let bar = progress(&self.found);
        let next = AtomicUsize::new(0);
        let stop = AtomicBool::new(false);
        let workers = thread::available_parallelism().map_or(2, |cores| cores.get().max(2));
        let work = || -> Result<Vec<Item>> {
            let mut items = Vec::new();
            let mut buffer = vec![0; CHUNK];
            while !stop.load(Ordering::Relaxed) {
                let Some(found) = self.found.get(next.fetch_add(1, Ordering::Relaxed)) else {
                    break;
                };
                match item(&self.root, found, &mut buffer, &bar) {
                    Ok(item) => items.push(item),
                    Err(failure) => {
                        stop.store(true, Ordering::Relaxed);
                        return Err(failure);
                    }
                }
            }
            Ok(items)
        };
        let parts = thread::scope(|scope| {
            let threads: Vec<_> = (0..workers).map(|_| scope.spawn(work)).collect();
            threads
                .into_iter()
                .map(|thread| {
                    thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
                })
                .collect::<Result<Vec<_>>>()
        });
        bar.finish_and_clear();
        Manifest::from_items(parts?.concat()).map_err(Failure::bad)
    }
}

fn item(root: &OwnedFd, found: &Found, buffer: &mut [u8], bar: &ProgressBar) -> Result<Item> {
    let path = found.path.as_str();
    Ok(match &found.what {
        What::Directory => Item::directory(path),
        What::Link(target) => Item::link(path, target),
        What::File { executable, stamp } => {
            let digest = digest(root, path, *stamp, buffer, bar)?;
            Item::file(path, *executable, stamp.size, digest)
        }
    })
}

/// Reads one file through a descriptor that is still what the survey saw, before and after.
fn digest(
    root: &OwnedFd,
    path: &str,
    stamp: Stamp,
    buffer: &mut [u8],
    bar: &ProgressBar,
) -> Result<Digest> {
    let unchanged = |fd: &File| -> Result<()> {
        if Stamp::of(&fstat(fd).doing(|| format!("look at {path}"))?) == stamp {
            return Ok(());
        }
        Err(Failure::bad(format_args!(
            "{path} changed while the bundle was read; freeze a tree that nobody writes to"
        )))
    };
    let mut file = File::from(
        open_beneath(root, path, OFlags::empty())
            .doing(|| format!("open {path} beneath its bundle"))?,
    );
    unchanged(&file)?;
    let mut hasher = Hasher::new();
    loop {
        match file.read(buffer) {
            Ok(0) => break,
            Ok(read) => {
                hasher.update(&buffer[..read]);
                bar.inc(read as u64);
            }
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error).doing(|| format!("read {path}")),
        }
    }
    unchanged(&file)?;
    Ok(hasher.finish())
}

/// A bar on standard error, if that is a terminal.
fn progress(found: &[Found]) -> ProgressBar {
    if !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let bytes = found.iter().map(|found| match found.what {
        What::File { stamp, .. } => stamp.size,
        What::Directory | What::Link(_) => 0,
    });
    let style = ProgressStyle::with_template("{wide_bar} {bytes}/{total_bytes} {eta}");
    let bar = ProgressBar::new(bytes.sum());
    match style {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}
