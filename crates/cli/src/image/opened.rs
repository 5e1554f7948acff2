//! A file that is an image, or has one in it.

use std::fs::File;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use rustix::fs::{Mode, OFlags, open};
use sluice_image::{Contents, Fault, Filesystem, Format, ImageError, Part};
use sluice_policy::digest::Digest;
use sluice_policy::manifest::Manifest;

use crate::exit::{Doing, Exit, Failure, Result};
use crate::{output, progress};

/// Faults that are named.
const MAX_NAMED: usize = 50;
/// Bytes read at once.
const CHUNK: usize = 128 << 10;

pub(crate) struct Opened {
    pub(crate) path: PathBuf,
    file: File,
}

impl Opened {
    pub(crate) fn open(path: &Path) -> Result<Self> {
        // Not blocked by a FIFO.
        let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NONBLOCK;
        let file = open(path, flags, Mode::empty()).map(File::from);
        let file = file.doing(|| format!("open {}", path.display()))?;
        Ok(Self { path: path.to_owned(), file })
    }

    /// The file at `path` if it is an image or a SIF; none if it is something else.
    pub(crate) fn recognised(path: &Path) -> Result<Option<Self>> {
        let opened = Self::open(path)?;
        match sluice_image::open(&opened.file) {
            Err(ImageError::Unrecognised) => Ok(None),
            Err(error) => Err(opened.failure(error)),
            Ok(_) => Ok(Some(opened)),
        }
    }

    /// Whether `path` is this very file.
    pub(crate) fn is_at(&self, path: &Path) -> bool {
        match (self.file.metadata(), std::fs::metadata(path)) {
            (Ok(own), Ok(other)) => (own.dev(), own.ino()) == (other.dev(), other.ino()),
            _ => false,
        }
    }

    pub(crate) fn format(&self) -> Result<Format> {
        sluice_image::open(&self.file)
            .map(|(format, _)| format)
            .map_err(|error| self.failure(error))
    }

    /// What is in it, if it can be listed.
    pub(crate) fn contents(&self) -> Result<Contents<'_>> {
        let (format, part) = sluice_image::open(&self.file).map_err(|error| self.failure(error))?;
        if format == Format::Image(Filesystem::Erofs) {
            return Err(self.bad(
                "Sluice doesn't list what is in an erofs; build a squashfs from its directory",
            ));
        }
        Contents::of(part).map_err(|error| self.failure(error))
    }

    /// The digest of the file.
    pub(crate) fn digest(&self) -> Result<Digest> {
        let whole = Part::whole(&self.file).doing(|| format!("read {}", self.path.display()))?;
        let bar = progress::bar(whole.size());
        let digest = Digest::read(whole.reader(), &mut vec![0; CHUNK], ImageError::Io, |piece| {
            bar.inc(piece.len() as u64);
            Ok(())
        });
        bar.finish_and_clear();
        digest.map_err(|error| self.failure(error))
    }

    /// The manifest of an image that has nothing in it that may not be.
    pub(crate) fn manifest(&self, contents: &Contents<'_>, links: &[String]) -> Result<Manifest> {
        let faults = contents.faults(links).map_err(|error| self.failure(error))?;
        name(&faults);
        if !faults.is_empty() {
            return Err(self.bad(&format!(
                "{} things in it may not be in an image; build it anew without them, or try sluice image \
                 import",
                faults.len()
            )));
        }
        self.list(contents)
    }

    /// The manifest of whatever can stand in one.
    pub(crate) fn list(&self, contents: &Contents<'_>) -> Result<Manifest> {
        let bar = progress::bar(contents.size());
        let manifest = contents.manifest(&mut |bytes| bar.inc(bytes));
        bar.finish_and_clear();
        manifest.map_err(|error| self.failure(error))
    }

    pub(crate) fn failure(&self, error: ImageError) -> Failure {
        let exit = match error {
            ImageError::Io(_) | ImageError::Copy(_) => Exit::Environment,
            _ => Exit::NotAsItShould,
        };
        Failure::new(exit, format_args!("{}: {error}", self.path.display()))
    }

    pub(crate) fn bad(&self, why: &str) -> Failure {
        Failure::bad(format_args!("{}: {why}", self.path.display()))
    }
}

/// Names what may not be in an image, the first of them.
pub(crate) fn name(faults: &[Fault]) {
    for fault in faults.iter().take(MAX_NAMED) {
        output::note(fault);
    }
    if faults.len() > MAX_NAMED {
        output::note(format_args!("and {} more", faults.len() - MAX_NAMED));
    }
}
