//! The task's root file system, built on an empty tmpfs that root owns.
//!
//! Nothing of the host is there unless it is put there; so nothing needs to be masked, and no
//! directory above a mount is anybody's to rename.

use std::{
    fs,
    os::fd::{AsFd, OwnedFd},
    path::Path,
};

use rustix::{
    fs::{CWD, Mode, OFlags, open, symlinkat},
    mount::{
        FsMountFlags, FsOpenFlags, MountAttrFlags, MoveMountFlags, UnmountFlags, fsconfig_create,
        fsconfig_set_string, fsmount, fsopen, move_mount, unmount,
    },
    process::{chdir, fchdir, pivot_root},
};
use sluice_protocol::{Access, Admission, OpenAs};
use sluice_sys::{
    identity::as_user,
    jobs::{
        self, JobDir,
        pins::{SHM, TMP},
    },
    mounts::{NO_DEV, NO_EXEC, NO_SUID, READ_ONLY, set_mount_attributes},
};

use crate::{
    devices,
    error::{Doing, SandboxError},
    image,
    mutations::{dropped, shown},
    place::{attach, directory, host_path, mount_on, show, tmpfs},
};

/// Files of /etc that programs need and that hold no secret.
const ETC: &[&str] = &[
    "alternatives",
    "ca-certificates",
    "debian_version",
    "fonts",
    "gai.conf",
    "group",
    "host.conf",
    "hosts",
    "java-17-openjdk",
    "ld.so.cache",
    "ld.so.conf",
    "ld.so.conf.d",
    "localtime",
    "locale.alias",
    "login.defs",
    "magic",
    "mime.types",
    "nsswitch.conf",
    "os-release",
    "passwd",
    "perl",
    "pki",
    "profile",
    "protocols",
    "python3",
    "python3.11",
    "R",
    "redhat-release",
    "services",
    "shells",
    "ssl",
    "terminfo",
    "timezone",
];

/// Builds the root and returns its descriptor. It is attached over the job records' directory,
/// which exists on every node and which this task has no more use for.
pub(crate) fn build(admission: &Admission) -> Result<OwnedFd, SandboxError> {
    // Sources are opened before anything is covered.
    let mut sources = Vec::with_capacity(admission.binds.len());
    for bind in &admission.binds {
        let sealed = !(bind.access == Access::Write && dropped("sealed-run"));
        let from = if sealed { &bind.source } else { &bind.target };
        sources.push(match (&bind.image, bind.open_as) {
            (Some(image), _) => image::mount(from, image)?,
            (None, OpenAs::Root) => open_source(from).doing(from.display())?,
            (None, OpenAs::Service(uid, gid)) => as_user(uid, gid, || open_source(from))
                .doing("identity of the service account")?
                .doing(from.display())?,
        });
    }
    let record = JobDir::at(&admission.record);
    let ours = |name: &str, host: Option<&str>| {
        let own = record.join(name);
        open_source(host.map_or(own.as_path(), Path::new)).doing(name)
    };
    let tmp = ours(TMP, dropped("/tmp").then_some("/tmp"))?;
    let shm = ours(SHM, dropped("/dev/shm").then_some("/dev/shm"))?;
    let script = match &admission.script {
        Some(script) => {
            Some((open_source(&script.copy).doing(JobDir::SCRIPT)?, script.at.as_path()))
        }
        None => None,
    };
    let script = script.as_ref().map(|(copy, at)| (copy, *at));

    if dropped("root") {
        let host = open_source(Path::new("/")).doing("root")?;
        return fill(&host, admission, &sources, script).map(|()| host);
    }
    let root = tmpfs("0755", "1m", None).doing("root")?;
    move_mount(&root, "", CWD, jobs::PATH, MoveMountFlags::MOVE_MOUNT_F_EMPTY_PATH)
        .doing("root")?;

    system(&root)?;
    devices::populate(&root, &shm, &admission.sandbox.devices)?;
    show(&root, &tmp, Path::new("/tmp"), NO_SUID | NO_DEV)?;
    for place in shown() {
        host_path(&root, place, 0)?;
    }
    fill(&root, admission, &sources, script)?;
    set_mount_attributes(root.as_fd(), READ_ONLY | NO_SUID | NO_DEV, false).doing("root")?;
    Ok(root)
}

