//! The sandbox of an admitted job: namespaces shared by all its tasks on a node, and for each
//! task a root file system that holds what the verdict names and nothing else.

mod devices;
mod root;
mod space;

use std::{fmt, os::fd::AsFd, path::Path};

use rustix::{
    io::Errno,
    mount::{MountPropagationFlags, mount_change},
    thread::{LinkNameSpaceType, UnshareFlags, move_into_link_name_space},
};
use sluice_protocol::{Admission, Network};
use sluice_sys::jobs::JobDir;

use crate::{mutations::dropped, raw};
use space::Space;

/// A step of the construction that failed, and on what.
#[derive(Debug)]
pub(crate) struct SandboxError {
    what: String,
    error: std::io::Error,
}

impl fmt::Display for SandboxError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}; ask the administrator to run `sluice check`", self.what, self.error)
    }
}

/// Names the step in an error.
trait Doing<T> {
    fn doing(self, what: impl fmt::Display) -> Result<T, SandboxError>;
}

impl<T> Doing<T> for Result<T, Errno> {
    fn doing(self, what: impl fmt::Display) -> Result<T, SandboxError> {
        self.map_err(|e| SandboxError { what: what.to_string(), error: e.into() })
    }
}

impl<T> Doing<T> for std::io::Result<T> {
    fn doing(self, what: impl fmt::Display) -> Result<T, SandboxError> {
        self.map_err(|error| SandboxError { what: what.to_string(), error })
    }
}

/// Moves the calling task, still root, into the job's sandbox.
///
/// The mount namespace is made before the user namespace is joined: it then belongs to the
/// initial user namespace, and nobody inside can change it.
pub(crate) fn enter(admission: &Admission) -> Result<(), SandboxError> {
    let space = Space::of_job(&JobDir::at(&admission.record), &admission.sandbox)?;
    raw::unshare(UnshareFlags::NEWNS).doing("mount namespace")?;
    mount_change("/", MountPropagationFlags::DOWNSTREAM | MountPropagationFlags::REC)
        .doing("mount propagation")?;
    let root = root::build(admission)?;
    if !dropped("root") {
        root::pivot(&root)?;
    }
    for (namespace, kind, what) in [
        (&space.network, LinkNameSpaceType::Network, "network-namespace"),
        (&space.ipc, LinkNameSpaceType::InterProcessCommunication, "ipc-namespace"),
        (&space.user, LinkNameSpaceType::User, "user-namespace"),
    ] {
        let host_network =
            kind == LinkNameSpaceType::Network && matches!(admission.network, Network::Slurm(_));
        if host_network || dropped(what) {
            continue;
        }
        move_into_link_name_space(namespace.as_fd(), Some(kind)).doing(what)?;
    }
    Ok(())
}

/// The path below the new root that stands for the absolute path `at`.
fn below_root(at: &Path) -> &Path {
    at.strip_prefix("/").unwrap_or(at)
}
