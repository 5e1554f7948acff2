//! A kill of everything in a user namespace at once, from within.

use std::{fs::File, io, os::fd::AsFd};

use rustix::{
    io::Errno,
    thread::{
        CapabilitySet, CapabilitySets, LinkNameSpaceType, Uid, move_into_link_name_space,
        set_capabilities, set_keep_capabilities, set_thread_res_uid,
    },
};

use crate::child;

/// Whom the kill is sent by: a uid that no process has, since whatever has it would be killed, too.
/// The last of those that neither users, nor containers, nor the negative numbers of old have.
const NOBODY_ELSE: u32 = 0x7fff_ffff;

/// Sends SIGKILL to every process in `namespace` and the user namespaces below it.
///
/// The kernel goes through all processes while none can be forked, kill(2), and spares those that
/// the sender has no right to: the sender is root's right to kill, CAP_KILL, in this namespace
/// alone. That there was nobody left is no error, and not told either.
pub(super) fn kill(namespace: &File) -> io::Result<()> {
    loop {
        let killer = child::fork(|| match kill_as_nobody_else(namespace) {
            Ok(()) => 0,
            Err(error) => error.raw_os_error(),
        })?;
        match killer.wait()? {
            Some(0) => return Ok(()),
            Some(error) => return Err(io::Error::from_raw_os_error(error)),
            // Another job's end has the same uid for the moment, and its kill came first.
            None => {}
        }
    }
}

/// The child's whole life: system calls and nothing else.
fn kill_as_nobody_else(namespace: &File) -> rustix::io::Result<()> {
    move_into_link_name_space(namespace.as_fd(), Some(LinkNameSpaceType::User))?;
    set_keep_capabilities(true)?;
    let uid = Uid::from_raw(NOBODY_ELSE);
    set_thread_res_uid(uid, uid, uid)?;
    let only = CapabilitySets {
        effective: CapabilitySet::KILL,
        permitted: CapabilitySet::KILL,
        inheritable: CapabilitySet::empty(),
    };
    set_capabilities(None, only)?;
    // SAFETY: kill(2) takes two integers. It is not the host's root that sends this: each call
    // above has ended the function where it failed.
    if unsafe { libc::kill(-1, libc::SIGKILL) } == 0 {
        return Ok(());
    }
    match Errno::from_io_error(&io::Error::last_os_error()) {
        None | Some(Errno::SRCH) => Ok(()),
        Some(error) => Err(error),
    }
}
