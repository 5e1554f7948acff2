//! The batch script: read once, judged and run from the same bytes.

use std::path::Path;

use rustix::fs::{CWD, FileType, Mode, OFlags, fstat, openat};
use sluice_policy::script::{MAX_BYTES, Script, tokenize};
use sluice_protocol::JobFacts;
use sluice_sys::read_limited;

use crate::refused::Refused;

pub(crate) fn read(job: &JobFacts) -> Result<(Vec<u8>, Script), Refused> {
    if job.script_args != 0 {
        return Err(refuse(&"the batch script has arguments; write them into the script"));
    }
    let bytes = bytes(job)?;
    let script = tokenize(&bytes).map_err(|error| refuse(&error))?;
    Ok((bytes, script))
}

/// The script's text, whatever it says.
pub(crate) fn bytes(job: &JobFacts) -> Result<Vec<u8>, Refused> {
    let path = job.script.as_deref().ok_or_else(|| refuse(&"the job has no batch script"))?;
    if !path.is_absolute() {
        return Err(refuse(&"the batch script has no absolute path"));
    }
    read_once(path).map_err(|error| refuse(&format!("the batch script: {error}")))
}

fn refuse(why: &dyn std::fmt::Display) -> Refused {
    Refused::new("script-refused", why)
}

/// The spooled script belongs to the user, but its directory doesn't: the name is what slurmd
/// wrote, and the bytes are this one reading's.
fn read_once(path: &Path) -> std::io::Result<Vec<u8>> {
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let file = openat(CWD, path, flags, Mode::empty())?;
    let stat = fstat(&file)?;
    if FileType::from_raw_mode(stat.st_mode) != FileType::RegularFile || stat.st_nlink != 1 {
        return Err(std::io::Error::other("not a regular file with one name"));
    }
    read_limited(file, MAX_BYTES)
}
