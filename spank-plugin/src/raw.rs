//! The few calls that no safe crate offers. All of the plugin's unsafe code is here, in the
//! hooks' entry points and in [`crate::spank`].

use std::{
    ffi::{CStr, CString},
    io,
    os::fd::{AsRawFd, BorrowedFd},
    ptr,
    sync::OnceLock,
};

use rustix::thread::UnshareFlags;

/// Turns a C result into an [`io::Result`].
fn check(result: i64) -> io::Result<i64> {
    if result < 0 { Err(io::Error::last_os_error()) } else { Ok(result) }
}

/// Mount attributes for [`set_mount_attributes`], `mount_setattr(2)`.
pub(crate) const READ_ONLY: u64 = libc::MOUNT_ATTR_RDONLY;
/// No set-user-ID programs.
pub(crate) const NO_SUID: u64 = libc::MOUNT_ATTR_NOSUID;
/// No devices.
pub(crate) const NO_DEV: u64 = libc::MOUNT_ATTR_NODEV;
/// No programs.
pub(crate) const NO_EXEC: u64 = libc::MOUNT_ATTR_NOEXEC;

/// Sets attributes on the mount behind `mount` and, if `recursive`, on all mounts below it.
pub(crate) fn set_mount_attributes(
    mount: BorrowedFd<'_>,
    attributes: u64,
    recursive: bool,
) -> io::Result<()> {
    let flags = libc::AT_EMPTY_PATH | if recursive { libc::AT_RECURSIVE } else { 0 };
    let attr = libc::mount_attr { attr_set: attributes, attr_clr: 0, propagation: 0, userns_fd: 0 };
    // SAFETY: mount_setattr(2) reads an empty C string and `size_of` bytes of `attr`; both
    // outlive the call, and the descriptor is borrowed for its duration.
    let result = unsafe {
        libc::syscall(
            libc::SYS_mount_setattr,
            mount.as_raw_fd(),
            c"".as_ptr(),
            flags,
            &raw const attr,
            size_of::<libc::mount_attr>(),
        )
    };
    check(result).map(drop)
}

/// Runs `child` in a forked process and returns its pid.
///
/// The caller must be single-threaded, as slurmstepd's task processes are: it is only called
/// there. `child` must neither return to hooks nor run destructors of the parent's state; its
/// result is the exit status.
pub(crate) fn fork_helper(child: impl FnOnce() -> i32) -> io::Result<i32> {
    // SAFETY: fork(2) in a single-threaded process leaves no lock held by a vanished thread;
    // the child leaves by _exit and so runs no inherited destructor or atexit handler.
    let pid = unsafe { libc::fork() };
    if pid == 0 {
        exit_now(child());
    }
    check(i64::from(pid)).map(|pid| pid as i32)
}

/// Ends this process at once, without destructors, handlers or buffers.
pub(crate) fn exit_now(status: i32) -> ! {
    // SAFETY: _exit(2) has no preconditions.
    unsafe { libc::_exit(status) }
}

/// Sets a variable in this process's environment, setenv(3).
///
/// Only for srun's first hook, which runs before srun starts a thread.
pub(crate) fn set_variable(name: &str, value: &str) {
    let (Ok(name), Ok(value)) = (CString::new(name), CString::new(value)) else { return };
    // SAFETY: two C strings, which setenv copies; nobody else reads or writes the environment of
    // a single-threaded process meanwhile.
    unsafe { libc::setenv(name.as_ptr(), value.as_ptr(), 1) };
}

/// Leaves the namespaces that `flags` name for new ones, unshare(2).
pub(crate) fn unshare(flags: UnshareFlags) -> io::Result<()> {
    // SAFETY: only namespace flags are passed here; the one that would be unsound,
    // CLONE_FILES, which lets go of descriptors that others hold, is not a namespace.
    unsafe { rustix::thread::unshare_unsafe(flags) }.map_err(io::Error::from)
}

