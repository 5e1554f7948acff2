//! What is in an image, and what of that may not be.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::io::{self, Write};

use sluice_policy::digest::Hasher;
use sluice_policy::manifest::{Item, Manifest, check_link, check_name};

use crate::fault::{self, Fault};
use crate::squashfs::{Body, File, Inode, Node, Squashfs};
use crate::tar::Tar;
use crate::{ImageError, Part, canonical};

/// A squashfs whose whole tree has been read, without the content of its files.
pub struct Contents<'a> {
    pub(crate) squashfs: Squashfs<'a>,
    pub(crate) root: Inode,
    /// Sorted by their paths.
    pub(crate) nodes: Vec<Node>,
}

/// What is done with links whose target is an absolute path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Absolute {
    /// They stay.
    Kept,
    /// They lead to the same place below the image's root, wherever that is mounted.
    MadeRelative,
}

impl<'a> Contents<'a> {
    /// Reads the tree of the squashfs that fills `part`.
    pub fn of(part: Part<'a>) -> Result<Self, ImageError> {
        let squashfs = Squashfs::open(part)?;
        let (root, mut nodes) = squashfs.walk()?;
        nodes.sort_unstable_by(|a, b| a.path.as_bytes().cmp(b.path.as_bytes()));
        Ok(Self { squashfs, root, nodes })
    }

    /// Bytes of all files together.
    pub fn size(&self) -> u64 {
        self.nodes.iter().filter_map(Node::file).map(|file| file.size).sum()
    }

    /// What may not be in an image; `links` are the absolute paths that its links may point to.
    pub fn faults(&self, links: &[String]) -> Result<Vec<Fault>, ImageError> {
        let mut faults = Vec::new();
        // Many inodes may share their attributes.
        let mut attributes: HashMap<u32, Option<String>> = HashMap::new();
        let root = Node { path: ".".into(), named: true, inode: self.root.clone() };
        for (node, is_root) in self.nodes.iter().map(|node| (node, false)).chain([(&root, true)]) {
            let path = || node.path.clone();
            if !node.named {
                faults.push(Fault::NoName(path()));
            } else if !is_root && let Err(error) = check_name(&node.path) {
                faults.push(Fault::Name(error));
            }
            match &node.inode.body {
                Body::Directory(_) => {}
                Body::File(_) if node.inode.mode & 0o6000 != 0 => faults.push(Fault::SetId(path())),
                Body::File(_) => {}
                Body::Link(target) => {
                    match std::str::from_utf8(target) {
                        Ok(target) => faults.extend(
                            check_link(&node.path, target, links).err().map(|error| Fault::Link {
                                mended: check_link(&node.path, &relative(&node.path, target), &[])
                                    .is_ok(),
                                error,
                            }),
                        ),
                        Err(_) => faults.push(Fault::NoTarget(path())),
                    }
                }
                Body::Device => faults.push(Fault::Special(path(), "a device or a whiteout")),
                Body::Fifo => faults.push(Fault::Special(path(), "a FIFO")),
                Body::Socket => faults.push(Fault::Special(path(), "a socket")),
            }
            let Some(number) = node.inode.attributes else { continue };
            let name = match attributes.entry(number) {
                Entry::Occupied(known) => known.into_mut(),
                Entry::Vacant(unknown) => unknown.insert(self.worst_attribute(number)?),
            };
            faults.extend(name.clone().map(|name| Fault::Attribute(path(), name)));
        }
        Ok(faults)
    }

    /// Of an inode's attributes one that an import can't leave out, else the first.
    fn worst_attribute(&self, number: u32) -> Result<Option<String>, ImageError> {
        let mut names = self.squashfs.attributes(number)?;
        let worst = names.iter().position(|name| fault::is_of_overlay(name)).unwrap_or(0);
        Ok((worst < names.len()).then(|| names.swap_remove(worst)))
    }

    /// How the image isn't as `sluice image build` writes it.
    pub fn departures(&self) -> Result<Vec<String>, ImageError> {
        canonical::departures(self)
    }

    /// The manifest, the same as that of a directory with these files. `advance` hears of the bytes as they
    /// are read.
    pub fn manifest(&self, advance: &mut dyn FnMut(u64)) -> Result<Manifest, ImageError> {
        self.copy(io::sink(), Absolute::Kept, advance)
    }

