//! Whole trees.

use std::io;
use std::os::fd::AsFd;
use std::path::Path;

use rustix::fs::{AtFlags, Dir, OFlags, unlinkat};
use rustix::io::Errno;

use crate::beneath::open_beneath;

/// Removes `name` in `dir` with everything below it, following no link; it may be missing.
pub fn remove(dir: impl AsFd, name: &str) -> io::Result<()> {
    match unlinkat(&dir, name, AtFlags::empty()) {
        Ok(()) | Err(Errno::NOENT) => return Ok(()),
        Err(Errno::ISDIR) => {}
        Err(error) => return Err(error.into()),
    }
    let tree = open_beneath(&dir, Path::new(name), OFlags::DIRECTORY)?;
    for item in Dir::read_from(&tree)? {
        let item = item?;
        match item.file_name().to_str() {
            Ok("." | "..") => {}
            Ok(name) => remove(&tree, name)?,
            Err(_) => unlinkat(&tree, item.file_name(), AtFlags::empty())?,
        }
    }
    Ok(unlinkat(dir, name, AtFlags::REMOVEDIR)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::beneath::open_dir;
    use std::fs;
    use std::os::unix::fs::symlink;

    #[test]
    fn removes_the_tree_and_nothing_that_links_lead_to() {
        let dir = tempfile::tempdir().unwrap();
        let at = |name: &str| dir.path().join(name);
        fs::create_dir_all(at("tree/a/b")).unwrap();
        fs::write(at("tree/a/f"), "x").unwrap();
        fs::create_dir(at("other")).unwrap();
        fs::write(at("other/f"), "x").unwrap();
        symlink(at("other"), at("tree/a/link")).unwrap();
        let fd = open_dir(dir.path()).unwrap();
        remove(&fd, "tree").unwrap();
        remove(&fd, "missing").unwrap();
        assert!(!at("tree").exists());
        assert!(at("other/f").exists());
    }
}
