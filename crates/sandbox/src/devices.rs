//! A minimal /dev.

use std::{
    os::fd::OwnedFd,
    path::{Path, PathBuf},
};

use rustix::fs::{Mode, OFlags, open, symlinkat};

use sluice_sys::mounts::{NO_DEV, NO_EXEC, NO_SUID, READ_ONLY};

use crate::{
    error::{Doing, SandboxError},
    mutations::dropped,
    place::show,
};

/// Devices that carry nothing in or out.
const DEVICES: &[&str] = &["null", "zero", "full", "random", "urandom"];

/// Puts the devices, the usual links and the job's shared memory into `root`/dev. Of the `site`'s
/// devices those that this node has: nodes differ.
pub(crate) fn populate(
    root: &OwnedFd,
    shm: &OwnedFd,
    site: &[PathBuf],
) -> Result<(), SandboxError> {
    // What a device takes in does not count as writing to its file system; its times do.
    let kept = if dropped("devices-read-only") { 0 } else { READ_ONLY };
    let ours = DEVICES.iter().map(|name| Path::new("/dev").join(name));
    for at in ours.chain(site.iter().filter(|at| at.exists()).cloned()) {
        let device =
            open(&at, OFlags::PATH | OFlags::CLOEXEC, Mode::empty()).doing(at.display())?;
        show(root, &device, &at, kept | NO_SUID | NO_EXEC)?;
    }
    for (name, target) in [
        ("dev/fd", "/proc/self/fd"),
        ("dev/stdin", "/proc/self/fd/0"),
        ("dev/stdout", "/proc/self/fd/1"),
        ("dev/stderr", "/proc/self/fd/2"),
    ] {
        symlinkat(target, root, name).doing(name)?;
    }
    show(root, shm, Path::new("/dev/shm"), NO_SUID | NO_DEV | NO_EXEC)
}
