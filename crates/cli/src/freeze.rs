//! `sluice freeze`.

use std::ffi::OsStr;
use std::os::fd::{AsFd, OwnedFd};
use std::path::{Path, PathBuf};

use rustix::fs::{self, CWD, Mode, OFlags, fstat};
use serde::Serialize;
use sluice_policy::manifest::Kind;
use sluice_sys::atomic;

use crate::args::bundle::Freeze;
use crate::exit::{Doing, Exit, Failure, Result};
use crate::frozen::{Bundle, Frozen};
use crate::{output, tree};

#[derive(Serialize)]
struct Report<'a> {
    digest: String,
    entries: usize,
    files: usize,
    bytes: u64,
    manifest: Option<&'a Path>,
}

pub(crate) fn run(args: &Freeze) -> Result<Exit> {
    let bundle = Bundle::open(&args.dir)?;
    let target = args.output.as_deref().map(|file| beside(file, &bundle)).transpose()?;
    let Frozen { manifest, digest } = bundle.freeze(&args.link)?;
    let digest = digest.to_string();
    let bytes = manifest.to_bytes();
    if let Some((dir, name)) = target {
        atomic::write(dir, &name, &bytes, 0o644).doing(|| format!("write {name}"))?;
    }
    if args.json {
        let sizes = manifest.items().iter().filter_map(|item| match item.kind {
            Kind::File { size, .. } => Some(size),
            Kind::Directory | Kind::Link { .. } => None,
        });
        output::json(&Report {
            digest: digest.clone(),
            entries: manifest.items().len(),
            files: sizes.clone().count(),
            bytes: sizes.sum(),
            manifest: args.output.as_deref(),
        })?;
    } else if args.output.is_none() {
        output::bytes(&bytes)?;
    }
    output::note(digest);
    Ok(Exit::Ok)
}

/// The directory and name to write the manifest to, which must not change what was frozen.
fn beside(file: &Path, bundle: &Bundle) -> Result<(OwnedFd, String)> {
    match bundle {
        Bundle::Directory(dir) => outside(file, dir),
        Bundle::Image(image) if image.is_at(file) => {
            Err(Failure::usage("the manifest would replace the image; write it elsewhere"))
        }
        Bundle::Image(_) => parent(file),
    }
}

/// The directory of `file`, which doesn't lie in `bundle`, and its name.
pub(crate) fn outside(file: &Path, bundle: &Path) -> Result<(OwnedFd, String)> {
    let (dir, name) = parent(file)?;
    let root = identity(&tree::open_root(bundle)?)?;
    let mut at = open(&dir, Path::new("."), OFlags::PATH).doing(|| "open a directory")?;
    loop {
        let here = identity(&at)?;
        if here == root {
            return Err(Failure::usage(
                "the output would lie in the bundle and change its digest; write it elsewhere",
            ));
        }
        at = open(&at, Path::new(".."), OFlags::PATH).doing(|| "open a parent directory")?;
        if identity(&at)? == here {
            return Ok((dir, name));
        }
    }
}

fn parent(file: &Path) -> Result<(OwnedFd, String)> {
    let Some(name) = file.file_name().and_then(OsStr::to_str) else {
        return Err(Failure::usage("-o needs the name of a file"));
    };
    let parent = match file.parent() {
        Some(parent) if parent != Path::new("") => parent.to_owned(),
        _ => PathBuf::from("."),
    };
    let dir = open(CWD, &parent, OFlags::RDONLY)
        .doing(|| format!("open the directory {}", parent.display()))?;
    Ok((dir, name.to_owned()))
}

fn open(at: impl AsFd, path: &Path, access: OFlags) -> rustix::io::Result<OwnedFd> {
    fs::openat(at, path, access | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())
}

/// Device and inode: the same directory, by whatever name or mount.
fn identity(fd: &OwnedFd) -> Result<(u64, u64)> {
    let stat = fstat(fd).doing(|| "look at a directory")?;
    Ok((stat.st_dev, stat.st_ino))
}
