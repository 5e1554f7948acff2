//! Processes that outlive a job: found by the user namespace they live in, and killed.
#![allow(unsafe_code)] // NS_GET_PARENT has no safe binding.

mod within;

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

/// Kills every process in `user`, or in a user namespace below it, until none is left. The caller
/// sees to it that nobody joins the namespace meanwhile.
///
/// A program that forks and ends all the time is hardly ever there when a list of processes comes
/// to it. So all are killed at once from within, which no fork escapes, and the list only has to
/// show that they have ended. `pin` is the namespace's file, without which the first process found
/// leads there.
///
/// Fails with `TimedOut` when some are left at the deadline: a process that does not die is
/// stuck in the kernel.
pub fn kill_all(user: Namespace, pin: Option<File>, patience: Duration) -> io::Result<()> {
    let deadline = Instant::now() + patience;
    let mut namespace = pin.filter(|pin| Namespace::of(pin).is_ok_and(|found| found == user));
    // Where none led into the namespace, one may slip between the listing and the kill.
    let mut empty = 0;
    while empty < 2 {
        let killed = namespace.as_ref().map_or(Ok(()), within::kill);
        let mut found = false;
        for pid in processes()? {
            // Held open from before the check, so that the pid can't become somebody else's.
            let Ok(handle) = pidfd_open(pid, PidfdFlags::empty()) else { continue };
            if let Some(file) = lives_in(pid, user)
                && !ended(&handle)
            {
                found = true;
                namespace.get_or_insert(file);
                let _ = pidfd_send_signal(&handle, Signal::KILL);
            }
        }
        empty = if found || killed.is_err() { 0 } else { empty + 1 };
        if empty == 0 {
            if Instant::now() > deadline {
                killed?;
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

/// The file of `user`, if the process's user namespace is that or descends from it.
fn lives_in(pid: Pid, user: Namespace) -> Option<File> {
    let mut namespace = File::open(format!("/proc/{}/ns/user", pid.as_raw_nonzero())).ok()?;
    while Namespace::of(&namespace).ok()? != user {
        namespace = parent(&namespace)?;
    }
    Some(namespace)
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
    use std::process::{Child, Command, Stdio};

    /// A shell in a user namespace of its own with every id in it, as a job's is, and the
    /// namespace's file.
    fn inside(script: &str) -> (Child, File) {
        let mut shell = Command::new("unshare")
            .args(["--user", "sh", "-c", &format!("read go; {script}")])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let own = Namespace::of(&File::open("/proc/self/ns/user").unwrap()).unwrap();
        let file = loop {
            let file = File::open(format!("/proc/{}/ns/user", shell.id())).unwrap();
            if Namespace::of(&file).unwrap() != own {
                break file;
            }
            sleep(Duration::from_millis(1));
        };
        for map in ["uid_map", "gid_map"] {
            fs::write(format!("/proc/{}/{map}", shell.id()), "0 0 4294967295").unwrap();
        }
        drop(shell.stdin.take());
        (shell, file)
    }

    #[test]
    fn kills_in_the_namespace_and_below_and_nowhere_else() {
        let nested = "unshare --user --map-root-user sleep 1000 & sleep 1000 & wait";
        let (mut inside, file) = inside(nested);
        let mut outside = Command::new("sleep").arg("1000").spawn().unwrap();
        sleep(Duration::from_millis(100));
        let namespace = Namespace::of(&file).unwrap();
        drop(file);
        kill_all(namespace, None, Duration::from_secs(5)).unwrap();

        assert!(!inside.wait().unwrap().success());
        assert!(outside.try_wait().unwrap().is_none(), "a bystander was killed");
        outside.kill().unwrap();
        outside.wait().unwrap();
    }

    /// Each process of the chain is gone before the list of processes, which many others come
    /// first in, gets to it.
    #[test]
    fn a_chain_of_forks_is_killed() {
        const CHAIN: &str = "exec python3 -S -c '
import os, time
last = time.monotonic() + 60
while time.monotonic() < last:
    os.write(1, b\".\")
    if os.fork():
        os._exit(0)
'";
        let sleeper = || Command::new("sleep").arg("1000").spawn().unwrap();
        let mut others: Vec<Child> = (0..300).map(|_| sleeper()).collect();
        let dir = tempfile::tempdir().unwrap();
        let mut lived = 0;
        for round in 0..5 {
            let beat = dir.path().join(round.to_string());
            let (mut first, file) = inside(&format!("exec >{}; {CHAIN}", beat.display()));
            let length = || fs::metadata(&beat).map_or(0, |meta| meta.len());
            while length() < 10 {
                sleep(Duration::from_millis(10));
            }
            let namespace = Namespace::of(&file).unwrap();
            kill_all(namespace, Some(file), Duration::from_secs(10)).unwrap();
            let then = length();
            sleep(Duration::from_millis(100));
            lived += usize::from(length() > then);
            first.wait().unwrap();
        }
        for other in &mut others {
            other.kill().unwrap();
            other.wait().unwrap();
        }
        assert_eq!(lived, 0, "chains of 5 that went on");
    }
}
