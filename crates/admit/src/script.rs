//! The batch script: read once, judged and run from the same bytes.

use std::io;
use std::os::fd::AsFd;
use std::path::Path;

use rustix::fs::{CWD, FileType, Mode, OFlags, fstat, openat};
use sluice_policy::script::{MAX_BYTES, Script, tokenize};
use sluice_protocol::{Code, JobFacts};
use sluice_sys::read_limited;
use sluice_sys::trusted::{Trust, check_dir};

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
    read_once(path, job.id).map_err(|error| refuse(&format!("the batch script: {error}")))
}

fn refuse(why: &dyn std::fmt::Display) -> Refused {
    Refused::new(Code::ScriptRefused, why)
}

/// The spooled script belongs to the user, but its directory doesn't: the name is what slurmd
/// wrote, and the bytes are this one reading's.
///
/// Slurm lets a client of somebody's own give a step the batch script's number, with whatever
/// program, tasks and task prolog it likes; for such a step slurmd has spooled nothing.
fn read_once(path: &Path, job: u32) -> io::Result<Vec<u8>> {
    let name = Path::new("slurm_script");
    let dir = path.parent().filter(|dir| path == dir.join(name));
    let dir = dir.filter(|dir| dir.ends_with(format!("job{job:05}")));
    let spooled = || io::Error::other("not what slurmd spooled for this job; use sbatch");
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let dir = openat(CWD, dir.ok_or_else(spooled)?, flags | OFlags::DIRECTORY, Mode::empty())?;
    check_dir(dir.as_fd(), path, Trust::ROOT).map_err(|_| spooled())?;
    let file = openat(&dir, name, flags, Mode::empty())?;
    let stat = fstat(&file)?;
    if FileType::from_raw_mode(stat.st_mode) != FileType::RegularFile || stat.st_nlink != 1 {
        return Err(io::Error::other("not a regular file with one name"));
    }
    read_limited(file, MAX_BYTES)
}
