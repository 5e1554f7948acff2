//! Touching files as somebody else, for the calling thread alone.
#![allow(unsafe_code)] // setfsuid and setfsgid have no safe binding.

use std::io;

use rustix::process::{Gid, getgroups};
use rustix::thread::set_thread_groups;

/// Runs `work` with the file-system identity of `uid` and `gid` and no supplementary groups.
///
/// Only file access changes: root stays root for signals and everything else, and gives up its
/// rights over others' files until `work` returns or panics. Fails, without running `work`, when
/// the identity can't be taken.
pub fn as_user<T>(uid: u32, gid: u32, work: impl FnOnce() -> T) -> io::Result<T> {
    as_member(uid, gid, &[], work)
}

/// [`as_user`] with supplementary groups.
pub fn as_member<T>(uid: u32, gid: u32, groups: &[u32], work: impl FnOnce() -> T) -> io::Result<T> {
    let _guard = Guard::enter(uid, gid, groups)?;
    Ok(work())
}

/// What the thread was before; dropping it goes back.
struct Guard {
    uid: u32,
    gid: u32,
    groups: Vec<Gid>,
}

impl Guard {
    fn enter(uid: u32, gid: u32, groups: &[u32]) -> io::Result<Self> {
        // All ones means "tell, don't set" to the kernel.
        if uid == u32::MAX || gid == u32::MAX || groups.contains(&u32::MAX) {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "not a user or group id"));
        }
        let guard = Guard { uid: fs_uid(u32::MAX), gid: fs_gid(u32::MAX), groups: getgroups()? };
        let wanted: Vec<Gid> = groups.iter().map(|id| Gid::from_raw(*id)).collect();
        if wanted != guard.groups {
            set_thread_groups(&wanted)?;
        }
        // Groups before user: afterwards root's rights over files are gone. From here on Drop
        // undoes, also on the error path.
        fs_gid(gid);
        fs_uid(uid);
        if fs_gid(u32::MAX) != gid || fs_uid(u32::MAX) != uid {
            return Err(io::Error::new(
                io::ErrorKind::PermissionDenied,
                "the file-system identity can't be changed: not root",
            ));
        }
        Ok(guard)
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        fs_uid(self.uid);
        fs_gid(self.gid);
        // Can't fail for the root that dropped them; if it did, fewer rights are left, not more.
        if getgroups().ok().as_ref() != Some(&self.groups) {
            let _ = set_thread_groups(&self.groups);
        }
    }
}

/// Sets this thread's file-system uid and returns the one before.
fn fs_uid(uid: u32) -> u32 {
    // SAFETY: a plain system call on integers that touches no memory of this process. It changes
    // the calling thread only, and an id that the kernel refuses leaves everything as it was.
    let before = unsafe { libc::setfsuid(uid) };
    before.cast_unsigned()
}

/// Sets this thread's file-system gid and returns the one before.
fn fs_gid(gid: u32) -> u32 {
    // SAFETY: as in `fs_uid`.
    let before = unsafe { libc::setfsgid(gid) };
    before.cast_unsigned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::{MetadataExt, PermissionsExt};
    use std::panic::{AssertUnwindSafe, catch_unwind};

    const SOMEBODY: u32 = 65534;

    fn root() -> bool {
        rustix::process::geteuid().is_root()
    }

    #[test]
    fn files_belong_to_the_user_and_root_comes_back() {
        if !root() {
            return;
        }
        let dir = tempfile::tempdir().unwrap();
        fs::set_permissions(dir.path(), PermissionsExt::from_mode(0o777)).unwrap();
        let secret = dir.path().join("secret");
        fs::write(&secret, "s").unwrap();
        fs::set_permissions(&secret, PermissionsExt::from_mode(0o600)).unwrap();
        let made = dir.path().join("made");
        as_user(SOMEBODY, SOMEBODY, || {
            fs::write(&made, "").unwrap();
            assert!(fs::read(&secret).is_err());
        })
        .unwrap();
        let meta = fs::metadata(&made).unwrap();
        assert_eq!((meta.uid(), meta.gid()), (SOMEBODY, SOMEBODY));
        assert!(fs::read(&secret).is_ok());
    }

    #[test]
    fn groups_open_what_they_should() {
        if !root() {
            return;
        }
        let dir = tempfile::tempdir().unwrap();
        std::os::unix::fs::chown(dir.path(), Some(0), Some(4242)).unwrap();
        fs::set_permissions(dir.path(), PermissionsExt::from_mode(0o050)).unwrap();
        let list = || fs::read_dir(dir.path()).is_ok();
        assert!(!as_user(SOMEBODY, SOMEBODY, list).unwrap());
        assert!(as_member(SOMEBODY, SOMEBODY, &[4242], list).unwrap());
        assert!(list());
    }

    #[test]
    fn a_panic_comes_back_too() {
        if !root() {
            return;
        }
        let result =
            catch_unwind(AssertUnwindSafe(|| as_user(SOMEBODY, SOMEBODY, || panic!("expected"))));
        assert!(result.is_err());
        assert_eq!(fs_uid(u32::MAX), 0);
        assert_eq!(fs_gid(u32::MAX), 0);
    }

    #[test]
    fn impossible_ids_are_refused() {
        assert!(as_user(u32::MAX, 0, || ()).is_err());
        assert!(as_user(0, u32::MAX, || ()).is_err());
    }
}
