//! Images: file systems in one file, mounted read-only where no path leads.
//!
//! Nobody keeps count of who uses one. The device lets go of the file with its last mount, and the last
//! mount ends with whoever has it: a process that is killed leaves nothing behind. Who mounts an image
//! that is mounted already finds its device, and the kernel gives both the same file system, with one
//! cache.

use std::fs::File;
use std::io;
use std::os::fd::OwnedFd;

use rustix::fs::{FlockOperation, flock, fstat};
use rustix::io::Errno;
use rustix::mount::{
    FsMountFlags, FsOpenFlags, MountAttrFlags, fsconfig_create, fsconfig_set_flag,
    fsconfig_set_string, fsmount, fsopen,
};

use crate::loops::Device;

/// A block device has whole ones, in bytes.
const SECTOR: i64 = 512;

/// Why an image is not mounted.
#[derive(Debug, thiserror::Error)]
pub enum MountError {
    /// There is no loop device for it.
    #[error("there is no free loop device for an image: {0}")]
    NoDevice(io::Error),
    /// The kernel doesn't know its file system.
    #[error("this node's kernel has no {0}")]
    UnknownFilesystem(String),
    /// The kernel says no to what it holds.
    #[error("this node's kernel can't mount the image: {0}")]
    Unmountable(io::Error),
    /// A system call failed that doesn't.
    #[error("the image can't be mounted: {0}")]
    Failed(io::Error),
}

/// By what a file is known again without being read: who changes it changes this.
pub fn identity(file: &File) -> io::Result<String> {
    let stat = fstat(file)?;
    Ok(format!(
        "{}:{} {} {}.{:09} {}.{:09}",
        stat.st_dev,
        stat.st_ino,
        stat.st_size,
        stat.st_mtime,
        stat.st_mtime_nsec,
        stat.st_ctime,
        stat.st_ctime_nsec
    ))
}

/// Mounts the open file, which holds a file system of this name: read-only, without devices and set-id
/// programs, and attached nowhere. The descriptor is that of its root directory.
pub fn mount(image: &File, filesystem: &str) -> Result<OwnedFd, MountError> {
    let failed = |error: Errno| MountError::Failed(error.into());
    if fstat(image).map_err(failed)?.st_size % SECTOR != 0 {
        let cut =
            format!("its length is no multiple of {SECTOR} bytes, and its end would be missing");
        return Err(MountError::Unmountable(io::Error::other(cut)));
    }
    // Jobs that start together share one device: the first makes it, the others find it.
    let _alone = Alone::with(image).map_err(failed)?;
    let device = match Device::of(image).map_err(MountError::NoDevice)? {
        Some(device) => device,
        None => Device::attach(image).map_err(MountError::NoDevice)?,
    };
    let mount = detached(&device, filesystem)?;
    // From here on it can't let go of the file. Before, only root could have made it do so.
    match device.reads(image) && device.holds(&fstat(&mount).map_err(failed)?) {
        true => Ok(mount),
        false => Err(MountError::Failed(io::Error::other("its loop device was taken away"))),
    }
}

fn detached(device: &Device, filesystem: &str) -> Result<OwnedFd, MountError> {
    let context = fsopen(filesystem, FsOpenFlags::FSOPEN_CLOEXEC).map_err(|error| match error {
        Errno::NODEV => MountError::UnknownFilesystem(filesystem.into()),
        error => MountError::Failed(error.into()),
    })?;
    let attributes = MountAttrFlags::MOUNT_ATTR_RDONLY
        | MountAttrFlags::MOUNT_ATTR_NOSUID
        | MountAttrFlags::MOUNT_ATTR_NODEV;
    fsconfig_set_string(&context, "source", device.path())
        .and_then(|()| fsconfig_set_flag(&context, "ro"))
        .and_then(|()| fsconfig_create(&context))
        .and_then(|()| fsmount(&context, FsMountFlags::FSMOUNT_CLOEXEC, attributes))
        .map_err(|error| MountError::Unmountable(error.into()))
}

/// The lock on an image. The device keeps the image's descriptor, so the lock is given back, not closed.
struct Alone<'a>(&'a File);

impl<'a> Alone<'a> {
    fn with(image: &'a File) -> rustix::io::Result<Self> {
        flock(image, FlockOperation::LockExclusive)?;
        Ok(Self(image))
    }
}

impl Drop for Alone<'_> {
    fn drop(&mut self) {
        // Can't fail on a descriptor that was locked.
        let _ = flock(self.0, FlockOperation::Unlock);
    }
}

#[cfg(test)]
mod tests {
    use std::path::{Path, PathBuf};
    use std::time::{Duration, Instant};
    use std::{fs, thread};

    use rustix::fs::{OFlags, StatVfsMountFlags, fstatvfs};
    use sluice_testing::{EROFS, SQUASHFS};

    use super::*;
    use crate::beneath::open_beneath;

