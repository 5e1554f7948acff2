//! After the job its files change hands: nobody writes them any more, and the service account,
//! whose directory is around them, reads them.
//!
//! Done as the user the files belong to, since root has no rights on a squashed file system.

use std::{
    os::fd::{AsRawFd, OwnedFd},
    path::Path,
};

use anyhow::{Context, Result};
use rustix::{
    fs::{Dir, FileType, Mode, OFlags, chmod, fchmod, fstat, openat, removexattr},
    io::Errno,
};
use sluice_sys::{beneath, identity::as_user};

use crate::host::Host;

/// Deeper trees are left as they are; what is in them can't be released.
const MAX_DEPTH: usize = 100;

/// Makes everything below `sealed` readable for all who can reach it and writable for nobody.
pub(crate) fn surrender(host: &Host, sealed: &Path, uid: u32, gid: u32) -> Result<()> {
    // Only the service account can pass the directory above; only the user can change modes.
    let top = host.as_service(|| {
        let parent = beneath::open_dir(sealed.parent().context("no parent")?)?;
        let name = sealed.file_name().context("no name")?;
        let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        Ok(openat(&parent, name, flags, Mode::empty())?)
    })?;
    as_user(uid, gid, || directory(&top, 0)).context("identity of the user")?
}

fn directory(at: &OwnedFd, depth: usize) -> Result<()> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    // The user may have taken all rights from their own directory.
    open_up(at, 0o700)?;
    let dir = openat(at, ".", flags, Mode::empty())?;
    if depth < MAX_DEPTH {
        for entry in Dir::read_from(&dir)? {
            let entry = entry?;
            let name = entry.file_name();
            if name == c"." || name == c".." {
                continue;
            }
            let flags = OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC;
            // What can't be opened stays as it is, and can't be read for release either.
            let Ok(below) = openat(&dir, name, flags, Mode::empty()) else { continue };
            let stat = fstat(&below)?;
            match FileType::from_raw_mode(stat.st_mode) {
                FileType::Directory => {
                    let _ = directory(&below, depth + 1);
                }
                FileType::RegularFile if stat.st_nlink == 1 => {
                    let _ = open_up(&below, 0o444);
                }
                _ => {}
            }
        }
    }
    fchmod(&dir, Mode::from_raw_mode(0o555))?;
    Ok(())
}

/// Makes the mode of a file or directory all that counts: an ACL may shut out whoever reads it next,
/// and goes first. Both go through /proc, since a descriptor that needs no rights takes neither.
fn open_up(file: &OwnedFd, mode: u32) -> Result<()> {
    let path = format!("/proc/self/fd/{}", file.as_raw_fd());
    for acl in ["system.posix_acl_access", "system.posix_acl_default"] {
        match removexattr(path.as_str(), acl) {
            Ok(()) | Err(Errno::NODATA | Errno::NOTSUP) => {}
            // Files have no default ACL.
            Err(Errno::ACCESS) if mode == 0o444 => {}
            Err(error) => return Err(error).context(acl),
        }
    }
    Ok(chmod(path, Mode::from_raw_mode(mode))?)
}
