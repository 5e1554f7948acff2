//! What all tasks of a job share on a node: user, network and IPC namespace, /tmp, /dev/shm.
//!
//! Made once, under a lock, and pinned by mounts in the job's record. The user namespace is not
//! the user's, with every id mapped to itself: by the kernel's rule the same uid outside then has
//! no access through /proc, and ids keep their meaning on every file system. What is taken inside
//! is charged to its owner, too, whom the job therefore has for itself.

use std::{
    fs::{self, File},
    io::{self, Read, Write},
    os::fd::OwnedFd,
    path::Path,
};

use rustix::{
    fs::{CWD, FlockOperation, Mode, OFlags, flock, open},
    mount::{MoveMountFlags, mount_bind, move_mount},
    process::{Resource, Rlimit, Uid, setrlimit},
    thread::{
        CapabilitiesSecureBits, UnshareFlags, set_capabilities_secure_bits, set_thread_res_uid,
    },
};
use sluice_protocol::Sandbox;
use sluice_sys::{
    child,
    jobs::{
        self, JobDir,
        pins::{self, IPC, NETWORK, SHM, TMP, USER},
    },
    namespaces::{loopback_up, unshare},
    survivors::Namespace,
};

use crate::{
    error::{Doing, SandboxError},
    mutations::dropped,
    place::tmpfs,
};

/// A file for as many bytes of /tmp, as ext4 has it: each takes memory that its size doesn't count.
const BYTES_OF_INODE: u64 = 16 << 10;
const LEAST_INODES: u64 = 1024;
/// Pages of all System V segments of an IPC namespace, proc_sys_kernel(5).
const SEGMENTS: &str = "/proc/sys/kernel/shmall";

/// Descriptors of the shared namespaces. /tmp and /dev/shm are opened anew by each task, since
/// a mount can only be copied within the mount namespace it was opened in.
pub(crate) struct Space {
    pub(crate) user: OwnedFd,
    pub(crate) network: OwnedFd,
    pub(crate) ipc: OwnedFd,
    /// Shared with the other tasks until this one has joined: the job's end kills who is inside
    /// once nobody holds it, and after that nobody joins.
    _joining: File,
}

impl Space {
    /// The job's shared parts; made if this is its first task on the node.
    pub(crate) fn of_job(record: &JobDir, sandbox: &Sandbox) -> Result<Space, SandboxError> {
        let lock = record.open_space().doing("lock of the job's record")?;
        loop {
            flock(&lock, FlockOperation::LockShared).doing("lock of the job's record")?;
            match jobs::Space::read(&lock).doing("job's record")? {
                jobs::Space::Unmade => {}
                jobs::Space::Closed => {
                    return Err(io::Error::other("the job has ended on this node"))
                        .doing("namespaces");
                }
                jobs::Space::Made(_) => break,
            }
            // The file names the user namespace once everything is pinned; a half-made space,
            // left by a killed task, is made again.
            flock(&lock, FlockOperation::LockExclusive).doing("lock of the job's record")?;
            if jobs::Space::read(&lock).doing("job's record")? == jobs::Space::Unmade {
                make(record, sandbox)?;
                let user = File::open(record.join(USER)).and_then(|pin| Namespace::of(&pin));
                let made = jobs::Space::Made(user.doing("user namespace")?);
                made.write(&lock).doing("job's record")?;
            }
        }
        let pin = |name: &str| {
            open(record.join(name), OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty()).doing(name)
        };
        Ok(Space { user: pin(USER)?, network: pin(NETWORK)?, ipc: pin(IPC)?, _joining: lock })
    }
}

