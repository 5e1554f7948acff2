//! Hashing a surveyed tree with every core, in fixed memory per core.

use std::fs::File;
use std::os::fd::BorrowedFd;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;

use sluice_policy::digest::Digest;
use sluice_policy::manifest::{Item, Manifest};

use super::{BundleError, Found, What, check_unchanged, open_file};

/// Bytes read at once.
const CHUNK: usize = 128 << 10;

/// The manifest of what was surveyed below `root`. A file that changes meanwhile fails it.
/// `advance` hears of the bytes as they are read.
pub fn hash(
    root: BorrowedFd<'_>,
    found: &[Found],
    advance: &(dyn Fn(u64) + Sync),
) -> Result<Manifest, BundleError> {
    let next = AtomicUsize::new(0);
    let stop = AtomicBool::new(false);
    let workers = thread::available_parallelism().map_or(2, |cores| cores.get().max(2));
    let work = || -> Result<Vec<Item>, BundleError> {
        let mut items = Vec::new();
        let mut buffer = vec![0; CHUNK];
        while !stop.load(Ordering::Relaxed) {
            let Some(found) = found.get(next.fetch_add(1, Ordering::Relaxed)) else { break };
            match item(root, found, &mut buffer, advance) {
                Ok(item) => items.push(item),
                Err(error) => {
                    stop.store(true, Ordering::Relaxed);
                    return Err(error);
                }
            }
        }
        Ok(items)
    };
    let parts = thread::scope(|scope| {
        let threads: Vec<_> = (0..workers).map(|_| scope.spawn(work)).collect();
        threads
            .into_iter()
            .map(|thread| thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
            .collect::<Result<Vec<_>, _>>()
    });
    Ok(Manifest::from_items(parts?.into_iter().flatten().collect())?)
}

fn item(
    root: BorrowedFd<'_>,
    found: &Found,
    buffer: &mut [u8],
    advance: &dyn Fn(u64),
) -> Result<Item, BundleError> {
    let path = found.path.as_str();
    Ok(match &found.what {
        What::Directory => Item::directory(path),
        What::Link(target) => Item::link(path, target),
        What::File(stamp) => {
            let file = open_file(root, path, stamp)?;
            let digest = digest(&file, path, buffer, advance)?;
            check_unchanged(&file, path, stamp)?;
            Item::file(path, stamp.is_executable(), stamp.size, digest)
        }
    })
}

fn digest(
    file: &File,
    path: &str,
    buffer: &mut [u8],
    advance: &dyn Fn(u64),
) -> Result<Digest, BundleError> {
    Digest::read(file, buffer, BundleError::io(path), |piece| {
        advance(piece.len() as u64);
        Ok(())
    })
}
