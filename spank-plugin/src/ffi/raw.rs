//! Single calls of C: lines in Slurm's logs, strings, the environment of srun.

use std::ffi::{CStr, CString};

use super::bindings;

/// Sets a variable in this process's environment, setenv(3).
///
/// # Safety
/// No other thread is running, as in srun's first hook.
pub(super) unsafe fn set_variable(name: &str, value: &str) {
    let (Ok(name), Ok(value)) = (CString::new(name), CString::new(value)) else { return };
    // SAFETY: two C strings, which setenv copies; nobody else reads or writes the environment
    // meanwhile by this function's contract.
    unsafe { libc::setenv(name.as_ptr(), value.as_ptr(), 1) };
}

/// One line in slurmd's log.
pub(crate) fn log_info(line: &str) {
    let line = printable(line);
    // SAFETY: the format is a literal that takes exactly one C string.
    unsafe { bindings::slurm_info(c"sluice: %s".as_ptr(), line.as_ptr()) }
}

/// One line in slurmd's log, as an error; between user_init and task_exit the user sees it too.
pub(crate) fn log_error(line: &str) {
    let line = printable(line);
    // SAFETY: the format is a literal that takes exactly one C string.
    unsafe { bindings::slurm_error(c"sluice: %s".as_ptr(), line.as_ptr()) }
}

/// One line for the user, without Slurm's prefix.
pub(crate) fn tell_user(line: &str) {
    let line = printable(line);
    // SAFETY: the format is a literal that takes exactly one C string.
    unsafe { bindings::slurm_spank_log(c"%s".as_ptr(), line.as_ptr()) }
}

/// A C string without control characters, so that one line stays one line.
fn printable(line: &str) -> CString {
    let clean: String = line.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    CString::new(clean).unwrap_or_default()
}

/// A copy of a C string, `None` for a null pointer.
///
/// # Safety
/// A non-null `text` points to a NUL-terminated string that nobody changes during the call.
pub(super) unsafe fn copy_text(text: *const libc::c_char) -> Option<String> {
    if text.is_null() {
        return None;
    }
    // SAFETY: not null, and NUL-terminated by this function's contract.
    Some(unsafe { CStr::from_ptr(text) }.to_string_lossy().into_owned())
}
