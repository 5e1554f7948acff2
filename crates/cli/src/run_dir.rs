//! Run directories: the drop boxes between a user and their jobs.

use std::fs::{self, DirBuilder, File, OpenOptions, read_dir};
use std::io;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use rustix::process::getuid;
use sluice_policy::path::{is_plain_word, resolve};
use sluice_site::users;
use time::OffsetDateTime;
use time::macros::format_description;

use crate::exit::{Doing, Failure, Result};

/// Where Sluice talks to the user, below a run directory.
pub(crate) const TALK: &str = ".sluice";

/// How deep run directories may lie below a user's own directory.
const MAX_DEPTH: usize = 8;

/// The calling user's directory below the site's runs.
pub(crate) fn home(runs: &Path) -> Result<PathBuf> {
    let uid = getuid().as_raw();
    let name = users::name_of(uid)
        .ok_or_else(|| Failure::environment(format_args!("the user id {uid} has no name here")))?;
    Ok(runs.join(name))
}

/// A name for a new run directory, unlike any other.
pub(crate) fn fresh(home: &Path, workflow: &str) -> Result<PathBuf> {
    let format = format_description!("[year][month][day]-[hour][minute][second]");
    let now = OffsetDateTime::now_utc()
        .format(format)
        .map_err(|error| Failure::environment(format_args!("cannot format the time: {error}")))?;
    let mut random = [0; 4];
    rustix::rand::getrandom(&mut random, rustix::rand::GetRandomFlags::empty())
        .doing(|| "get random numbers")?;
    Ok(home.join(format!("{workflow}-{now}-{:08x}", u32::from_ne_bytes(random))))
}

/// The directory the user named, absolute and below the site's runs.
pub(crate) fn named(dir: &Path, runs: &Path) -> Result<PathBuf> {
    let cwd = std::env::current_dir().doing(|| "find the working directory")?;
    let outside = || {
        Failure::usage(format_args!(
            "{} is not below {}, where this site's runs lie",
            dir.display(),
            runs.display()
        ))
    };
    let (Some(cwd), Some(word)) = (cwd.to_str(), dir.to_str()) else { return Err(outside()) };
    let path = resolve(cwd, word).map(PathBuf::from).ok_or_else(outside)?;
    match path.strip_prefix(runs).ok().and_then(Path::to_str) {
        None | Some("") => Err(outside()),
        Some(below) if is_plain_word(below) => Ok(path),
        Some(below) => Err(Failure::usage(format_args!(
            "{below:?}: the name of a run directory may have letters, digits and . _ - + @ = : , only"
        ))),
    }
}

/// Makes the directory, its user's directory and its `.sluice`, for the user alone.
pub(crate) fn make(dir: &Path) -> Result<()> {
    let mut private = DirBuilder::new();
    private.mode(0o700);
    let parents = dir.parent().into_iter().map(Path::to_path_buf);
    for path in parents.chain([dir.to_owned(), dir.join(TALK)]) {
        match private.create(&path) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            result => result.doing(|| format!("make the directory {}", path.display()))?,
        }
    }
    Ok(())
}

/// The plain name that a file gets in the run directory.
pub(crate) fn plain_name(source: &Path) -> Result<String> {
    match source.file_name().and_then(|name| name.to_str()) {
        Some(name) if !name.starts_with(['-', '.']) => Ok(name.to_owned()),
        _ => Err(Failure::usage(format_args!(
            "{} needs a plain name: UTF-8, without '-' or '.' in front",
            source.display()
        ))),
    }
}

/// Copies a file into the run directory, unless it lies there already.
pub(crate) fn copy_in(source: &Path, dir: &Path) -> Result<()> {
    let target = dir.join(plain_name(source)?);
    let real = |path: &Path| fs::canonicalize(path);
    if real(&target).is_ok_and(|target| real(source).is_ok_and(|source| source == target)) {
        return Ok(());
    }
    let mut from = File::open(source).doing(|| format!("open {}", source.display()))?;
    let mut to = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&target)
        .doing(|| format!("make {}", target.display()))?;
    io::copy(&mut from, &mut to).doing(|| format!("copy {}", source.display()))?;
    Ok(())
}

/// Run directories below `home`, links not followed.
pub(crate) fn all(home: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut pending = vec![(home.to_owned(), 0)];
    while let Some((dir, depth)) = pending.pop() {
        for entry in read_dir(&dir).doing(|| format!("read the directory {}", dir.display()))? {
            let entry = entry.doing(|| format!("read the directory {}", dir.display()))?;
            let path = entry.path();
            if !entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                continue;
            }
            if path.join(TALK).is_dir() {
                found.push(path);
            } else if depth < MAX_DEPTH {
                pending.push((path, depth + 1));
            }
        }
    }
    Ok(found)
}
