//! `upload_token`, for sites where something still looks at it: left in the drop box of a published
//! run, and never read. Its directory is the user's, so it says nothing that could be relied on.

use std::{io, path::Path};

use rustix::{
    fs::{Mode, OFlags, openat},
    io::Errno,
};
use sluice_sys::beneath::{open_beneath, open_dir};

/// The script's name for it.
pub(crate) const TOKEN: &str = "upload_token";

/// Leaves the token in `run_dir` below `runs`; one that is there stays as it is.
pub(crate) fn leave(runs: &Path, run_dir: &Path) -> io::Result<()> {
    let below = run_dir.strip_prefix(runs).map_err(io::Error::other)?;
    let dir = open_beneath(open_dir(runs)?, below, OFlags::DIRECTORY)?;
    let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    match openat(dir, TOKEN, flags, Mode::from_raw_mode(0o644)) {
        Ok(_) | Err(Errno::EXIST) => Ok(()),
        Err(error) => Err(error.into()),
    }
}
