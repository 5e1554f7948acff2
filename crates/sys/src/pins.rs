//! What holds a job's namespaces, /tmp and /dev/shm between its tasks: mounts in its record.

use std::path::Path;

use rustix::mount::{UnmountFlags, unmount};

/// The file in a job's record that its tasks lock, shared, while they join the namespaces, and the
/// job's end, exclusively, while it kills. It is empty until they are made, names the user
/// namespace then, `DEVICE:INODE`, and in the end says [`CLOSED`].
pub const SPACE: &str = "space";
/// What [`SPACE`] says once the job has ended on this node, and nobody may join any more.
pub const CLOSED: &str = "closed\n";
/// The file in a job's record on a node that says that its results may be less than the whole: a signal
/// ended one of its steps there, or its owner's signals could not be kept away from it.
pub const INTERFERED: &str = "interfered";
/// The pin of the user namespace.
pub const USER: &str = "user";

/// Lets go of them. A pin that isn't there, or that only the job's own mount namespace knew, is none
/// to release.
pub fn release(record: &Path) {
    for name in [USER, "net", "ipc", "tmp", "shm"] {
        while unmount(record.join(name), UnmountFlags::DETACH | UnmountFlags::NOFOLLOW).is_ok() {}
    }
}
