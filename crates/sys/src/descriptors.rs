//! What a program was started with.
#![allow(unsafe_code)] // close_range has no safe binding.

use std::{ffi::c_uint, io};

/// Closes all descriptors but standard input, output and error, close_range(2). To be called first of
/// all in `main`: those that are open then are whoever started the program's.
pub fn close_inherited() -> io::Result<()> {
    // SAFETY: it reads no memory. Descriptors that this process has opened would lose what stands behind
    // them; before main nothing does, and the caller does nothing before.
    let result = unsafe { libc::syscall(libc::SYS_close_range, 3 as c_uint, c_uint::MAX, 0) };
    if result < 0 { Err(io::Error::last_os_error()) } else { Ok(()) }
}
