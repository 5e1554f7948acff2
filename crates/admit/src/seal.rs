//! The sealed run directory: where the job really writes. The service account owns the directory
//! around it, so nobody else gets there by a path; inside, the job's user owns everything.

use std::fs::File;
use std::io::{self, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::path::{Path, PathBuf};

use rustix::fs::{AtFlags, Mode, OFlags, fchmod, fstat, mkdirat, openat, unlinkat};
use rustix::io::Errno;
use sluice_protocol::Code;
use sluice_site::shared::RUN;
use sluice_sys::beneath::{open_beneath, open_dir};
use sluice_sys::tree;

use crate::batch::Batch;
use crate::refused::Refused;
use crate::undo::Undo;

/// Sluice's own directory in the sealed run directory: standard output and error.
const OWN: &str = ".sluice";

/// Makes the sealed run directory and copies the files into it.
pub(crate) fn make<'a>(
    job: &'a Batch<'_>,
    files: &[(String, Vec<u8>)],
    undo: &mut Undo<'a>,
) -> Result<PathBuf, Refused> {
    let user = &job.user;
    let path = job.sealed_dir();
    let name = job.incarnation().to_string();
    let broken = |error: io::Error| match error.kind() {
        io::ErrorKind::AlreadyExists => already_there(&path),
        _ => Refused::new(
            Code::StoreUnwritable,
            format!("the sealed run directory {}: {error}", path.display()),
        ),
    };

    let cluster = user
        .serve(|| subdirectory(open_dir(&job.site.sealed_root)?, &job.site.cluster))?
        .map_err(broken)?;
    user.serve(|| mkdirat(&cluster, name.as_str(), Mode::RWXU))?.map_err(|e| broken(e.into()))?;
    let around = cluster.try_clone().map_err(broken)?;
    let gone = name.clone();
    undo.push(move || {
        let _ = user.serve(|| unlinkat(&around, gone.as_str(), AtFlags::REMOVEDIR));
    });
    // While it is open to others' names, nobody but the service account can come here.
    let seal = user
        .serve(|| -> io::Result<OwnedFd> {
            let seal = open_beneath(&cluster, Path::new(&name), OFlags::DIRECTORY)?;
            fchmod(&seal, Mode::from_raw_mode(0o733))?;
            Ok(seal)
        })?
        .map_err(broken)?;
    let run = user.act(|| new_directory(&seal, RUN))?.map_err(broken)?;
    let (outer, inner) = (seal.try_clone().map_err(broken)?, run.try_clone().map_err(broken)?);
    let names: Vec<String> = files.iter().map(|(name, _)| name.clone()).collect();
    undo.push(move || {
        for name in names.iter().map(String::as_str).chain([OWN]) {
            let _ = user.act(|| tree::remove(&inner, name));
        }
        let _ = user.serve(|| unlinkat(&outer, RUN, AtFlags::REMOVEDIR));
    });
    user.serve(|| fchmod(&seal, Mode::RWXU))?.map_err(|error| broken(error.into()))?;
    if fstat(&run).map_err(|error| broken(error.into()))?.st_uid != user.uid {
        return Err(broken(io::Error::other("it doesn't belong to the user after it was made")));
    }

    user.act(|| fill(&run, files))?.map_err(broken)?;
    Ok(path.join(RUN))
}

fn fill(run: &OwnedFd, files: &[(String, Vec<u8>)]) -> io::Result<()> {
    new_directory(run, OWN)?;
    let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    for (name, content) in files {
        let file = openat(run, name.as_str(), flags, Mode::RUSR | Mode::WUSR)?;
        File::from(file).write_all(content)?;
    }
    Ok(())
}

/// A new directory, open only to whoever makes it.
fn new_directory(dir: impl AsFd, name: &str) -> io::Result<OwnedFd> {
    mkdirat(&dir, name, Mode::RWXU)?;
    open_beneath(dir, Path::new(name), OFlags::DIRECTORY)
}

/// A directory that earlier jobs may have made.
pub(crate) fn subdirectory(dir: OwnedFd, name: &str) -> io::Result<OwnedFd> {
    match mkdirat(&dir, name, Mode::RWXU) {
        Ok(()) | Err(Errno::EXIST) => open_beneath(dir, Path::new(name), OFlags::DIRECTORY),
        Err(error) => Err(error.into()),
    }
}

/// The same job must not start twice into one directory.
pub(crate) fn already_there(path: &Path) -> Refused {
    let message = format!(
        "{} is already there: this job was started before; submit it again",
        path.display()
    );
    Refused::new(Code::SealedDirectoryExists, message)
}
