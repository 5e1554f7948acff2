//! Processes that outlive a job: found by the user namespace they live in, and killed.
#![allow(unsafe_code)] // NS_GET_PARENT has no safe binding.

use std::{
    fs::{self, File},
    io,
    os::{
        fd::{AsRawFd, FromRawFd, OwnedFd},
        unix::fs::MetadataExt,
    },
    thread::sleep,
    time::{Duration, Instant},
};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal};

/// A namespace's name in the kernel: device and inode of its file, namespaces(7).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Namespace {
    /// Device of nsfs.
    pub device: u64,
    /// Inode, unique while the namespace exists.
    pub inode: u64,
}

impl Namespace {
    /// The namespace behind an open `/proc/PID/ns/…` or a pin of it.
    pub fn of(file: &File) -> io::Result<Self> {
        let meta = file.metadata()?;
        Ok(Namespace { device: meta.dev(), inode: meta.ino() })
    }
}

/// Kills every process in `user`, or in a user namespace below it, until none is left.
///
/// Fails with `TimedOut` when some are left at the deadline: a process that does not die is
/// stuck in the kernel.
pub fn kill_all(user: Namespace, patience: Duration) -> io::Result<()> {
    let deadline = Instant::now() + patience;
    // A forking process can slip between the listing and the kill, hence two empty rounds.
    let mut empty = 0;
    while empty < 2 {
        let mut found = false;
        for pid in processes()? {
            // Held open from before the check, so that the pid can't become somebody else's.
            let Ok(handle) = pidfd_open(pid, PidfdFlags::empty()) else { continue };
            if lives_in(pid, user) && !ended(&handle) {
                found = true;
                let _ = pidfd_send_signal(&handle, Signal::KILL);
            }
        }
        empty = if found { 0 } else { empty + 1 };
        if found {
            if Instant::now() > deadline {
                return Err(io::Error::new(io::ErrorKind::TimedOut, "processes do not end"));
            }
            sleep(Duration::from_millis(5));
        }
    }
    Ok(())
}

fn processes() -> io::Result<impl Iterator<Item = Pid>> {
    Ok(fs::read_dir("/proc")?
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
        .filter_map(Pid::from_raw))
}

/// Whether the process has ended and only waits for its parent, which may never look.
/// A pidfd is readable from then on, pidfd_open(2).
fn ended(handle: &OwnedFd) -> bool {
    let now = Timespec { tv_sec: 0, tv_nsec: 0 };
    poll(&mut [PollFd::new(handle, PollFlags::IN)], Some(&now)).is_ok_and(|ready| ready > 0)
}

/// Whether the process's user namespace is `user` or descends from it.
fn lives_in(pid: Pid, user: Namespace) -> bool {
    let mut namespace = File::open(format!("/proc/{}/ns/user", pid.as_raw_nonzero())).ok();
    while let Some(file) = namespace {
        if Namespace::of(&file).is_ok_and(|found| found == user) {
            return true;
        }
        namespace = parent(&file);
    }
    false
}

/// The parent of a user namespace, ioctl_ns(2); none beyond the caller's own.
fn parent(namespace: &File) -> Option<File> {
    const NS_GET_PARENT: libc::c_ulong = 0xb702;
    // SAFETY: NS_GET_PARENT takes no argument and returns a new descriptor or -1.
    let fd = unsafe { libc::ioctl(namespace.as_raw_fd(), NS_GET_PARENT) };
    if fd < 0 {
        return None;
    }
    // SAFETY: the kernel just made this descriptor for us; nobody else owns it.
    Some(File::from(unsafe { OwnedFd::from_raw_fd(fd) }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::{Command, Stdio};

    #[test]
    fn kills_in_the_namespace_and_below_and_nowhere_else() {
        let nested = "unshare --user --map-root-user sleep 1000 & sleep 1000 & wait";
        let mut inside = Command::new("unshare")
            .args(["--user", "--map-root-user", "sh", "-c", nested])
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let mut outside = Command::new("sleep").arg("1000").spawn().unwrap();

        let own = Namespace::of(&File::open("/proc/self/ns/user").unwrap()).unwrap();
        let file = loop {
            let file = File::open(format!("/proc/{}/ns/user", inside.id())).unwrap();
            if Namespace::of(&file).unwrap() != own {
                break file;
            }
            sleep(Duration::from_millis(1));
        };
        sleep(Duration::from_millis(100));
        let namespace = Namespace::of(&file).unwrap();
        drop(file);
        kill_all(namespace, Duration::from_secs(5)).unwrap();

        assert!(!inside.wait().unwrap().success());
        assert!(outside.try_wait().unwrap().is_none(), "a bystander was killed");
        outside.kill().unwrap();
        outside.wait().unwrap();
    }
}
