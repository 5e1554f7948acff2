//! Calls of kill(2) that a filter of system calls has stopped, seccomp(2), SECCOMP_RET_TRAP.
#![allow(unsafe_code)] // Handlers of signals have no safe binding.

use std::{
    io, ptr,
    sync::{
        OnceLock,
        atomic::{AtomicBool, Ordering},
    },
};

use rustix::{process::getpid, thread::gettid};

/// si_code of what a filter stopped, asm-generic/siginfo.h.
const SYS_SECCOMP: libc::c_int = 1;

/// The word, and what the handler sets.
static TRAPPED: OnceLock<(u64, &AtomicBool)> = OnceLock::new();

/// Makes anew each kill(2) that a filter of system calls stops, with `word` as a third argument, which
/// the kernel does not read, so that the filter can let it through. `seen` becomes true before, unless
/// it is the process's main thread that calls. Fails where somebody else handles the signal.
///
/// The code of the handler must stay in memory: a library that calls this is never unloaded.
pub fn pass_trapped_kills(word: u64, seen: &'static AtomicBool) -> io::Result<()> {
    TRAPPED.get_or_init(|| (word, seen));
    // SAFETY: sigaction is a plain C structure for which all zeros is a valid value, an empty mask.
    let [mut action, mut before] = unsafe { std::mem::zeroed::<[libc::sigaction; 2]>() };
    action.sa_sigaction = handler as *const () as libc::sighandler_t;
    action.sa_flags = libc::SA_SIGINFO | libc::SA_RESTART;
    // SAFETY: both are initialised, and the handler has the form that SA_SIGINFO asks for.
    let result = unsafe { libc::sigaction(libc::SIGSYS, &raw const action, &raw mut before) };
    if result < 0 {
        return Err(io::Error::last_os_error());
    }
    match before.sa_sigaction {
        libc::SIG_DFL | libc::SIG_IGN => Ok(()),
        ours if ours == action.sa_sigaction => Ok(()),
        _ => {
            // SAFETY: what was the action a moment ago; nothing else is asked for.
            unsafe { libc::sigaction(libc::SIGSYS, &raw const before, ptr::null_mut()) };
            Err(io::Error::other("something else handles SIGSYS in this process"))
        }
    }
}

/// The handler of SIGSYS: async-signal-safe, as it only reads and stores atomic variables and makes
/// system calls.
extern "C" fn handler(_: libc::c_int, info: *mut libc::siginfo_t, context: *mut libc::c_void) {
    // SAFETY: with SA_SIGINFO the kernel passes a siginfo_t that lives until the handler returns.
    let by_filter = unsafe { (*info).si_code } == SYS_SECCOMP;
    let (Some((word, seen)), true) = (TRAPPED.get(), by_filter) else { return };
    // SAFETY: with SA_SIGINFO the kernel passes the interrupted thread's ucontext_t, sigaction(2),
    // which nobody else uses before the handler returns.
    let registers = unsafe { &mut (*context.cast::<libc::ucontext_t>()).uc_mcontext.gregs };
    let argument = |register: libc::c_int| registers[register as usize];
    let (call, pid, signal) =
        (argument(libc::REG_RAX), argument(libc::REG_RDI), argument(libc::REG_RSI));
    // What the stopped call answers is the kernel's convention, syscall(2).
    registers[libc::REG_RAX as usize] = if call == libc::SYS_kill {
        let is_main = gettid() == getpid();
        if !is_main {
            seen.store(true, Ordering::SeqCst);
        }
        // SAFETY: kill(2) takes any two numbers; the third argument is not read.
        let result = unsafe { libc::syscall(libc::SYS_kill, pid, signal, *word) };
        let error = || io::Error::last_os_error().raw_os_error().unwrap_or(libc::EPERM);
        if result < 0 { -i64::from(error()) } else { result }
    } else {
        // Another filter's.
        -i64::from(libc::ENOSYS)
    };
}
