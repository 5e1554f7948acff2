//! System calls that reach parts of the kernel which neither namespaces nor Landlock govern.
//!
//! A list of what is denied, not of what is allowed: workflows bring any program. Calls that are
//! newer than this list do not exist for a job.

use std::collections::BTreeMap;

use seccompiler::{
    BpfProgram, SeccompAction,
    SeccompCmpArgLen::{Dword, Qword},
    SeccompCmpOp::{Eq, MaskedEq, Ne},
    SeccompCondition, SeccompFilter, SeccompRule, sock_filter,
};

use sluice_protocol::Network;

use super::ConfineError;
use crate::mutations::dropped;

type Rules = BTreeMap<i64, Vec<SeccompRule>>;

/// Calls that do not exist for a job, ENOSYS: programs know how to do without.
const ABSENT: &[(&str, i64)] = &[
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
    ("move_mount", libc::SYS_move_mount),
    ("mount_setattr", libc::SYS_mount_setattr),
    ("setns", libc::SYS_setns),
    // Files past their directories' permissions, and watches on whole mounts.
    ("name_to_handle_at", libc::SYS_name_to_handle_at),
    ("open_by_handle_at", libc::SYS_open_by_handle_at),
    ("fanotify_init", libc::SYS_fanotify_init),
    // The machine itself.
    ("init_module", libc::SYS_init_module),
    ("finit_module", libc::SYS_finit_module),
    ("delete_module", libc::SYS_delete_module),
    ("kexec_load", libc::SYS_kexec_load),
    ("reboot", libc::SYS_reboot),
    ("swapon", libc::SYS_swapon),
    ("swapoff", libc::SYS_swapoff),
    ("acct", libc::SYS_acct),
    ("quotactl", libc::SYS_quotactl),
    ("syslog", libc::SYS_syslog),
];

/// The first number that nobody has looked at, of Linux 6.18. x32's numbers are above it too.
const FIRST_UNKNOWN: u32 = 470;

/// Socket families: local, the job's own loopback, and asking for its addresses.
const FAMILIES: [i32; 4] = [libc::AF_UNIX, libc::AF_INET, libc::AF_INET6, libc::AF_NETLINK];

/// Denies the calls for this thread and its children, for good.
pub(super) fn confine(network: &Network) -> Result<(), ConfineError> {
    apply(&program(absent(), libc::ENOSYS, true)?)?;
    if let Network::Slurm(_) = network {
        apply(&program(tcp_only()?, libc::EPERM, false)?)?;
    }
    apply(&program(forbidden()?, libc::EPERM, false)?)
}

/// Takes exec away, as far as Landlock is not there to do it.
pub(super) fn no_exec() -> Result<(), ConfineError> {
    let rules = [libc::SYS_execve, libc::SYS_execveat].map(|number| (number, Vec::new()));
    apply(&program(rules.into(), libc::EACCES, false)?)
}

fn absent() -> Rules {
    let kept = ABSENT.iter().filter(|(name, _)| !dropped(name));
    kept.map(|(_, number)| (*number, Vec::new())).collect()
}

/// On the host's network Landlock governs TCP's connect and bind alone: there is no other protocol,
/// whether it has datagrams or streams, and no connecting by sending, TCP Fast Open.
fn tcp_only() -> Result<Rules, ConfineError> {
    let flags =
        [0, libc::SOCK_CLOEXEC, libc::SOCK_NONBLOCK, libc::SOCK_CLOEXEC | libc::SOCK_NONBLOCK];
    let streams = flags.map(|flags| (libc::SOCK_STREAM | flags) as u64);
    let mut others = Vec::new();
    for family in [libc::AF_INET, libc::AF_INET6] {
        let family = SeccompCondition::new(0, Dword, Eq, family as u64)?;
        for (argument, allowed) in
            [(1, streams.as_slice()), (2, &[libc::IPPROTO_IP as u64, libc::IPPROTO_TCP as u64])]
        {
            let mut other = vec![family.clone()];
            for value in allowed {
                other.push(SeccompCondition::new(argument, Dword, Ne, *value)?);
            }
            others.push(SeccompRule::new(other)?);
        }
    }
    let mut rules = Rules::from([(libc::SYS_socket, others)]);
    let fast_open = libc::MSG_FASTOPEN as u64;
    for (number, argument) in
        [(libc::SYS_sendto, 3), (libc::SYS_sendmsg, 2), (libc::SYS_sendmmsg, 3)]
    {
        let flag = SeccompCondition::new(argument, Dword, MaskedEq(fast_open), fast_open)?;
        rules.insert(number, vec![SeccompRule::new(vec![flag])?]);
    }
    Ok(rules)
}

