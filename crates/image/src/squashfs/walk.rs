//! The whole tree.

use std::collections::HashMap;
use std::collections::hash_map::Entry as Slot;

use sluice_policy::manifest::{MAX_BYTES, MAX_ENTRIES};

use super::inode::{Body, Directory, Inode};
use super::metadata::Cursor;
use super::{Squashfs, directory, malformed};
use crate::ImageError;

/// Content that any image may have, in bytes.
const ALWAYS: u64 = 64 << 20;
/// How many times an image's own size its content may have. What zeros fold to is sparse and counts, too.
const MOST_FOLDED: u64 = 1000;

/// An inode at its path.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    /// Below the root, names joined by `/`; what isn't UTF-8 is replaced.
    pub(crate) path: String,
    /// Whether the path is exactly that.
    pub(crate) named: bool,
    pub(crate) inode: Inode,
}

struct Walk<'a> {
    image: &'a Squashfs<'a>,
    nodes: Vec<Node>,
    /// Where the inode with a number stands. The kernel keeps inodes by their numbers: two with the same
    /// one would be whichever it saw first.
    places: HashMap<u32, u64>,
    path_bytes: usize,
    content: u64,
}

impl Squashfs<'_> {
    /// The root's inode, and whatever is below, directories before what they hold.
    pub(crate) fn walk(&self) -> Result<(Inode, Vec<Node>), ImageError> {
        let reference = self.superblock.root;
        let (root, _) = self.inode(reference)?;
        let Body::Directory(directory) = &root.body else {
            return Err(malformed("its root is no directory"));
        };
        let places = HashMap::from([(root.number, reference)]);
        let mut walk = Walk { image: self, nodes: Vec::new(), places, path_bytes: 0, content: 0 };
        let mut pending = vec![(String::new(), directory.clone())];
        while let Some((path, directory)) = pending.pop() {
            pending.extend(walk.directory(&path, &directory)?.into_iter().rev());
        }
        Ok((root, walk.nodes))
    }

    fn inode(&self, reference: u64) -> Result<(Inode, u16), ImageError> {
        let at = Cursor::of(self.superblock.inode_table, reference)?;
        Inode::read(&self.metadata, at)
    }
}

impl Walk<'_> {
    /// Takes in what a directory holds and returns its directories.
    fn directory(
        &mut self,
        above: &str,
        directory: &Directory,
    ) -> Result<Vec<(String, Directory)>, ImageError> {
        let mut below = Vec::new();
        let (table, left) = (self.image.superblock.directory_table, MAX_ENTRIES - self.nodes.len());
        for entry in directory::entries(&self.image.metadata, table, directory, left)? {
            let (inode, kind) = self.image.inode(entry.inode)?;
            if (entry.number, entry.kind) != (inode.number, kind) {
                return Err(malformed(
                    "a directory says something else of an inode than that itself",
                ));
            }
            let first = match self.places.entry(inode.number) {
                Slot::Vacant(slot) => {
                    slot.insert(entry.inode);
                    true
                }
                Slot::Occupied(slot) if *slot.get() == entry.inode => false,
                Slot::Occupied(_) => return Err(malformed("two inodes have the same number")),
            };
            let named = component(&entry.name);
            let name = String::from_utf8_lossy(&entry.name);
            let path = if above.is_empty() { name.into_owned() } else { format!("{above}/{name}") };
            self.path_bytes += path.len();
            if self.path_bytes > MAX_BYTES {
                return Err(ImageError::TooLarge);
            }
            match &inode.body {
                Body::Directory(_) if !first => {
                    return Err(malformed("a directory is in two places"));
                }
                // Nothing is said of what lies below a name that is refused.
                Body::Directory(directory) if named => {
                    below.push((path.clone(), directory.clone()))
                }
                // Read once for each name that a hard-linked file has.
                Body::File(file) => self.content = self.content.saturating_add(file.size),
                Body::Link(target) => self.path_bytes += target.len(),
                _ => {}
            }
            if self.content > self.image.superblock.used.saturating_mul(MOST_FOLDED).max(ALWAYS) {
                return Err(ImageError::TooLarge);
            }
            self.nodes.push(Node { path, named, inode });
        }
        Ok(below)
    }
}

/// Whether these bytes are one component of a path.
fn component(name: &[u8]) -> bool {
    std::str::from_utf8(name)
        .is_ok_and(|name| !matches!(name, "." | "..") && !name.contains(['/', '\0']))
}