/// Puts what the verdict names where the job expects it.
fn fill(
    root: &OwnedFd,
    admission: &Admission,
    sources: &[OwnedFd],
    script: Option<(&OwnedFd, &Path)>,
) -> Result<(), SandboxError> {
    for (bind, source) in admission.binds.iter().zip(sources) {
        let attributes = match bind.access {
            Access::Read => READ_ONLY | NO_SUID | NO_DEV | NO_EXEC,
            Access::Execute => READ_ONLY | NO_SUID | NO_DEV,
            Access::Write => NO_SUID | NO_DEV,
        };
        match bind.image {
            Some(_) => attach(root, source, &bind.target, attributes)?,
            None => show(root, source, &bind.target, attributes)?,
        }
    }
    script.map_or(Ok(()), |(copy, at)| show(root, copy, at, READ_ONLY | NO_SUID | NO_DEV))
}

/// Makes `root` the root directory and lets go of the old one.
pub(crate) fn pivot(root: &OwnedFd) -> Result<(), SandboxError> {
    fchdir(root).doing("new root")?;
    // Both at one place: the old root lands on top of the new one and is detached from there,
    // pivot_root(2), "pivot_root(".", ".")".
    pivot_root(".", ".").doing("pivot_root")?;
    unmount(".", UnmountFlags::DETACH).doing("old root")?;
    chdir("/").doing("new root")
}

fn open_source(path: &Path) -> rustix::io::Result<OwnedFd> {
    open(path, OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC, Mode::empty())
}

/// The operating system: programs and libraries, /proc, and what of /etc and /sys is harmless.
fn system(root: &OwnedFd) -> Result<(), SandboxError> {
    for name in ["usr", "bin", "sbin", "lib", "lib32", "lib64", "libx32"] {
        let host = Path::new("/").join(name);
        match fs::read_link(&host) {
            Ok(target) => symlinkat(&target, root, name).doing(name)?,
            Err(_) if host.is_dir() => host_path(root, &host, READ_ONLY | NO_SUID | NO_DEV)?,
            Err(_) => {}
        }
    }
    for name in ETC {
        let host = Path::new("/etc").join(name);
        if host.exists() {
            host_path(root, &host, READ_ONLY | NO_SUID | NO_DEV | NO_EXEC)?;
        }
    }
    host_path(root, Path::new("/sys/devices/system/cpu"), READ_ONLY | NO_SUID | NO_DEV | NO_EXEC)?;
    directory(root, Path::new("var"))?;
    symlinkat("/tmp", root, "var/tmp").doing("/var/tmp")?;
    directory(root, Path::new("run"))?;
    own_proc(root)
}

/// A /proc that shows a process only what it may trace: the job's own.
fn own_proc(root: &OwnedFd) -> Result<(), SandboxError> {
    let context = fsopen("proc", FsOpenFlags::FSOPEN_CLOEXEC).doing("/proc")?;
    if !dropped("hidepid") {
        fsconfig_set_string(&context, "hidepid", "invisible").doing("/proc")?;
    }
    fsconfig_create(&context).doing("/proc")?;
    let attributes = MountAttrFlags::MOUNT_ATTR_NOSUID
        | MountAttrFlags::MOUNT_ATTR_NODEV
        | MountAttrFlags::MOUNT_ATTR_NOEXEC;
    let mount = fsmount(&context, FsMountFlags::FSMOUNT_CLOEXEC, attributes).doing("/proc")?;
    let at = directory(root, Path::new("proc"))?;
    mount_on(&mount, &at).doing("/proc")
}