/// Brings the loopback interface of the current network namespace up.
pub(crate) fn loopback_up() -> io::Result<()> {
    let socket = rustix::net::socket(
        rustix::net::AddressFamily::INET,
        rustix::net::SocketType::DGRAM,
        None,
    )?;
    // SAFETY: ifreq is a plain C structure for which all zeros is a valid value.
    let mut request: libc::ifreq = unsafe { std::mem::zeroed() };
    for (to, from) in request.ifr_name.iter_mut().zip(b"lo") {
        *to = *from as libc::c_char;
    }
    request.ifr_ifru.ifru_flags = (libc::IFF_UP | libc::IFF_RUNNING) as libc::c_short;
    // SAFETY: SIOCSIFFLAGS reads one ifreq with the name and flags set above, netdevice(7).
    let result = unsafe { libc::ioctl(socket.as_raw_fd(), libc::SIOCSIFFLAGS, &raw const request) };
    check(i64::from(result)).map(drop)
}

/// What the handler of SIGSYS lets through, and whom it tells.
static TRAPPED_KILL: OnceLock<(u64, fn())> = OnceLock::new();

/// Makes anew each kill(2) that a filter of system calls stops, with `word` as a third argument, which
/// the kernel does not read; `note` is told before. It runs in a signal handler, wherever the call
/// was made: it may store into an atomic variable and nothing else.
pub(crate) fn on_trapped_kill(word: u64, note: fn()) -> io::Result<()> {
    TRAPPED_KILL.get_or_init(|| (word, note));
    // SAFETY: sigaction is a plain C structure for which all zeros is a valid value, an empty mask.
    let mut action: libc::sigaction = unsafe { std::mem::zeroed() };
    action.sa_sigaction = trapped_kill as *const () as libc::sighandler_t;
    action.sa_flags = libc::SA_SIGINFO | libc::SA_RESTART;
    // SAFETY: the action is initialised and its handler has the form that SA_SIGINFO asks for; the
    // old action isn't asked for.
    let result = unsafe { libc::sigaction(libc::SIGSYS, &raw const action, ptr::null_mut()) };
    check(i64::from(result)).map(drop)
}

/// The handler of SIGSYS. No other filter of ours stops a call this way.
extern "C" fn trapped_kill(_: libc::c_int, _: *mut libc::siginfo_t, context: *mut libc::c_void) {
    let Some((word, note)) = TRAPPED_KILL.get() else { return };
    note();
    // SAFETY: with SA_SIGINFO the kernel passes the interrupted thread's ucontext_t, sigaction(2),
    // which nobody else uses before the handler returns.
    let registers = unsafe { &mut (*context.cast::<libc::ucontext_t>()).uc_mcontext.gregs };
    let argument = |register: libc::c_int| registers[register as usize];
    let (pid, signal) = (argument(libc::REG_RDI), argument(libc::REG_RSI));
    // SAFETY: kill(2) takes any two numbers; the third argument is not read.
    let result = unsafe { libc::syscall(libc::SYS_kill, pid, signal, *word) };
    let error = || io::Error::last_os_error().raw_os_error().unwrap_or(libc::EPERM);
    // What the stopped call answers: the kernel's convention, syscall(2).
    registers[libc::REG_RAX as usize] = if result < 0 { -i64::from(error()) } else { result };
}

/// One line in slurmd's log.
pub(crate) fn log_info(line: &str) {
    let line = printable(line);
    // SAFETY: the format is a literal that takes exactly one C string.
    unsafe { crate::bindings::slurm_info(c"sluice: %s".as_ptr(), line.as_ptr()) }
}

/// One line in slurmd's log, as an error; between user_init and task_exit the user sees it too.
pub(crate) fn log_error(line: &str) {
    let line = printable(line);
    // SAFETY: the format is a literal that takes exactly one C string.
    unsafe { crate::bindings::slurm_error(c"sluice: %s".as_ptr(), line.as_ptr()) }
}

/// One line for the user, without Slurm's prefix.
pub(crate) fn tell_user(line: &str) {
    let line = printable(line);
    // SAFETY: the format is a literal that takes exactly one C string.
    unsafe { crate::bindings::slurm_spank_log(c"%s".as_ptr(), line.as_ptr()) }
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
pub(crate) unsafe fn copy_text(text: *const libc::c_char) -> Option<String> {
    if text.is_null() {
        return None;
    }
    // SAFETY: not null, and NUL-terminated by this function's contract.
    Some(unsafe { CStr::from_ptr(text) }.to_string_lossy().into_owned())
}
