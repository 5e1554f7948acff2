//! System calls that reach parts of the kernel which neither namespaces nor Landlock govern.
//!
//! A list of what is denied, not of what is allowed: workflows bring any program. What became of
//! every call of the kernel's table, and why, stands in `calls.txt`.

use std::ops::Range;

/// The numbers that somebody has looked at, of Linux 6.18: the kernel's own for x86_64, and those
/// that are the same on all machines. Others do not exist for a job; x32's are above them, too.
pub(super) const KNOWN: [Range<u32>; 2] = [0..337, 424..470];

/// Not in libc yet.
const OPEN_TREE_ATTR: i64 = 467;

/// Calls that do not exist for a job, ENOSYS: programs know how to do without.
pub(super) const ABSENT: &[(&str, i64)] = &[
    // Programs in the kernel, and a view of everybody's.
    ("bpf", libc::SYS_bpf),
    ("perf_event_open", libc::SYS_perf_event_open),
    // Keys outlive the job and belong to the user, in whatever namespace.
    ("add_key", libc::SYS_add_key),
    ("request_key", libc::SYS_request_key),
    ("keyctl", libc::SYS_keyctl),
    // Stops the kernel in the middle of a copy: what races are won with.
    ("userfaultfd", libc::SYS_userfaultfd),
    // Its work is done outside the calls that a filter sees.
    ("io_uring_setup", libc::SYS_io_uring_setup),
    ("io_uring_enter", libc::SYS_io_uring_enter),
    ("io_uring_register", libc::SYS_io_uring_register),
    // Takes from a number that the whole machine shares: one job would leave none to the others.
    ("io_setup", libc::SYS_io_setup),
    // Its flags lie in memory, out of a filter's reach; libraries go back to clone.
    ("clone3", libc::SYS_clone3),
    // Mounts and namespaces; an entry that allows containers will need them.
    ("mount", libc::SYS_mount),
    ("umount2", libc::SYS_umount2),
    ("pivot_root", libc::SYS_pivot_root),
    ("chroot", libc::SYS_chroot),
    ("fsopen", libc::SYS_fsopen),
    ("fspick", libc::SYS_fspick),
    ("fsconfig", libc::SYS_fsconfig),
    ("fsmount", libc::SYS_fsmount),
    ("open_tree", libc::SYS_open_tree),
    ("open_tree_attr", OPEN_TREE_ATTR),
    ("move_mount", libc::SYS_move_mount),
    ("mount_setattr", libc::SYS_mount_setattr),
    ("setns", libc::SYS_setns),
    // Files past their directories' permissions, and watches on whole mounts.
    ("name_to_handle_at", libc::SYS_name_to_handle_at),
    ("open_by_handle_at", libc::SYS_open_by_handle_at),
    ("fanotify_init", libc::SYS_fanotify_init),
    ("fanotify_mark", libc::SYS_fanotify_mark),
    // The machine itself.
    ("init_module", libc::SYS_init_module),
    ("finit_module", libc::SYS_finit_module),
    ("delete_module", libc::SYS_delete_module),
    ("kexec_load", libc::SYS_kexec_load),
    ("kexec_file_load", libc::SYS_kexec_file_load),
    ("reboot", libc::SYS_reboot),
    ("swapon", libc::SYS_swapon),
    ("swapoff", libc::SYS_swapoff),
    ("acct", libc::SYS_acct),
    ("quotactl", libc::SYS_quotactl),
    ("quotactl_fd", libc::SYS_quotactl_fd),
    ("ioperm", libc::SYS_ioperm),
    ("iopl", libc::SYS_iopl),
    ("syslog", libc::SYS_syslog),
];
