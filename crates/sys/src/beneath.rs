//! Opening without ever following a link.

use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::path::Path;

use rustix::fs::{CWD, Mode, OFlags, ResolveFlags, openat2};
use rustix::io::Errno;

/// The kernel answers EAGAIN when a rename raced with the walk; a handful of tries is enough
/// unless somebody renames in a loop, and then giving up is right.
const TRIES: usize = 16;

/// Opens the directory at an absolute path, refusing a link in any component.
pub fn open_dir(path: &Path) -> io::Result<OwnedFd> {
    if !path.is_absolute() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "the path is not absolute"));
    }
    resolve(CWD, path, OFlags::RDONLY | OFlags::DIRECTORY, ResolveFlags::empty())
}

/// Opens `rel` below `dir`; no component may be a link or lead out of `dir`.
///
/// Regular files are opened without blocking, so that a FIFO in their place can't hang the caller.
pub fn open_beneath(dir: impl AsFd, rel: &Path, flags: OFlags) -> io::Result<OwnedFd> {
    resolve(dir, rel, flags, ResolveFlags::BENEATH)
}

/// [`open_beneath`] that doesn't cross into another mount either.
pub fn open_same_mount(dir: impl AsFd, rel: &Path, flags: OFlags) -> io::Result<OwnedFd> {
    resolve(dir, rel, flags, ResolveFlags::BENEATH | ResolveFlags::NO_XDEV)
}

fn resolve(dir: impl AsFd, path: &Path, flags: OFlags, how: ResolveFlags) -> io::Result<OwnedFd> {
    let how = how | ResolveFlags::NO_SYMLINKS | ResolveFlags::NO_MAGICLINKS;
    let mut flags = flags | OFlags::CLOEXEC;
    // openat2 refuses the combination with O_PATH instead of ignoring it.
    if !flags.contains(OFlags::PATH) {
        flags |= OFlags::NONBLOCK | OFlags::NOCTTY;
    }
    let mut tries = 0;
    loop {
        match openat2(&dir, path, flags, Mode::empty(), how) {
            Err(Errno::INTR) => {}
            Err(Errno::AGAIN) if tries < TRIES => tries += 1,
            result => return Ok(result?),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::symlink;

    fn tree() -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir_all(dir.path().join("a/b")).unwrap();
        fs::write(dir.path().join("a/b/f"), "x").unwrap();
        symlink("a", dir.path().join("link")).unwrap();
        symlink("f", dir.path().join("a/b/g")).unwrap();
        dir
    }

    fn open(dir: &tempfile::TempDir, rel: &str) -> io::Result<OwnedFd> {
        let root = open_dir(dir.path())?;
        open_beneath(&root, Path::new(rel), OFlags::RDONLY)
    }

    #[test]
    fn plain_paths_open() {
        assert!(open(&tree(), "a/b/f").is_ok());
    }

    #[test]
    fn links_and_escapes_are_refused() {
        for rel in ["link/b/f", "a/b/g", "../x", "a/../../x", "/etc/passwd"] {
            assert!(open(&tree(), rel).is_err(), "{rel}");
        }
    }

    #[test]
    fn a_linked_or_relative_directory_is_refused() {
        let dir = tree();
        assert!(open_dir(&dir.path().join("link")).is_err());
        assert!(open_dir(&dir.path().join("link/b")).is_err());
        assert!(open_dir(Path::new("tmp")).is_err());
    }

    #[test]
    fn a_fifo_does_not_block() {
        let dir = tree();
        let path = dir.path().join("fifo");
        let made = std::process::Command::new("mkfifo").arg(&path).status().unwrap();
        assert!(made.success());
        assert!(open(&dir, "fifo").is_ok());
    }

    #[test]
    fn another_mount_is_refused() {
        let root = open_dir(Path::new("/")).unwrap();
        let open = |rel: &str| open_same_mount(&root, Path::new(rel), OFlags::RDONLY);
        assert!(open("proc/self").is_err());
        assert!(open("etc").is_ok());
    }
}
