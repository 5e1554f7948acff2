//! Attributes of mounts.
#![allow(unsafe_code)] // mount_setattr has no safe binding.

use std::{
    io,
    os::fd::{AsRawFd, BorrowedFd},
};

/// Mount attributes for [`set_mount_attributes`], `mount_setattr(2)`.
pub const READ_ONLY: u64 = libc::MOUNT_ATTR_RDONLY;
/// No set-user-ID programs.
pub const NO_SUID: u64 = libc::MOUNT_ATTR_NOSUID;
/// No devices.
pub const NO_DEV: u64 = libc::MOUNT_ATTR_NODEV;
/// No programs.
pub const NO_EXEC: u64 = libc::MOUNT_ATTR_NOEXEC;

/// Sets attributes on the mount behind `mount` and, if `recursive`, on all mounts below it.
pub fn set_mount_attributes(
    mount: BorrowedFd<'_>,
    attributes: u64,
    recursive: bool,
) -> io::Result<()> {
    let flags = libc::AT_EMPTY_PATH | if recursive { libc::AT_RECURSIVE } else { 0 };
    let attr = libc::mount_attr { attr_set: attributes, attr_clr: 0, propagation: 0, userns_fd: 0 };
    // SAFETY: mount_setattr(2) reads an empty C string and `size_of` bytes of `attr`; both
    // outlive the call, and the descriptor is borrowed for its duration.
    let result = unsafe {
        libc::syscall(
            libc::SYS_mount_setattr,
            mount.as_raw_fd(),
            c"".as_ptr(),
            flags,
            &raw const attr,
            size_of::<libc::mount_attr>(),
        )
    };
    if result < 0 { Err(io::Error::last_os_error()) } else { Ok(()) }
}
