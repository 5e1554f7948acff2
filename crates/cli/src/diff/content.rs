//! The content of one side of a comparison: only ever the very bytes that its manifest names.

use std::io::Read;
use std::os::fd::OwnedFd;
use std::path::Path;

use rustix::fs::OFlags;
use sluice_image::Contents;
use sluice_policy::digest::Digest;
use sluice_policy::manifest::{Kind, Manifest};
use sluice_sys::beneath;

use crate::frozen::Bundle;
use crate::tree;

/// Longest text that is shown, in bytes.
const MAX_TEXT: u64 = 1 << 20;

pub(super) struct Content<'a> {
    source: Option<Source<'a>>,
    manifest: &'a Manifest,
}

enum Source<'a> {
    Tree(OwnedFd),
    Image(Box<Contents<'a>>),
}

/// Why there is no text to show.
pub(super) type NoText = &'static str;

impl<'a> Content<'a> {
    pub(super) fn of(bundle: Option<&'a Bundle>, manifest: &'a Manifest) -> Self {
        let source = bundle.and_then(|bundle| match bundle {
            Bundle::Directory(dir) => tree::open_root(dir).ok().map(Source::Tree),
            Bundle::Image(image) => image.contents().ok().map(Box::new).map(Source::Image),
        });
        Self { source, manifest }
    }

    fn kind(&self, path: &str) -> Option<Kind> {
        self.manifest.get(path).map(|item| item.kind)
    }

    /// Length of the file there, if one is.
    pub(super) fn size(&self, path: &str) -> Option<u64> {
        match self.kind(path) {
            Some(Kind::File { size, .. }) => Some(size),
            _ => None,
        }
    }

    pub(super) fn is_executable(&self, path: &str) -> bool {
        matches!(self.kind(path), Some(Kind::File { executable: true, .. }))
    }

    /// What stands there, in a word; empty if nothing does.
    pub(super) fn noun(&self, path: &str) -> &'static str {
        match self.kind(path) {
            Some(Kind::Directory) => "a directory",
            Some(Kind::File { .. }) => "a file",
            Some(Kind::Link { .. }) => "a link",
            None => "",
        }
    }

    /// The text of the file there; empty if there is no file.
    pub(super) fn text(&self, path: &str) -> Result<String, NoText> {
        let Some(Kind::File { size, digest, .. }) = self.kind(path) else {
            return Ok(String::new());
        };
        if size > MAX_TEXT {
            return Err("too long to be shown");
        }
        let Some(bytes) = self.read(path, size) else {
            return Err("the approved content is not at hand; name its directory with --old");
        };
        if Digest::of(&bytes) != digest {
            return Err("what lies there is not the approved content");
        }
        String::from_utf8(bytes).ok().filter(|text| !text.contains('\0')).ok_or("not text")
    }

    /// A link's target, as far as it can be told.
    pub(super) fn target(&self, path: &str) -> String {
        let read = || match self.source.as_ref()? {
            Source::Tree(root) => tree::read_link(root, path).ok(),
            Source::Image(contents) => contents.target(path).map(str::to_owned),
        };
        let known = match self.kind(path) {
            Some(Kind::Link { digest, .. }) => {
                read().filter(|target| Digest::of(target.as_bytes()) == digest)
            }
            _ => None,
        };
        known.unwrap_or_else(|| "(unknown)".into())
    }

    fn read(&self, path: &str, size: u64) -> Option<Vec<u8>> {
        let root = match self.source.as_ref()? {
            Source::Tree(root) => root,
            Source::Image(contents) => return contents.read(path, size).ok()?,
        };
        let file = beneath::open_beneath(root, Path::new(path), OFlags::RDONLY).ok()?;
        let mut bytes = Vec::new();
        std::fs::File::from(file).take(size + 1).read_to_end(&mut bytes).ok()?;
        Some(bytes)
    }
}