/// Denied with EPERM, by their arguments.
fn forbidden() -> Result<Rules, ConfineError> {
    let mut rules = Rules::new();
    let user_namespace = libc::CLONE_NEWUSER as u64;
    let conditional = [
        ("clone", libc::SYS_clone, vec![(0, Dword, MaskedEq(user_namespace), user_namespace)]),
        ("unshare", libc::SYS_unshare, vec![(0, Dword, MaskedEq(user_namespace), user_namespace)]),
        // A process stops in its end for whoever traces it: what seizes a batch shell drains the
        // node, and two that seize each other live until a reboot. PTRACE_TRACEME stays.
        ("ptrace-attach", libc::SYS_ptrace, vec![(0, Dword, Eq, libc::PTRACE_ATTACH.into())]),
        ("ptrace-seize", libc::SYS_ptrace, vec![(0, Dword, Eq, libc::PTRACE_SEIZE.into())]),
        // Typing into a terminal that was left open.
        ("tiocsti", libc::SYS_ioctl, vec![(1, Dword, Eq, libc::TIOCSTI)]),
        ("tioclinux", libc::SYS_ioctl, vec![(1, Dword, Eq, libc::TIOCLINUX)]),
        // Limits of another process are 16 numbers that the same user reads outside: no namespace
        // stands between.
        ("prlimit", libc::SYS_prlimit64, vec![(0, Dword, Ne, 0), (2, Qword, Ne, 0)]),
        ("socket", libc::SYS_socket, FAMILIES.map(|family| (0, Dword, Ne, family as u64)).into()),
        (
            "netlink",
            libc::SYS_socket,
            vec![
                (0, Dword, Eq, libc::AF_NETLINK as u64),
                (2, Dword, Ne, libc::NETLINK_ROUTE as u64),
            ],
        ),
    ];
    for (name, number, conditions) in conditional {
        if dropped(name) {
            continue;
        }
        let conditions = conditions
            .into_iter()
            .map(|(argument, width, operator, value)| {
                SeccompCondition::new(argument, width, operator, value)
            })
            .collect::<Result<_, _>>()?;
        rules.entry(number).or_default().push(SeccompRule::new(conditions)?);
    }
    Ok(rules)
}

/// Compiles the rules; with `known_only`, calls that are newer than the list match as well.
fn program(rules: Rules, errno: i32, known_only: bool) -> Result<BpfProgram, ConfineError> {
    let denied = SeccompAction::Errno(errno as u32);
    let target = std::env::consts::ARCH.try_into()?;
    let filter = SeccompFilter::new(rules, SeccompAction::Allow, denied.clone(), target)?;
    let mut program = BpfProgram::try_from(filter)?;
    if known_only && !dropped("unknown-calls") {
        // In front, where the number is the first word of seccomp_data, seccomp(2): jumps are
        // relative, and the compiled part checks the architecture itself.
        let statement = |code: u32, jt, jf, k| sock_filter { code: code as u16, jt, jf, k };
        let load = statement(libc::BPF_LD | libc::BPF_W | libc::BPF_ABS, 0, 0, 0);
        let above = statement(libc::BPF_JMP | libc::BPF_JGE | libc::BPF_K, 0, 1, FIRST_UNKNOWN);
        let refuse = statement(libc::BPF_RET | libc::BPF_K, 0, 0, denied.into());
        program.splice(0..0, [load, above, refuse]);
    }
    Ok(program)
}

fn apply(program: &BpfProgram) -> Result<(), ConfineError> {
    seccompiler::apply_filter(program).map_err(ConfineError::from)
}
