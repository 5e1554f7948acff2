//! What holds a job's namespaces, /tmp and /dev/shm between its tasks: mounts in its record.

use std::path::Path;

use rustix::mount::{UnmountFlags, unmount};

/// Lets go of them. A pin that isn't there, or that only the job's own mount namespace knew, is none
/// to release.
pub fn release(record: &Path) {
    for name in ["user", "net", "ipc", "tmp", "shm"] {
        while unmount(record.join(name), UnmountFlags::DETACH | UnmountFlags::NOFOLLOW).is_ok() {}
    }
}
