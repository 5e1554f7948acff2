//! Which system calls there are: a list of what is allowed, since the two programs under it are known. All
//! others answer that they do not exist. No process is made, none is reached, nothing is connected.

use std::collections::BTreeMap;

use seccompiler::{BpfProgram, Error, SeccompAction, SeccompFilter};

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

pub(super) fn confine(kind: Kind) -> Result<(), Error> {
    seccompiler::apply_filter(&program(kind)?)
}

fn program(kind: Kind) -> Result<BpfProgram, Error> {
    let beside = match kind {
        Kind::Svg => [].as_slice(),
        Kind::Pdf => &[BECOMING, OLDER].concat(),
    };
    let allowed: BTreeMap<_, _> =
        DRAWING.iter().chain(beside).map(|&number| (number, Vec::new())).collect();
    let absent = SeccompAction::Errno(libc::ENOSYS as u32);
    let target = std::env::consts::ARCH.try_into()?;
    let filter = SeccompFilter::new(allowed, absent, SeccompAction::Allow, target)?;
    Ok(BpfProgram::try_from(filter)?)
}
