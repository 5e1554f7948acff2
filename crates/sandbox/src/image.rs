//! Mounting the image that a verdict names.

use std::{fs::File, io, os::fd::OwnedFd, path::Path};

use rustix::fs::{Mode, OFlags, open};
use sluice_protocol::{Code, Image};
use sluice_sys::images;

use crate::error::{Doing, SandboxError};

/// The root directory of what the file at `path` holds, attached nowhere yet. What is mounted is the
/// file that is checked, whatever becomes of the path.
pub(crate) fn mount(path: &Path, image: &Image) -> Result<OwnedFd, SandboxError> {
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let file = File::from(open(path, flags, Mode::empty()).doing(path.display())?);
    if images::identity(&file).doing(path.display())? != image.identity {
        let altered = io::Error::other("altered since it was verified");
        return Err(SandboxError::new(Code::StoreChanged, path.display(), altered));
    }
    images::mount(&file, image.filesystem.name()).map_err(|error| {
        SandboxError::new(Code::from(&error), path.display(), io::Error::other(error))
    })
}

#[cfg(test)]
mod tests {
    use std::fs;

    use sluice_protocol::Filesystem;
    use sluice_testing::{EROFS, SQUASHFS};

    use super::*;

    #[test]
    fn only_the_file_that_was_verified_is_mounted() {
        if !sluice_testing::is_root() {
            return;
        }
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("copy");
        fs::write(&path, SQUASHFS).unwrap();
        let identity = images::identity(&File::open(&path).unwrap()).unwrap();
        let image = Image { filesystem: Filesystem::Squashfs, identity };
        mount(&path, &image).unwrap();

        let other = dir.path().join("other");
        fs::write(&other, EROFS).unwrap();
        std::os::unix::fs::symlink(&path, dir.path().join("link")).unwrap();
        for (place, code) in [
            ("other", Code::StoreChanged),
            ("link", Code::SandboxUnavailable),
            ("gone", Code::SandboxUnavailable),
        ] {
            let error = mount(&dir.path().join(place), &image).unwrap_err();
            assert_eq!(error.code, code, "{place}: {error}");
        }
        fs::rename(&other, &path).unwrap();
        assert_eq!(mount(&path, &image).unwrap_err().code, Code::StoreChanged);
    }
}
