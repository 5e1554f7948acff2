//! A bundle as people have it: a directory, or an image.

use std::path::{Path, PathBuf};

use sluice_image::Format;
use sluice_policy::digest::Digest;
use sluice_policy::manifest::Manifest;

use crate::exit::{Failure, Result};
use crate::image::opened::Opened;
use crate::tree;

pub(crate) enum Bundle {
    Directory(PathBuf),
    Image(Opened),
}

/// What is in a bundle, and the digest that approves it: of a directory the manifest's, of an image
/// the file's.
pub(crate) struct Frozen {
    pub(crate) manifest: Manifest,
    pub(crate) digest: Digest,
}

impl Bundle {
    pub(crate) fn open(path: &Path) -> Result<Self> {
        if !path.is_file() {
            return Ok(Self::Directory(path.to_owned()));
        }
        match Opened::recognised(path)? {
            Some(image) => Ok(Self::Image(image)),
            None => Err(Failure::bad(format_args!(
                "{} is neither a directory nor an image",
                path.display()
            ))),
        }
    }

    /// `links` are the absolute paths that its links may point to.
    pub(crate) fn freeze(&self, links: &[String]) -> Result<Frozen> {
        match self {
            Self::Directory(dir) => {
                let manifest = tree::freeze(dir, links)?;
                Ok(Frozen { digest: manifest.digest(), manifest })
            }
            Self::Image(image) => {
                if image.format()? == Format::Sif {
                    return Err(image.bad("a SIF is no image; sluice image import makes one of it"));
                }
                let manifest = image.manifest(&image.contents()?, links)?;
                Ok(Frozen { digest: image.digest()?, manifest })
            }
        }
    }
}
