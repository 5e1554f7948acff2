//! The way of a task into its job's sandbox.

use std::os::fd::AsFd;

use rustix::{
    mount::{MountPropagationFlags, mount_change},
    thread::{LinkNameSpaceType, UnshareFlags, move_into_link_name_space},
};
use sluice_protocol::{Admission, Network};
use sluice_sys::{jobs::JobDir, namespaces::unshare};

use crate::{
    error::{Doing, SandboxError},
    mutations::dropped,
    root,
    space::Space,
};

/// Moves the calling task, still root, into the job's sandbox.
///
/// The mount namespace is made before the user namespace is joined: it then belongs to the
/// initial user namespace, and nobody inside can change it.
pub fn enter(admission: &Admission) -> Result<(), SandboxError> {
    let space = Space::of_job(&JobDir::at(&admission.record), &admission.sandbox)?;
    unshare(UnshareFlags::NEWNS).doing("mount namespace")?;
    mount_change("/", MountPropagationFlags::DOWNSTREAM | MountPropagationFlags::REC)
        .doing("mount propagation")?;
    let root = root::build(admission)?;
    if !dropped("root") {
        root::pivot(&root)?;
    }
    let host_network = matches!(admission.network, Network::Slurm(_));
    for (namespace, kind, what, left_out) in [
        (
            &space.network,
            LinkNameSpaceType::Network,
            "network namespace",
            host_network || dropped("network-namespace"),
        ),
        (
            &space.ipc,
            LinkNameSpaceType::InterProcessCommunication,
            "IPC namespace",
            dropped("ipc-namespace"),
        ),
        (&space.user, LinkNameSpaceType::User, "user namespace", dropped("user-namespace")),
    ] {
        if !left_out {
            move_into_link_name_space(namespace.as_fd(), Some(kind)).doing(what)?;
        }
    }
    Ok(())
}
