//! Showing things of the host at places below a new root.

use std::{
    os::{
        fd::{AsFd, OwnedFd},
        unix::ffi::OsStrExt,
    },
    path::{Component, Path},
};

use rustix::{
    fs::{
        AtFlags, FileType, Mode, OFlags, ResolveFlags, StatxFlags, fstat, mkdirat, open, openat,
        openat2, statx,
    },
    mount::{
        FsMountFlags, FsOpenFlags, MountAttrFlags, MoveMountFlags, OpenTreeFlags, fsconfig_create,
        fsconfig_set_string, fsmount, fsopen, move_mount, open_tree,
    },
};
use sluice_sys::mounts::set_mount_attributes;

use crate::error::{Doing, SandboxError};

/// Shows a path of the host at the same place.
pub(crate) fn host_path(root: &OwnedFd, host: &Path, attributes: u64) -> Result<(), SandboxError> {
    let source = open(host, OFlags::PATH | OFlags::CLOEXEC, Mode::empty()).doing(host.display())?;
    show(root, &source, host, attributes)
}

/// Shows `source` at the absolute path `target`, and makes sure that this is what is there.
pub(crate) fn show(
    root: &OwnedFd,
    source: &OwnedFd,
    target: &Path,
    attributes: u64,
) -> Result<(), SandboxError> {
    let mount = tree(source).doing(target.display())?;
    attach(root, &mount, target, attributes)
}

/// The same with a mount that is attached nowhere yet.
pub(crate) fn attach(
    root: &OwnedFd,
    mount: &OwnedFd,
    target: &Path,
    attributes: u64,
) -> Result<(), SandboxError> {
    let what = target.display();
    set_mount_attributes(mount.as_fd(), attributes, true).doing(&what)?;
    let relative = below_root(target);
    let is_directory =
        FileType::from_raw_mode(fstat(mount).doing(&what)?.st_mode) == FileType::Directory;
    let at = if is_directory { directory(root, relative)? } else { file(root, relative)? };
    mount_on(mount, &at).doing(&what)?;

    let shown = beneath(root, relative, OFlags::PATH).doing(&what)?;
    let identity = |fd: &OwnedFd| {
        let wanted = StatxFlags::INO | StatxFlags::MNT_ID;
        statx(fd, "", AtFlags::EMPTY_PATH, wanted)
            .map(|s| (s.stx_mnt_id, s.stx_ino, s.stx_dev_major, s.stx_dev_minor))
    };
    if identity(&shown).doing(&what)? != identity(mount).doing(&what)? {
        return Err(std::io::Error::other("something else is mounted there")).doing(&what);
    }
    Ok(())
}

pub(crate) fn mount_on(mount: &OwnedFd, at: &OwnedFd) -> rustix::io::Result<()> {
    let flags = MoveMountFlags::MOVE_MOUNT_F_EMPTY_PATH | MoveMountFlags::MOVE_MOUNT_T_EMPTY_PATH;
    move_mount(mount, "", at, "", flags)
}

/// Opens a path below the new root without leaving it and without following links.
fn beneath(root: &OwnedFd, relative: &Path, flags: OFlags) -> rustix::io::Result<OwnedFd> {
    openat2(
        root,
        relative,
        flags | OFlags::CLOEXEC,
        Mode::empty(),
        ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS | ResolveFlags::NO_MAGICLINKS,
    )
}

/// Makes a directory and those above it, each 0755 and root's, and opens it.
pub(crate) fn directory(root: &OwnedFd, relative: &Path) -> Result<OwnedFd, SandboxError> {
    let what = relative.display();
    let mut at =
        openat(root, ".", OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())
            .doing(&what)?;
    for part in relative.components() {
        let Component::Normal(name) = part else {
            return Err(std::io::Error::other("not a plain path")).doing(&what);
        };
        match mkdirat(&at, name.as_bytes(), Mode::from_raw_mode(0o755)) {
            Ok(()) | Err(rustix::io::Errno::EXIST) => {}
            Err(error) => return Err(error).doing(&what),
        }
        let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        at = openat(&at, name.as_bytes(), flags, Mode::empty()).doing(&what)?;
    }
    Ok(at)
}

/// Makes an empty file to mount on, with the directories above it.
fn file(root: &OwnedFd, relative: &Path) -> Result<OwnedFd, SandboxError> {
    let what = relative.display();
    let (Some(parent), Some(name)) = (relative.parent(), relative.file_name()) else {
        return Err(std::io::Error::other("not a file's path")).doing(&what);
    };
    let parent = directory(root, parent)?;
    let flags = OFlags::CREATE | OFlags::NOFOLLOW | OFlags::WRONLY | OFlags::CLOEXEC;
    openat(&parent, name.as_bytes(), flags, Mode::from_raw_mode(0o444)).doing(&what)?;
    openat(
        &parent,
        name.as_bytes(),
        OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC,
        Mode::empty(),
    )
    .doing(&what)
}

/// The path below the new root that stands for the absolute path `at`.
fn below_root(at: &Path) -> &Path {
    at.strip_prefix("/").unwrap_or(at)
}

/// A new tmpfs, attached nowhere yet.
pub(crate) fn tmpfs(mode: &str, size: &str, inodes: Option<u64>) -> rustix::io::Result<OwnedFd> {
    let context = fsopen("tmpfs", FsOpenFlags::FSOPEN_CLOEXEC)?;
    fsconfig_set_string(&context, "mode", mode)?;
    fsconfig_set_string(&context, "size", size)?;
    if let Some(inodes) = inodes {
        fsconfig_set_string(&context, "nr_inodes", inodes.to_string())?;
    }
    fsconfig_create(&context)?;
    fsmount(
        &context,
        FsMountFlags::FSMOUNT_CLOEXEC,
        MountAttrFlags::MOUNT_ATTR_NOSUID | MountAttrFlags::MOUNT_ATTR_NODEV,
    )
}

/// A detached copy of the mounts at and below `source`.
fn tree(source: &OwnedFd) -> rustix::io::Result<OwnedFd> {
    open_tree(
        source,
        "",
        OpenTreeFlags::OPEN_TREE_CLONE
            | OpenTreeFlags::OPEN_TREE_CLOEXEC
            | OpenTreeFlags::AT_EMPTY_PATH
            | OpenTreeFlags::AT_RECURSIVE,
    )
}