fn make(record: &JobDir, sandbox: &Sandbox) -> Result<(), SandboxError> {
    // Of a half-made one: a file under a pin can't be made anew.
    pins::release(record);
    let inodes = sandbox.tmp_bytes.map(|bytes| (bytes / BYTES_OF_INODE).max(LEAST_INODES));
    let size = sandbox.tmp_bytes.map_or("50%".into(), |bytes| bytes.to_string());
    for name in [TMP, SHM] {
        let at = record.join(name);
        match fs::create_dir(&at) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
                return Err(error).doing(name);
            }
            _ => {}
        }
        let mount = tmpfs("1777", &size, inodes).doing(name)?;
        attach(&mount, &at).doing(name)?;
    }
    let (mut ready, told) = pipe().doing("pipe")?;
    let (wait, release) = pipe().doing("pipe")?;
    let mut release = Some(release);
    let helper = child::fork(|| {
        // Only the task's end is left open, so that the helper ends with it.
        release = None;
        hold_namespaces(sandbox, told, wait)
    })
    .doing("fork")?;
    let pid = helper.pid();
    let pinned = (|| {
        let mut word = [0];
        ready.read_exact(&mut word).doing("namespaces")?;
        for map in ["uid_map", "gid_map"] {
            fs::write(format!("/proc/{pid}/{map}"), "0 0 4294967295").doing(map)?;
        }
        for name in [USER, NETWORK, IPC] {
            let at = record.join(name);
            File::create(&at).doing(name)?;
            let namespace = format!("/proc/{pid}/ns/{name}");
            mount_bind(namespace, &at).doing(name)?;
        }
        Ok(())
    })();
    drop(release);
    let _ = helper.wait();
    pinned
}

/// The helper's whole life: it makes the namespaces, says so, and stays until they are pinned.
/// Network and IPC come first, so that they belong to the initial user namespace.
fn hold_namespaces(sandbox: &Sandbox, mut told: File, mut wait: File) -> i32 {
    let made = unshare(UnshareFlags::NEWNET | UnshareFlags::NEWIPC)
        .and_then(|()| loopback_up())
        .and_then(|()| limit_segments(sandbox))
        .and_then(|()| Ok(become_owner(sandbox)?))
        .and_then(|()| unshare(UnshareFlags::NEWUSER));
    if made.is_err() || told.write_all(b".").is_err() {
        return 1;
    }
    i32::from(wait.read(&mut [0]).is_err())
}

/// Segments outlive whoever filled them, as files do: they get as much as /dev/shm.
fn limit_segments(sandbox: &Sandbox) -> io::Result<()> {
    let Some(bytes) = sandbox.tmp_bytes else { return Ok(()) };
    fs::write(SEGMENTS, (bytes / rustix::param::page_size() as u64).to_string())
}

/// Whoever makes a user namespace owns it, and gives it the own limits for all that is charged to
/// the owner.
fn become_owner(sandbox: &Sandbox) -> rustix::io::Result<()> {
    if let Some(most) = sandbox.max_processes {
        // A process has a timer and a few signals that wait, which the kernel counts together.
        for (resource, most) in
            [(Resource::Nproc, most), (Resource::Sigpending, most.saturating_mul(4))]
        {
            setrlimit(resource, Rlimit { current: Some(most), maximum: Some(most) })?;
        }
    }
    if dropped("owner") {
        return Ok(());
    }
    // Root's capabilities stay: some kernels give no namespaces without. The real uid counts, too:
    // root's has no limit on processes.
    set_capabilities_secure_bits(CapabilitiesSecureBits::NO_SETUID_FIXUP)?;
    let owner = Uid::from_raw(sandbox.owner);
    set_thread_res_uid(owner, owner, owner)
}

fn pipe() -> io::Result<(File, File)> {
    let (read, write) = rustix::pipe::pipe_with(rustix::pipe::PipeFlags::CLOEXEC)?;
    Ok((read.into(), write.into()))
}

/// Mounts a detached tree on a directory.
fn attach(mount: &OwnedFd, at: &Path) -> rustix::io::Result<()> {
    move_mount(mount, "", CWD, at, MoveMountFlags::MOVE_MOUNT_F_EMPTY_PATH)
}
