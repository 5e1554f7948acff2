//! `sluice image build`.

use std::io::Write;
use std::os::fd::{AsFd, OwnedFd};

use sluice_image::Tar;
use sluice_policy::digest::Digest;
use sluice_policy::manifest::{Item, Manifest};
use sluice_site::bundle::{self, BundleError, Found, What};

use super::mksquashfs::{Beside, Mksquashfs};
use crate::args::image::Build;
use crate::exit::{Exit, Result};
use crate::{freeze, progress, tree};

/// Bytes read at once.
const CHUNK: usize = 128 << 10;

pub(crate) fn run(args: &Build) -> Result<Exit> {
    let mksquashfs = Mksquashfs::needed()?;
    freeze::outside(&args.output, &args.dir)?;
    let (root, mut found) = tree::survey(&args.dir, &args.link)?;
    found.sort_unstable_by(|a, b| a.path.as_bytes().cmp(b.path.as_bytes()));
    let image = Beside::new(&args.output)?;
    let bar = progress::bar(tree::bytes(&found));
    let manifest = mksquashfs.write(image.path(), |archive| {
        let mut source = Source { root: &root, advance: &|bytes| bar.inc(bytes) };
        source.archive(&found, archive).map_err(|error| tree::failure(&args.dir, error))
    });
    bar.finish_and_clear();
    let manifest = manifest?;
    let digest = image.check(&manifest, &args.link)?.digest()?;
    image.keep(&args.output)?;
    super::say(digest, &manifest, mksquashfs.tool, args.json)
}

struct Source<'a> {
    root: &'a OwnedFd,
    advance: &'a dyn Fn(u64),
}

impl Source<'_> {
    /// Puts what was found into an archive, and returns the manifest of that.
    fn archive(
        &mut self,
        found: &[Found],
        out: &mut impl Write,
    ) -> std::result::Result<Manifest, BundleError> {
        let mut tar = Tar::new(out);
        let mut buffer = vec![0; CHUNK];
        let mut items = Vec::with_capacity(found.len());
        for Found { path, what } in found {
            let failed = |source| BundleError::Io { path: path.clone(), source };
            items.push(match what {
                What::Directory => {
                    tar.directory(path).map_err(failed)?;
                    Item::directory(path)
                }
                What::Link(target) => {
                    tar.link(path, target).map_err(failed)?;
                    Item::link(path, target)
                }
                What::File(stamp) => {
                    let file = bundle::open_file(self.root.as_fd(), path, stamp)?;
                    tar.file(path, stamp.is_executable(), stamp.size).map_err(failed)?;
                    let mut left = stamp.size;
                    let digest = Digest::read(&file, &mut buffer, failed, |piece| {
                        let length = piece.len() as u64;
                        left = left
                            .checked_sub(length)
                            .ok_or_else(|| BundleError::Changed(path.clone()))?;
                        (self.advance)(length);
                        tar.content(piece).map_err(failed)
                    })?;
                    bundle::check_unchanged(&file, path, stamp)?;
                    if left > 0 {
                        return Err(BundleError::Changed(path.clone()));
                    }
                    tar.end_of_file().map_err(failed)?;
                    Item::file(path, stamp.is_executable(), stamp.size, digest)
                }
            });
        }
        tar.finish().map_err(|source| BundleError::Io { path: ".".into(), source })?;
        Ok(Manifest::from_items(items)?)
    }
}
