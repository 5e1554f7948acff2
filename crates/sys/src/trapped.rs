//! Calls of kill(2) that a filter of system calls has stopped, seccomp(2), SECCOMP_RET_TRAP.
#![allow(unsafe_code)] // Handlers of signals have no safe binding.

use std::{
    io, ptr,
    sync::{
        OnceLock,
        atomic::{AtomicBool, Ordering},
    },
};

/// The word, and what the handler sets.
static TRAPPED: OnceLock<(u64, &AtomicBool)> = OnceLock::new();

/// Makes anew each kill(2) that a filter of system calls stops, with `word` as a third argument, which
/// the kernel does not read, so that the filter can let it through; `seen` becomes true before.
pub fn pass_trapped_kills(word: u64, seen: &'static AtomicBool) -> io::Result<()> {
    TRAPPED.get_or_init(|| (word, seen));
    // SAFETY: sigaction is a plain C structure for which all zeros is a valid value, an empty mask.
    let mut action: libc::sigaction = unsafe { std::mem::zeroed() };
    action.sa_sigaction = handler as *const () as libc::sighandler_t;
    action.sa_flags = libc::SA_SIGINFO | libc::SA_RESTART;
    // SAFETY: the action is initialised and its handler has the form that SA_SIGINFO asks for; the
    // old action isn't asked for.
    let result = unsafe { libc::sigaction(libc::SIGSYS, &raw const action, ptr::null_mut()) };
    if result < 0 { Err(io::Error::last_os_error()) } else { Ok(()) }
}

/// The handler of SIGSYS: async-signal-safe, as it only reads and stores atomic variables and makes a
/// system call. No other filter of ours stops a call this way.
extern "C" fn handler(_: libc::c_int, _: *mut libc::siginfo_t, context: *mut libc::c_void) {
    let Some((word, seen)) = TRAPPED.get() else { return };
    seen.store(true, Ordering::SeqCst);
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
