//! mksquashfs, which gets an archive and writes an image of it.

use std::fs::File;
use std::io::{self, BufWriter, Read, Seek, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};

use sluice_image::MKSQUASHFS;
use sluice_policy::manifest::Manifest;
use tempfile::NamedTempFile;

use super::opened::Opened;
use crate::exit::{Doing, Failure, Result};

/// The first version that reads archives.
const OLDEST: (u32, u32) = (4, 5);
/// Bytes of what it says that are passed on.
const MAX_SAID: u64 = 2000;

/// A mksquashfs that is there and new enough.
pub(super) struct Mksquashfs {
    /// Its name and version.
    pub(super) tool: String,
}

/// Standard input of mksquashfs, which may have ended.
pub(super) struct Archive {
    pipe: BufWriter<ChildStdin>,
    ended: bool,
}

impl Write for Archive {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.pipe.write(bytes).inspect_err(|_| self.ended = true)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.pipe.flush().inspect_err(|_| self.ended = true)
    }
}

impl Mksquashfs {
    /// The one in PATH; none if there is none.
    pub(super) fn find() -> Result<Option<Self>> {
        let said = match Command::new("mksquashfs").arg("-version").output() {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            said => said.doing(|| "run mksquashfs")?,
        };
        let said = String::from_utf8_lossy(&said.stdout).into_owned();
        let version =
            said.strip_prefix("mksquashfs version ").and_then(|rest| rest.split(' ').next());
        let version = version.unwrap_or_default().trim();
        let mut numbers = version.split(['.', '-']).map(|part| part.parse().unwrap_or(0));
        if (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0)) < OLDEST {
            return Err(Failure::environment(format_args!(
                "mksquashfs is {}, and reads no archives; install squashfs-tools 4.5 or later",
                if version.is_empty() { "of an unknown version" } else { version }
            )));
        }
        Ok(Some(Self { tool: format!("mksquashfs {version}") }))
    }

    pub(super) fn needed() -> Result<Self> {
        Self::find()?.ok_or_else(|| {
            Failure::environment("mksquashfs isn't installed; install squashfs-tools 4.5 or later")
        })
    }

    /// Writes what `feed` puts into an archive to the file `out`, and returns what `feed` does.
    pub(super) fn write<T>(
        &self,
        out: &Path,
        feed: impl FnOnce(&mut Archive) -> Result<T>,
    ) -> Result<T> {
        let mut said = tempfile::tempfile().doing(|| "make a temporary file")?;
        let mut child = start(out, &said)?;
        let pipe =
            child.stdin.take().ok_or_else(|| Failure::environment("mksquashfs has no input"))?;
        let mut archive = Archive { pipe: BufWriter::new(pipe), ended: false };
        let fed = feed(&mut archive);
        let ended = archive.ended;
        if fed.is_err() && !ended {
            // It must not take what there is for the whole.
            let _ = child.kill();
        }
        drop(archive);
        let status = child.wait().doing(|| "wait for mksquashfs")?;
        match fed {
            Err(error) if !ended => Err(error),
            fed if status.success() => fed,
            _ => Err(Failure::environment(format_args!("mksquashfs failed: {}", tail(&mut said)))),
        }
    }
}

fn start(out: &Path, said: &File) -> Result<Child> {
    let said = said.try_clone().doing(|| "make a temporary file")?;
    let mut command = Command::new("mksquashfs");
    command.arg("-").arg(out).args(MKSQUASHFS).env_remove("SOURCE_DATE_EPOCH");
    command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(said);
    command.spawn().doing(|| "run mksquashfs")
}

/// What it said, on one line.
fn tail(said: &mut File) -> String {
    let mut text = Vec::new();
    let _ = said.rewind().and_then(|()| said.take(MAX_SAID).read_to_end(&mut text));
    String::from_utf8_lossy(&text).split_whitespace().collect::<Vec<_>>().join(" ")
}

/// An image beside where it is to be, which goes there when it is whole.
pub(super) struct Beside(NamedTempFile);

impl Beside {
    pub(super) fn new(target: &Path) -> Result<Self> {
        let parent = target.parent().filter(|parent| *parent != Path::new(""));
        let parent = parent.unwrap_or(Path::new("."));
        let mut builder = tempfile::Builder::new();
        let file = builder.prefix(".sluice-image-").tempfile_in(parent);
        file.map(Self).doing(|| format!("write to {}", parent.display()))
    }

    pub(super) fn path(&self) -> &Path {
        self.0.path()
    }

    /// Reads back what was written: it has to be what was put into it, in canonical form.
    pub(super) fn check(&self, expected: &Manifest, links: &[String]) -> Result<Opened> {
        let written = Opened::open(self.path())?;
        {
            let contents = written.contents()?;
            let departures = contents.departures().map_err(|error| written.failure(error))?;
            if let Some(departure) = departures.first() {
                return Err(Failure::environment(format_args!(
                    "mksquashfs wrote another form: {departure}"
                )));
            }
            if written.manifest(&contents, links)? != *expected {
                return Err(Failure::environment(
                    "mksquashfs wrote something else than it was given",
                ));
            }
        }
        Ok(written)
    }

    /// Puts the image in its place.
    pub(super) fn keep(self, target: &Path) -> Result<()> {
        let doing = || format!("write {}", target.display());
        use std::os::unix::fs::PermissionsExt;
        let file = self.0.as_file();
        file.set_permissions(std::fs::Permissions::from_mode(0o644)).doing(doing)?;
        file.sync_all().doing(doing)?;
        self.0.persist(target).map(drop).map_err(|error| error.error).doing(doing)
    }
}
