//! A minimal /dev.

use std::{os::fd::OwnedFd, path::Path};

use rustix::fs::{Mode, OFlags, open, symlinkat};

use super::{Doing, SandboxError, root::show};
use crate::raw::{NO_DEV, NO_EXEC, NO_SUID};

/// Devices that carry nothing in or out.
const DEVICES: &[&str] = &["null", "zero", "full", "random", "urandom"];

/// Puts the devices, the usual links and the job's shared memory into `root`/dev.
pub(super) fn populate(root: &OwnedFd, shm: &OwnedFd) -> Result<(), SandboxError> {
    for name in DEVICES {
        let at = Path::new("/dev").join(name);
        let device = open(&at, OFlags::PATH | OFlags::CLOEXEC, Mode::empty()).doing(name)?;
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
