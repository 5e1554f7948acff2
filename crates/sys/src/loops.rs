//! Loop devices: block devices that read a file, loop(4).
#![allow(unsafe_code)] // Their controls have no safe binding.

use std::ffi::{OsStr, c_void};
use std::fs;
use std::io;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use linux_raw_sys::loop_device::{
    LO_FLAGS_AUTOCLEAR, LO_FLAGS_READ_ONLY, LOOP_CONFIGURE, LOOP_CTL_GET_FREE, LOOP_GET_STATUS64,
    loop_config, loop_info64,
};
use rustix::fs::{Mode, OFlags, Stat, fstat, open};
use rustix::io::Errno;
use rustix::ioctl::{Getter, Ioctl, IoctlOutput, Opcode, Setter, ioctl};

/// Gives out the numbers of free devices.
const CONTROL: &str = "/dev/loop-control";
/// Has a directory for each block device; of a loop device that reads a file it says which.
const BLOCK: &str = "/sys/block";
/// So often may others be faster in taking a free device.
const TRIES: usize = 64;
/// What a device of ours is: it only reads, and lets go of its file when nobody has it open or mounted.
const OURS: u32 = LO_FLAGS_READ_ONLY as u32 | LO_FLAGS_AUTOCLEAR as u32;

/// An open device; it reads the same file as long as this or a mount of it is there.
pub(crate) struct Device {
    file: OwnedFd,
    path: PathBuf,
}

impl Device {
    /// One that reads this very file already, if there is one.
    pub(crate) fn of(image: &impl AsFd) -> io::Result<Option<Self>> {
        let own = fs::read_link(format!("/proc/self/fd/{}", image.as_fd().as_raw_fd()))?;
        for entry in fs::read_dir(BLOCK)? {
            let name = entry?.file_name();
            // Asking the device itself would ask the file system of its file, which may hang; a file of
            // another name is none of ours.
            if name.as_bytes().starts_with(b"loop")
                && backing_name(&name).is_some_and(|it| Some(it.as_os_str()) == own.file_name())
                && let Ok(device) = Self::open(&name)
                && device.reads(image)
            {
                return Ok(Some(device));
            }
        }
        Ok(None)
    }

    /// A free one, made to read the file.
    pub(crate) fn attach(image: &impl AsFd) -> io::Result<Self> {
        let control = open(CONTROL, OFlags::RDWR | OFlags::CLOEXEC, Mode::empty())?;
        for _ in 0..TRIES {
            // SAFETY: LOOP_CTL_GET_FREE takes no argument and answers with a number.
            let number = unsafe { ioctl(&control, GetFree) }?;
            match Self::open(OsStr::new(&format!("loop{number}"))) {
                // Somebody removes it.
                Err(Errno::NXIO) => continue,
                Err(error) => return Err(error.into()),
                Ok(device) => match device.configure(image) {
                    // Somebody was faster.
                    Err(Errno::BUSY) => {}
                    configured => return Ok(configured.map(|()| device)?),
                },
            }
        }
        Err(Errno::BUSY.into())
    }

    fn open(name: &OsStr) -> rustix::io::Result<Self> {
        let path = Path::new("/dev").join(name);
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        Ok(Self { file: open(&path, flags, Mode::empty())?, path })
    }

    fn configure(&self, image: &impl AsFd) -> rustix::io::Result<()> {
        let config = loop_config {
            fd: image.as_fd().as_raw_fd().cast_unsigned(),
            block_size: 0,
            info: loop_info64 { lo_flags: OURS, ..nothing() },
            __reserved: [0; 8],
        };
        // SAFETY: LOOP_CONFIGURE reads one loop_config.
        let configure = unsafe { Setter::<{ LOOP_CONFIGURE as Opcode }, _>::new(config) };
        // SAFETY: as above; the descriptor in it is open as long as the call takes.
        unsafe { ioctl(&self.file, configure) }
    }

    /// Whether it reads this very file, the whole of it, and is as [`Self::attach`] makes it.
    pub(crate) fn reads(&self, image: &impl AsFd) -> bool {
        let (Ok(stat), Ok(info)) = (fstat(image), self.status()) else { return false };
        (info.lo_device, info.lo_inode) == (stat.st_dev, stat.st_ino)
            && (info.lo_offset, info.lo_sizelimit) == (0, 0)
            && info.lo_flags & OURS == OURS
    }

    fn status(&self) -> rustix::io::Result<loop_info64> {
        // SAFETY: LOOP_GET_STATUS64 writes one loop_info64.
        let status = unsafe { Getter::<{ LOOP_GET_STATUS64 as Opcode }, loop_info64>::new() };
        // SAFETY: as above.
        unsafe { ioctl(&self.file, status) }
    }

    /// Whether a file system with this status lies on it.
    pub(crate) fn holds(&self, root: &Stat) -> bool {
        fstat(&self.file).is_ok_and(|device| device.st_rdev == root.st_dev)
    }

    /// Where it is found.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }
}

/// The last name of the file that a device reads; none if it reads none.
fn backing_name(device: &OsStr) -> Option<PathBuf> {
    let said = fs::read(Path::new(BLOCK).join(device).join("loop/backing_file")).ok()?;
    let path = Path::new(OsStr::from_bytes(said.strip_suffix(b"\n")?));
    path.file_name().map(PathBuf::from)
}

fn nothing() -> loop_info64 {
    loop_info64 {
        lo_device: 0,
        lo_inode: 0,
        lo_rdevice: 0,
        lo_offset: 0,
        lo_sizelimit: 0,
        lo_number: 0,
        lo_encrypt_type: 0,
        lo_encrypt_key_size: 0,
        lo_flags: 0,
        lo_file_name: [0; 64],
        lo_crypt_name: [0; 64],
        lo_encrypt_key: [0; 32],
        lo_init: [0; 2],
    }
}

/// Asks for the number of a free device.
struct GetFree;

// SAFETY: LOOP_CTL_GET_FREE has no argument, so nothing is read or written; its result is a number.
unsafe impl Ioctl for GetFree {
    type Output = i32;

    const IS_MUTATING: bool = false;

    fn opcode(&self) -> Opcode {
        LOOP_CTL_GET_FREE as Opcode
    }

    fn as_ptr(&mut self) -> *mut c_void {
        std::ptr::null_mut()
    }

    unsafe fn output_from_ptr(number: IoctlOutput, _: *mut c_void) -> rustix::io::Result<i32> {
        Ok(number)
    }
}
