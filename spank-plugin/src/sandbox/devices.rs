//! A minimal /dev.

use std::{
    os::fd::OwnedFd,
    path::{Path, PathBuf},
};

use rustix::fs::{Mode, OFlags, open, symlinkat};

use super::{Doing, SandboxError, root::show};
use crate::raw::{NO_DEV, NO_EXEC, NO_SUID};

/// Devices that carry nothing in or out.
const DEVICES: &[&str] = &["null", "zero", "full", "random", "urandom"];

/// Puts the devices, the usual links and the job's shared memory into `root`/dev. Of the `site`'s
/// devices those that this node has: nodes differ.
pub(super) fn populate(
    root: &OwnedFd,
    shm: &OwnedFd,
    site: &[PathBuf],
) -> Result<(), SandboxError> {
    let ours = DEVICES.iter().map(|name| Path::new("/dev").join(name));
    for at in ours.chain(site.iter().filter(|at| at.exists()).cloned()) {
        let device =
            open(&at, OFlags::PATH | OFlags::CLOEXEC, Mode::empty()).doing(at.display())?;
        show(root, &device, &at, NO_SUID | NO_EXEC)?;
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