    /// Writes everything as a tar archive, with root for owner, and returns the manifest of that. Only for
    /// what has no [`Fault`] but those that an import mends.
    pub fn copy(
        &self,
        out: impl Write,
        links: Absolute,
        advance: &mut dyn FnMut(u64),
    ) -> Result<Manifest, ImageError> {
        let mut tar = Tar::new(out);
        let mut items = Vec::with_capacity(self.nodes.len());
        for Node { path, inode, .. } in &self.nodes {
            items.push(match &inode.body {
                Body::Directory(_) => {
                    tar.directory(path).map_err(ImageError::Copy)?;
                    Item::directory(path)
                }
                Body::File(file) => {
                    let executable = inode.mode & 0o100 != 0;
                    tar.file(path, executable, file.size).map_err(ImageError::Copy)?;
                    let mut hasher = Hasher::new();
                    self.squashfs.read(file, &mut |piece| {
                        hasher.update(piece);
                        advance(piece.len() as u64);
                        tar.content(piece).map_err(ImageError::Copy)
                    })?;
                    tar.end_of_file().map_err(ImageError::Copy)?;
                    Item::file(path, executable, file.size, hasher.finish())
                }
                Body::Link(target) => {
                    let target = str::from_utf8(target).map_err(|_| unlisted(path))?;
                    let target = match links {
                        Absolute::Kept => target.to_owned(),
                        Absolute::MadeRelative => relative(path, target),
                    };
                    tar.link(path, &target).map_err(ImageError::Copy)?;
                    Item::link(path, &target)
                }
                Body::Device | Body::Fifo | Body::Socket => return Err(unlisted(path)),
            });
        }
        tar.finish().map_err(ImageError::Copy)?;
        Manifest::from_items(items).map_err(|error| ImageError::malformed(error.to_string()))
    }

    /// The content of the file at `path`, if there is one of `most` bytes or fewer.
    pub fn read(&self, path: &str, most: u64) -> Result<Option<Vec<u8>>, ImageError> {
        let Some(file) = self.node(path).and_then(Node::file).filter(|file| file.size <= most)
        else {
            return Ok(None);
        };
        let mut content = Vec::new();
        self.squashfs.read(file, &mut |piece| {
            content.extend_from_slice(piece);
            Ok::<_, ImageError>(())
        })?;
        Ok(Some(content))
    }

    /// The target of the link at `path`.
    pub fn target(&self, path: &str) -> Option<&str> {
        match &self.node(path)?.inode.body {
            Body::Link(target) => str::from_utf8(target).ok(),
            _ => None,
        }
    }

    fn node(&self, path: &str) -> Option<&Node> {
        let found = self.nodes.binary_search_by(|node| node.path.as_bytes().cmp(path.as_bytes()));
        self.nodes.get(found.ok()?)
    }
}

impl Node {
    fn file(&self) -> Option<&File> {
        match &self.inode.body {
            Body::File(file) => Some(file),
            _ => None,
        }
    }
}

/// Where a link at `path` has to point to so that it leads from the image's root to `target`.
fn relative(path: &str, target: &str) -> String {
    let Some(below) = target.strip_prefix('/') else { return target.to_owned() };
    let up = path.split('/').skip(1).map(|_| "..");
    let down = below.split('/').filter(|name| !matches!(*name, "" | "."));
    let parts: Vec<&str> = up.chain(down).collect();
    if parts.is_empty() { ".".into() } else { parts.join("/") }
}

fn unlisted(path: &str) -> ImageError {
    ImageError::malformed(format!("{path} can't be listed"))
}

#[cfg(test)]
mod tests {
    use super::relative;

    #[test]
    fn absolute_links_lead_below_the_root() {
        for (path, target, expected) in [
            ("awk", "/usr/bin/mawk", "usr/bin/mawk"),
            ("etc/alternatives/awk", "/usr/bin/mawk", "../../usr/bin/mawk"),
            ("etc/mtab", "/proc//./mounts/", "../proc/mounts"),
            ("root", "/", "."),
            ("a/root", "/", ".."),
            ("a/b", "c", "c"),
            ("a/b", "/c/../d", "../c/../d"),
        ] {
            assert_eq!(relative(path, target), expected, "{path} -> {target}");
        }
    }
}
