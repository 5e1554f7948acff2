//! The manifest: canonical bytes that name every entry of a bundle, and the bundle's digest.
//!
//! ```text
//! sluice-manifest 1
//! d - - workflow
//! f 12 6f59… workflow/Snakefile
//! ```
//! One line an entry, sorted by the bytes of the path. Names, lengths, types, the executable bit
//! and link targets are all inside, so no two different bundles share a digest.

mod compare;
mod names;

pub use compare::{Change, Difference};
pub use names::{LinkError, NameError, check_link, check_name};

use std::fmt::Write;

use crate::digest::Digest;

const HEADER: &str = "sluice-manifest 1";

/// Largest manifest, in bytes.
pub const MAX_BYTES: usize = 256 << 20;
/// Most entries of a bundle.
pub const MAX_ENTRIES: usize = 1_000_000;

/// A bundle's entries in canonical order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Manifest {
    items: Vec<Item>,
}

/// One entry of a bundle.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// Relative path, without `./`.
    pub path: String,
    /// What stands there.
    pub kind: Kind,
}

/// What stands at a path, with all that is digested of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A directory.
    Directory,
    /// A regular file.
    File {
        /// Whether its owner may execute it.
        executable: bool,
        /// Length in bytes.
        size: u64,
        /// Digest of its content.
        digest: Digest,
    },
    /// A symbolic link.
    Link {
        /// Length of its target in bytes.
        size: u64,
        /// Digest of its target.
        digest: Digest,
    },
}

/// Why something is not a manifest.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ManifestError {
    /// More entries than [`MAX_ENTRIES`] or bytes than [`MAX_BYTES`].
    #[error("the bundle is too large: at most 1,000,000 entries and 256 MiB of manifest")]
    TooLarge,
    /// A path that may not be in a bundle.
    #[error(transparent)]
    Name(#[from] NameError),
    /// The same path twice.
    #[error("{0:?} is listed twice")]
    Duplicate(String),
    /// An entry below something that is not a listed directory.
    #[error("{0:?} stands in no listed directory")]
    Orphan(String),
    /// The bytes are not those that [`Manifest::to_bytes`] writes.
    #[error("line {0} of the manifest is not in canonical form; freeze the bundle again")]
    NotCanonical(usize),
}

impl Item {
    /// A directory.
    pub fn directory(path: impl Into<String>) -> Self {
        Self { path: path.into(), kind: Kind::Directory }
    }

    /// A regular file of `size` bytes.
    pub fn file(path: impl Into<String>, executable: bool, size: u64, digest: Digest) -> Self {
        Self { path: path.into(), kind: Kind::File { executable, size, digest } }
    }

    /// A symbolic link to `target`; [`check_link`] judges the target.
    pub fn link(path: impl Into<String>, target: &str) -> Self {
        let kind = Kind::Link { size: target.len() as u64, digest: Digest::of(target.as_bytes()) };
        Self { path: path.into(), kind }
    }

    fn write_line(&self, text: &mut String) {
        let (letter, size, digest) = match self.kind {
            Kind::Directory => ('d', None, None),
            Kind::File { executable: false, size, digest } => ('f', Some(size), Some(digest)),
            Kind::File { executable: true, size, digest } => ('x', Some(size), Some(digest)),
            Kind::Link { size, digest } => ('l', Some(size), Some(digest)),
        };
        let size = size.map_or("-".into(), |size| size.to_string());
        let digest = digest.map_or("-".into(), |digest| digest.hex());
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{letter} {size} {digest} {}", self.path);
    }

    fn parse_line(line: &str) -> Option<Self> {
        let mut fields = line.splitn(4, ' ');
        let [letter, size, digest, path] = std::array::from_fn(|_| fields.next());
        let (letter, size, digest, path) = (letter?, size?, digest?, path?);
        let kind = match letter {
            "d" => (size == "-" && digest == "-").then_some(Kind::Directory)?,
            _ => {
                let (size, digest) = (size.parse().ok()?, Digest::from_hex(digest).ok()?);
                match letter {
                    "f" => Kind::File { executable: false, size, digest },
                    "x" => Kind::File { executable: true, size, digest },
                    "l" => Kind::Link { size, digest },
                    _ => return None,
                }
            }
        };
        Some(Self { path: path.into(), kind })
    }
}

impl Manifest {
    /// Sorts `items` and checks that together they are a tree of well-named entries.
    pub fn from_items(mut items: Vec<Item>) -> Result<Self, ManifestError> {
        if items.len() > MAX_ENTRIES {
            return Err(ManifestError::TooLarge);
        }
        items.sort_unstable_by(|a, b| a.path.as_bytes().cmp(b.path.as_bytes()));
        if let Some(pair) = items.windows(2).find(|pair| pair[0].path == pair[1].path) {
            return Err(ManifestError::Duplicate(pair[0].path.clone()));
        }
        let manifest = Self { items };
        for item in &manifest.items {
            check_name(&item.path)?;
            if let Some((parent, _)) = item.path.rsplit_once('/')
                && !manifest.get(parent).is_some_and(|parent| parent.kind == Kind::Directory)
            {
                return Err(ManifestError::Orphan(item.path.clone()));
            }
        }
        Ok(manifest)
    }

    /// The canonical bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut text = String::with_capacity(HEADER.len() + 1 + self.items.len() * 120);
        text.push_str(HEADER);
        text.push('\n');
        for item in &self.items {
            item.write_line(&mut text);
        }
        text.into_bytes()
    }

    /// Reads canonical bytes; any other spelling of the same manifest is an error.
    pub fn parse(bytes: &[u8]) -> Result<Self, ManifestError> {
        if bytes.len() > MAX_BYTES {
            return Err(ManifestError::TooLarge);
        }
        let text = std::str::from_utf8(bytes).map_err(|error| {
            let before = &bytes[..error.valid_up_to()];
            ManifestError::NotCanonical(1 + before.iter().filter(|&&byte| byte == b'\n').count())
        })?;
        let mut items = Vec::new();
        for (number, line) in text.split_terminator('\n').enumerate() {
            match (number, Item::parse_line(line)) {
                (0, _) if line == HEADER => {}
                (1.., Some(item)) if items.len() < MAX_ENTRIES => items.push(item),
                (1.., Some(_)) => return Err(ManifestError::TooLarge),
                _ => return Err(ManifestError::NotCanonical(number + 1)),
            }
        }
        let manifest = Self::from_items(items)?;
        let canonical = manifest.to_bytes();
        if canonical != bytes {
            let same = canonical.iter().zip(bytes).take_while(|(a, b)| a == b).count();
            let line = 1 + bytes[..same].iter().filter(|&&byte| byte == b'\n').count();
            return Err(ManifestError::NotCanonical(line));
        }
        Ok(manifest)
    }

    /// The bundle's digest: that of the canonical bytes.
    pub fn digest(&self) -> Digest {
        Digest::of(&self.to_bytes())
    }

    /// The entries, sorted by the bytes of their paths.
    pub fn items(&self) -> &[Item] {
        &self.items
    }

    /// The entry at `path`.
    pub fn get(&self, path: &str) -> Option<&Item> {
        let found =
            self.items.binary_search_by(|item| item.path.as_bytes().cmp(path.as_bytes())).ok()?;
        self.items.get(found)
    }
}

#[cfg(test)]
mod tests;
