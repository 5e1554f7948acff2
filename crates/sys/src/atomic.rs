//! Files that are there in full or not at all.

use std::fs::File;
use std::io::{self, Write};
use std::os::fd::{AsFd, BorrowedFd};

use rustix::fs::{AtFlags, Mode, OFlags, fchmod, fsync, openat, renameat, unlinkat};
use rustix::io::Errno;

/// Names tried for the temporary file: leftovers of killed writers may stand in the way.
const TRIES: u32 = 16;

/// Writes `name` in `dir` with exactly `mode`, replacing what was there, durably: after a crash
/// the old content or the new one is found, never a part.
pub fn write(dir: impl AsFd, name: &str, bytes: &[u8], mode: u32) -> io::Result<()> {
    put(dir.as_fd(), name, bytes, mode, true)
}

/// [`write`] for what can be written again: readers never find a part, but after a crash of the
/// host the file may be the old one or empty.
pub fn replace(dir: impl AsFd, name: &str, bytes: &[u8], mode: u32) -> io::Result<()> {
    put(dir.as_fd(), name, bytes, mode, false)
}

fn put(dir: BorrowedFd<'_>, name: &str, bytes: &[u8], mode: u32, sync: bool) -> io::Result<()> {
    if name.is_empty() || name.contains('/') {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "not a bare file name"));
    }
    let (temporary, file) = create(dir, name)?;
    let result = fill(&file, bytes, mode, sync)
        .and_then(|()| Ok(renameat(dir, &temporary, dir, name)?))
        .and_then(|()| if sync { Ok(fsync(dir)?) } else { Ok(()) });
    if result.is_err() {
        // The first error is the one to tell.
        let _ = unlinkat(dir, &temporary, AtFlags::empty());
    }
    result
}

fn create(dir: BorrowedFd<'_>, name: &str) -> io::Result<(String, File)> {
    let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let pid = std::process::id();
    for number in 0..TRIES {
        let temporary = format!(".{name}.{pid}.{number}");
        match openat(dir, &temporary, flags, Mode::RUSR | Mode::WUSR) {
            Ok(fd) => return Ok((temporary, fd.into())),
            Err(Errno::EXIST) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(Errno::EXIST.into())
}

fn fill(mut file: &File, bytes: &[u8], mode: u32, sync: bool) -> io::Result<()> {
    file.write_all(bytes)?;
    // Not left to open(2): the umask may be a user's.
    fchmod(file, Mode::from_raw_mode(mode))?;
    if sync {
        fsync(file)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::beneath::open_dir;
    use std::fs;
    use std::os::unix::fs::{PermissionsExt, symlink};

    #[test]
    fn replaces_and_leaves_nothing_else() {
        let dir = tempfile::tempdir().unwrap();
        let fd = open_dir(dir.path()).unwrap();
        write(&fd, "a", b"one", 0o644).unwrap();
        write(&fd, "a", b"two", 0o604).unwrap();
        let path = dir.path().join("a");
        assert_eq!(fs::read(&path).unwrap(), b"two");
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o604);
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_planted_link_is_replaced_not_followed() {
        let dir = tempfile::tempdir().unwrap();
        let victim = dir.path().join("victim");
        fs::write(&victim, "mine").unwrap();
        symlink(&victim, dir.path().join("a")).unwrap();
        write(open_dir(dir.path()).unwrap(), "a", b"new", 0o600).unwrap();
        assert_eq!(fs::read(&victim).unwrap(), b"mine");
    }

    #[test]
    fn leftovers_do_not_block_and_failures_leave_none() {
        let dir = tempfile::tempdir().unwrap();
        let fd = open_dir(dir.path()).unwrap();
        let leftover = format!(".a.{}.0", std::process::id());
        fs::write(dir.path().join(&leftover), "").unwrap();
        write(&fd, "a", b"x", 0o600).unwrap();
        fs::create_dir(dir.path().join("d")).unwrap();
        assert!(write(&fd, "d", b"x", 0o600).is_err());
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 3);
    }

    #[test]
    fn only_bare_names() {
        let dir = tempfile::tempdir().unwrap();
        for name in ["", "a/b", "/etc/x"] {
            assert!(write(open_dir(dir.path()).unwrap(), name, b"", 0o600).is_err());
        }
    }
}
