//! New namespaces for the calling thread.
#![allow(unsafe_code)] // unshare is unsafe for the sake of one flag; SIOCSIFFLAGS has no safe binding.

use std::{io, os::fd::AsRawFd};

use rustix::thread::UnshareFlags;

/// Leaves the namespaces that `flags` name for new ones, unshare(2). What isn't a namespace is an
/// invalid argument.
pub fn unshare(flags: UnshareFlags) -> io::Result<()> {
    let namespaces =
        UnshareFlags::NEWNS | UnshareFlags::NEWNET | UnshareFlags::NEWIPC | UnshareFlags::NEWUSER;
    if !namespaces.contains(flags) {
        return Err(io::ErrorKind::InvalidInput.into());
    }
    // SAFETY: the flag that would be unsound, CLONE_FILES, which lets go of descriptors that others
    // hold, is none of these.
    unsafe { rustix::thread::unshare_unsafe(flags) }.map_err(io::Error::from)
}

/// Brings the loopback interface of the current network namespace up.
pub fn loopback_up() -> io::Result<()> {
    let socket = rustix::net::socket(
        rustix::net::AddressFamily::INET,
        rustix::net::SocketType::DGRAM,
        None,
    )?;
    // SAFETY: ifreq is a plain C structure for which all zeros is a valid value.
    let mut request: libc::ifreq = unsafe { std::mem::zeroed() };
    for (to, from) in request.ifr_name.iter_mut().zip(b"lo") {
        *to = *from as libc::c_char;
    }
    request.ifr_ifru.ifru_flags = (libc::IFF_UP | libc::IFF_RUNNING) as libc::c_short;
    // SAFETY: SIOCSIFFLAGS reads one ifreq with the name and flags set above, netdevice(7).
    let result = unsafe { libc::ioctl(socket.as_raw_fd(), libc::SIOCSIFFLAGS, &raw const request) };
    if result < 0 { Err(io::Error::last_os_error()) } else { Ok(()) }
}
