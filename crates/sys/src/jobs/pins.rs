//! What holds a job's namespaces, /tmp and /dev/shm between its tasks: mounts in its record.

use rustix::mount::{UnmountFlags, unmount};

use super::JobDir;

/// The user namespace; like the other two called as in /proc/PID/ns.
pub const USER: &str = "user";
/// The network namespace.
pub const NETWORK: &str = "net";
/// The IPC namespace.
pub const IPC: &str = "ipc";
/// /tmp.
pub const TMP: &str = "tmp";
/// /dev/shm.
pub const SHM: &str = "shm";

/// Lets go of them. A pin that isn't there, or that only the job's own mount namespace knew, is none
/// to release.
pub fn release(dir: &JobDir) {
    for name in [USER, NETWORK, IPC, TMP, SHM] {
        let flags = UnmountFlags::DETACH | UnmountFlags::NOFOLLOW;
        while unmount(dir.join(name), flags).is_ok() {}
    }
}
