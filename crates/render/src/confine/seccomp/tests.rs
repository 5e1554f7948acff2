//! The filter itself: where the kernel has more, another layer would hide that it lacks a rule.
#![allow(clippy::unwrap_used)]

use libc::{
    CLOCK_MONOTONIC, F_GETFD, F_SETFD, F_SETLK, F_SETOWN, F_SETPIPE_SZ, FUTEX_CMP_REQUEUE_PI,
    FUTEX_LOCK_PI, FUTEX_PRIVATE_FLAG, FUTEX_WAKE, O_ACCMODE, O_APPEND, O_ASYNC, O_CLOEXEC,
    O_CREAT, O_DIRECTORY, O_PATH, O_RDONLY, O_RDWR, O_TMPFILE, O_TRUNC, O_WRONLY,
    SYS_clock_gettime, SYS_fcntl, SYS_futex, SYS_ioctl, SYS_openat, SYS_openat2, SYS_prctl,
    SYS_prlimit64, SYS_read,
};

use super::*;

#[test]
fn allowed() {
    for (name, number, arguments) in [
        ("read", SYS_read, [0, 0, 0]),
        ("open", SYS_openat, [0, 0, O_RDONLY | O_CLOEXEC]),
        ("list", SYS_openat, [0, 0, O_RDONLY | O_CLOEXEC | O_DIRECTORY]),
        ("time", SYS_clock_gettime, [CLOCK_MONOTONIC, 0, 0]),
        ("wake", SYS_futex, [0, FUTEX_WAKE | FUTEX_PRIVATE_FLAG, 1]),
    ] {
        for kind in [Kind::Svg, Kind::Pdf] {
            assert!(allows(kind, number, arguments), "{name} {kind:?}");
        }
    }
    for command in [F_GETFD, F_SETFD] {
        assert!(allows(Kind::Pdf, SYS_fcntl, [0, command, 0]));
    }
}

#[test]
fn not_allowed() {
    const F_SETSIG: i32 = 10;
    const F_SETLEASE: i32 = 1024;
    const F_NOTIFY: i32 = 1026;
    const CLOCK_OF_1: i32 = (!1 << 3) | 2;
    for (name, number, arguments) in [
        ("open-for-neither", SYS_openat, [0, 0, O_ACCMODE | O_TRUNC]),
        ("open-for-neither-only", SYS_openat, [0, 0, O_ACCMODE]),
        ("empty-reading", SYS_openat, [0, 0, O_RDONLY | O_TRUNC]),
        ("write", SYS_openat, [0, 0, O_WRONLY]),
        ("read-and-write", SYS_openat, [0, 0, O_RDWR]),
        ("append", SYS_openat, [0, 0, O_APPEND]),
        ("create", SYS_openat, [0, 0, O_CREAT]),
        ("create-unnamed", SYS_openat, [0, 0, O_TMPFILE | O_RDWR]),
        ("find", SYS_openat, [0, 0, O_PATH]),
        ("open-telling", SYS_openat, [0, 0, O_ASYNC]),
        ("open-by-structure", SYS_openat2, [0, 0, 0]),
        ("signal-by-owner", SYS_fcntl, [0, F_SETOWN, 1]),
        ("choose-signal", SYS_fcntl, [0, F_SETSIG, 9]),
        ("lease", SYS_fcntl, [0, F_SETLEASE, 0]),
        ("notice", SYS_fcntl, [0, F_NOTIFY, 0]),
        ("lock", SYS_fcntl, [0, F_SETLK, 0]),
        ("widen-pipe", SYS_fcntl, [0, F_SETPIPE_SZ, 1 << 20]),
        ("other-clock", SYS_clock_gettime, [CLOCK_OF_1, 0, 0]),
        ("lend-priority", SYS_futex, [0, FUTEX_LOCK_PI | FUTEX_PRIVATE_FLAG, 0]),
        ("pass-priority", SYS_futex, [0, FUTEX_CMP_REQUEUE_PI | FUTEX_PRIVATE_FLAG, 0]),
        ("wake-others", SYS_futex, [0, FUTEX_WAKE, 1]),
        ("ioctl", SYS_ioctl, [0, 0, 0]),
        ("prctl", SYS_prctl, [0, 0, 0]),
        ("limits", SYS_prlimit64, [0, 0, 0]),
    ] {
        for kind in [Kind::Svg, Kind::Pdf] {
            assert!(!allows(kind, number, arguments), "{name} {kind:?}");
        }
    }
}

#[cfg(target_arch = "x86_64")]
#[test]
fn older_names_are_no_way_around() {
    assert!(allows(Kind::Pdf, libc::SYS_open, [0, O_RDONLY | O_CLOEXEC, 0]));
    assert!(!allows(Kind::Pdf, libc::SYS_open, [0, O_ACCMODE | O_TRUNC, 0]));
    assert!(!allows(Kind::Svg, libc::SYS_open, [0, O_RDONLY, 0]));
    assert!(allows(Kind::Pdf, libc::SYS_arch_prctl, [ARCH_SET_FS, 0, 0]));
    assert!(!allows(Kind::Pdf, libc::SYS_arch_prctl, [0x1023, 0, 0]));
}

/// Runs the filter as the kernel does, on a call of this machine's own kind.
fn allows(kind: Kind, number: i64, arguments: [i32; 3]) -> bool {
    const ARCH: u32 = if cfg!(target_arch = "x86_64") { 0xc000_003e } else { 0xc000_00b7 };
    // seccomp_data: number, kind of machine, where from, arguments; each of them two words.
    let [a, b, c] = arguments.map(|argument| argument as u32);
    let call = [number as u32, ARCH, 0, 0, a, 0, b, 0, c, 0, 0, 0, 0, 0, 0, 0];
    let program = program(kind).unwrap();
    let (mut value, mut at) = (0, 0);
    loop {
        let line = &program[at];
        at += 1;
        let jump = |taken: bool| usize::from(if taken { line.jt } else { line.jf });
        match line.code {
            0x20 => value = call[line.k as usize / 4],
            0x54 => value &= line.k,
            0x05 => at += line.k as usize,
            0x15 => at += jump(value == line.k),
            0x25 => at += jump(value > line.k),
            0x35 => at += jump(value >= line.k),
            0x06 => return line.k == u32::from(SeccompAction::Allow),
            code => panic!("{code:#x}"),
        }
    }
}