    /// A file of a name that no other loop device reads, so that nothing but ours is looked for.
    fn image(dir: &Path, bytes: &[u8]) -> (PathBuf, File) {
        let path = dir.join(format!("image-{}", dir.file_name().unwrap().display()));
        fs::write(&path, bytes).unwrap();
        let file = File::open(&path).unwrap();
        (path, file)
    }

    /// How many devices read a file of this name.
    fn devices(path: &Path) -> usize {
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        let block = fs::read_dir("/sys/block").unwrap();
        block
            .filter_map(|it| fs::read_to_string(it.unwrap().path().join("loop/backing_file")).ok())
            .filter(|said| said.contains(&name))
            .count()
    }

    fn gone(path: &Path) -> bool {
        let end = Instant::now() + Duration::from_secs(10);
        while devices(path) > 0 && Instant::now() < end {
            thread::sleep(Duration::from_millis(5));
        }
        devices(path) == 0
    }

    #[test]
    fn mounts_of_one_image_are_one_and_end_with_the_last() {
        if !sluice_testing::is_root() {
            return;
        }
        for (name, bytes) in [("squashfs", SQUASHFS), ("erofs", EROFS)] {
            let dir = tempfile::tempdir().unwrap();
            let (path, file) = image(dir.path(), bytes);
            let mounts: Vec<OwnedFd> = thread::scope(|scope| {
                let one = || mount(&File::open(&path).unwrap(), name).unwrap();
                let all: Vec<_> = (0..8).map(|_| scope.spawn(one)).collect();
                all.into_iter().map(|it| it.join().unwrap()).collect()
            });
            let device = |mount: &OwnedFd| fstat(mount).unwrap().st_dev;
            assert!(mounts.iter().all(|it| device(it) == device(&mounts[0])), "{name}");
            assert_eq!(devices(&path), 1, "{name}");
            for mount in mounts {
                let flags = fstatvfs(&mount).unwrap().f_flag;
                let wanted = StatVfsMountFlags::RDONLY
                    | StatVfsMountFlags::NOSUID
                    | StatVfsMountFlags::NODEV;
                assert!(flags.contains(wanted), "{flags:?}");
                // The file's name doesn't matter any more.
                let _ = fs::remove_file(&path);
                let tool = open_beneath(&mount, Path::new("scripts/tool.sh"), OFlags::RDONLY);
                assert_eq!(crate::read_limited(tool.unwrap(), 100).unwrap(), b"#!/bin/sh\n");
            }
            assert!(gone(&path), "{name}");
            drop(file);
        }
    }

    #[test]
    fn another_file_of_the_same_name_has_another_device() {
        if !sluice_testing::is_root() {
            return;
        }
        let dir = tempfile::tempdir().unwrap();
        let (path, file) = image(dir.path(), SQUASHFS);
        let first = mount(&file, "squashfs").unwrap();
        fs::remove_file(&path).unwrap();
        let (_, other) = image(dir.path(), SQUASHFS);
        assert_ne!(identity(&file).unwrap(), identity(&other).unwrap());
        let second = mount(&other, "squashfs").unwrap();
        assert_ne!(fstat(&first).unwrap().st_dev, fstat(&second).unwrap().st_dev);
        drop((first, second));
        assert!(gone(&path));
    }

    #[test]
    fn what_the_kernel_does_not_take_is_told_and_leaves_nothing() {
        if !sluice_testing::is_root() {
            return;
        }
        let dir = tempfile::tempdir().unwrap();
        let (path, file) = image(dir.path(), SQUASHFS);
        let unknown = mount(&file, "nothing-like-it").unwrap_err();
        assert!(matches!(unknown, MountError::UnknownFilesystem(_)), "{unknown}");
        let other = mount(&file, "erofs").unwrap_err();
        assert!(matches!(other, MountError::Unmountable(_)), "{other}");
        assert!(gone(&path));
        let (path, cut) = image(dir.path(), &SQUASHFS[..SQUASHFS.len() - 1]);
        let cut = mount(&cut, "squashfs").unwrap_err();
        assert!(cut.to_string().contains("512"), "{cut}");
        assert!(gone(&path));
    }

    #[test]
    fn whoever_changes_a_file_changes_its_identity() {
        let dir = tempfile::tempdir().unwrap();
        let (path, file) = image(dir.path(), SQUASHFS);
        let before = identity(&file).unwrap();
        assert_eq!(identity(&File::open(&path).unwrap()).unwrap(), before);
        // The clock of the file system's times ticks every few milliseconds.
        thread::sleep(Duration::from_millis(20));
        let times = file.metadata().unwrap().modified().unwrap();
        fs::write(&path, vec![0; SQUASHFS.len()]).unwrap();
        let writable = File::options().append(true).open(&path).unwrap();
        writable.set_times(fs::FileTimes::new().set_modified(times)).unwrap();
        assert_eq!(file.metadata().unwrap().modified().unwrap(), times);
        assert_ne!(identity(&file).unwrap(), before);
    }
}
