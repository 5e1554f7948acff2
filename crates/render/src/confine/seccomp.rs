//! Which system calls there are: a list of what is allowed, since the two programs under it are known. All
//! others answer that they do not exist. No process is made, none is reached, nothing is connected.

use std::collections::BTreeMap;

use seccompiler::{
    BpfProgram, Error, SeccompAction, SeccompCmpArgLen::Dword, SeccompCmpOp::MaskedEq,
    SeccompCondition, SeccompFilter, SeccompRule,
};

use crate::Kind;

/// What both need: memory, reading files, writing to what is open.
const DRAWING: &[i64] = &[
    libc::SYS_brk,
    libc::SYS_clock_gettime,
    libc::SYS_close,
    libc::SYS_exit,
    libc::SYS_exit_group,
    libc::SYS_fstat,
    libc::SYS_futex,
    libc::SYS_getdents64,
    libc::SYS_getrandom,
    libc::SYS_lseek,
    libc::SYS_madvise,
    libc::SYS_mmap,
    libc::SYS_mprotect,
    libc::SYS_mremap,
    libc::SYS_munmap,
    libc::SYS_newfstatat,
    libc::SYS_openat,
    libc::SYS_pread64,
    libc::SYS_read,
    libc::SYS_readlinkat,
    libc::SYS_restart_syscall,
    libc::SYS_rt_sigaction,
    libc::SYS_rt_sigprocmask,
    libc::SYS_rt_sigreturn,
    libc::SYS_sched_yield,
    libc::SYS_sigaltstack,
    libc::SYS_statx,
    libc::SYS_write,
    libc::SYS_writev,
];

/// What becoming pdftoppm needs beside: the loader, glibc's start, fontconfig.
const BECOMING: &[i64] = &[
    libc::SYS_execve,
    libc::SYS_faccessat,
    libc::SYS_fadvise64,
    libc::SYS_fcntl,
    libc::SYS_fstatfs,
    libc::SYS_getcwd,
    libc::SYS_rseq,
    libc::SYS_set_robust_list,
    libc::SYS_set_tid_address,
    libc::SYS_sysinfo,
    libc::SYS_uname,
];

/// The same by older names, which newer machines do not have.
#[cfg(target_arch = "x86_64")]
const OLDER: &[i64] =
    &[libc::SYS_access, libc::SYS_arch_prctl, libc::SYS_open, libc::SYS_readlink, libc::SYS_stat];
#[cfg(not(target_arch = "x86_64"))]
const OLDER: &[i64] = &[];

/// Flags of an open for reading. Any other bit writes, makes, or opens for neither: Landlock's older interfaces
/// let the last one empty a file.
const READING: i32 = libc::O_CLOEXEC | libc::O_DIRECTORY | libc::O_NOFOLLOW | libc::O_NONBLOCK;
/// Its own thread pointer; arch_prctl(2).
#[cfg(target_arch = "x86_64")]
const ARCH_SET_FS: i32 = 0x1002;
const WHOLE: i32 = !0;

/// A call, the place and the bits of an argument, and the values that these may have.
type Uses = (i64, u8, i32, &'static [i32]);

/// Calls of which some uses are allowed.
const USES: &[Uses] = &[
    (libc::SYS_openat, 2, !READING, &[0]),
    #[cfg(target_arch = "x86_64")]
    (libc::SYS_open, 1, !READING, &[0]),
    #[cfg(target_arch = "x86_64")]
    (libc::SYS_arch_prctl, 0, WHOLE, &[ARCH_SET_FS]),
    // No owner, who would get signals, no leases, locks or notices.
    (
        libc::SYS_fcntl,
        1,
        WHOLE,
        &[libc::F_DUPFD, libc::F_DUPFD_CLOEXEC, libc::F_GETFD, libc::F_SETFD, libc::F_GETFL],
    ),
    // Negative numbers are clocks of other processes and of devices.
    (
        libc::SYS_clock_gettime,
        0,
        WHOLE,
        &[
            libc::CLOCK_REALTIME,
            libc::CLOCK_MONOTONIC,
            libc::CLOCK_PROCESS_CPUTIME_ID,
            libc::CLOCK_THREAD_CPUTIME_ID,
            libc::CLOCK_MONOTONIC_RAW,
            libc::CLOCK_REALTIME_COARSE,
            libc::CLOCK_MONOTONIC_COARSE,
            libc::CLOCK_BOOTTIME,
        ],
    ),
    // In its own memory. Those that lend priority name another process.
    (
        libc::SYS_futex,
        1,
        !libc::FUTEX_CLOCK_REALTIME,
        &[
            libc::FUTEX_WAIT | libc::FUTEX_PRIVATE_FLAG,
            libc::FUTEX_WAKE | libc::FUTEX_PRIVATE_FLAG,
            libc::FUTEX_WAIT_BITSET | libc::FUTEX_PRIVATE_FLAG,
            libc::FUTEX_WAKE_BITSET | libc::FUTEX_PRIVATE_FLAG,
        ],
    ),
];

pub(super) fn confine(kind: Kind) -> Result<(), Error> {
    seccompiler::apply_filter(&program(kind)?)
}

fn program(kind: Kind) -> Result<BpfProgram, Error> {
    let beside = match kind {
        Kind::Svg => [].as_slice(),
        Kind::Pdf => &[BECOMING, OLDER].concat(),
    };
    let mut allowed = BTreeMap::new();
    for &number in DRAWING.iter().chain(beside) {
        allowed.insert(number, uses(number)?);
    }
    let absent = SeccompAction::Errno(libc::ENOSYS as u32);
    let target = std::env::consts::ARCH.try_into()?;
    let filter = SeccompFilter::new(allowed, absent, SeccompAction::Allow, target)?;
    Ok(BpfProgram::try_from(filter)?)
}

/// None for a call that is allowed whatever its arguments.
fn uses(number: i64) -> Result<Vec<SeccompRule>, Error> {
    let Some((_, argument, bits, values)) = USES.iter().find(|uses| uses.0 == number) else {
        return Ok(Vec::new());
    };
    let rule = |&value: &i32| {
        let equal = MaskedEq(u64::from(*bits as u32));
        let condition = SeccompCondition::new(*argument, Dword, equal, u64::from(value as u32))?;
        SeccompRule::new(vec![condition])
    };
    Ok(values.iter().map(rule).collect::<Result<_, _>>()?)
}

#[cfg(test)]
mod tests;
