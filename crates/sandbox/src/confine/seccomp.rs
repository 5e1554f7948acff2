//! The filter of system calls: those that do not exist for a job, and those of which some uses are
//! denied.

use std::collections::BTreeMap;

use libc::{BPF_ABS, BPF_JGE, BPF_JMP, BPF_K, BPF_LD, BPF_RET, BPF_W};
use seccompiler::{
    BpfProgram, SeccompAction,
    SeccompCmpArgLen::{self, Dword, Qword},
    SeccompCmpOp::{self, Eq, MaskedEq, Ne},
    SeccompCondition, SeccompFilter, SeccompRule, sock_filter,
};

use sluice_protocol::Network;

use super::{
    ConfineError,
    calls::{ABSENT, KNOWN},
};
use crate::{mutations::dropped, signals};

type Rules = BTreeMap<i64, Vec<SeccompRule>>;

/// Socket families: local, the job's own loopback, and asking for its addresses.
const FAMILIES: [i32; 4] = [libc::AF_UNIX, libc::AF_INET, libc::AF_INET6, libc::AF_NETLINK];

/// PIDFD_GET_INFO's kind and number; its size grows with the kernel's versions.
const PIDFD_GET_INFO: u64 = 0xff0b;

/// Denies the calls for this thread and its children, for good.
pub(super) fn confine(network: &Network) -> Result<(), ConfineError> {
    apply(&program(absent(), libc::ENOSYS, !dropped("unknown-calls"))?)?;
    if matches!(network, Network::Slurm(_)) && !dropped("tcp-only") {
        apply(&program(tcp_only()?, libc::EPERM, false)?)?;
    }
    if !dropped("core-limit") {
        apply(&program(core_limit()?, 0, false)?)?;
    }
    apply(&program(forbidden()?, libc::EPERM, false)?)
}

/// Takes exec away, as far as Landlock is not there to do it.
pub(super) fn no_exec() -> Result<(), ConfineError> {
    let rules = [libc::SYS_execve, libc::SYS_execveat].map(|number| (number, Vec::new()));
    apply(&program(rules.into(), libc::EACCES, false)?)
}

/// Leaves to all threads of slurmstepd the signals that end, stop and continue a job: the others
/// come from the job's owner, through Slurm, and would be an input that nobody approved. Those that
/// end something are told of, see [`crate::signals`].
pub(super) fn slurms_signals_only() -> Result<(), ConfineError> {
    const SLURMS: [i32; 6] =
        [0, libc::SIGKILL, libc::SIGTERM, libc::SIGSTOP, libc::SIGTSTP, libc::SIGCONT];
    let others = SLURMS.map(|signal| SeccompCondition::new(1, Dword, Ne, signal as u64));
    let others = SeccompRule::new(others.into_iter().collect::<Result<_, _>>()?)?;
    let program = program([(libc::SYS_kill, vec![others])].into(), libc::EPERM, false)?;
    seccompiler::apply_filter_all_threads(&program)?;
    signals::watch().map_err(|error| ConfineError::Call("sigaction", error))?;
    seccompiler::apply_filter_all_threads(&told()?).map_err(ConfineError::from)
}

/// Has KILL and TERM told of, unless the third argument says that they have been.
fn told() -> Result<BpfProgram, ConfineError> {
    let told = [libc::SIGKILL, libc::SIGTERM].map(|signal| {
        SeccompRule::new(vec![
            SeccompCondition::new(1, Dword, Eq, signal as u64)?,
            SeccompCondition::new(2, Qword, Ne, signals::TOLD)?,
        ])
    });
    let rules = Rules::from([(libc::SYS_kill, told.into_iter().collect::<Result<_, _>>()?)]);
    compile(rules, SeccompAction::Trap)
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

/// The limit of core files stays 1, at which the kernel starts no handler: at 0, to which careful
/// programs lower it, it does. They are told that they did, since what they want holds.
fn core_limit() -> Result<Rules, ConfineError> {
    let core = |argument| SeccompCondition::new(argument, Dword, Eq, libc::RLIMIT_CORE.into());
    let sets = SeccompCondition::new(2, Qword, Ne, 0)?;
    Ok(Rules::from([
        (libc::SYS_setrlimit, vec![SeccompRule::new(vec![core(0)?])?]),
        (libc::SYS_prlimit64, vec![SeccompRule::new(vec![core(1)?, sets])?]),
    ]))
}

/// A call, by the name of the rule, and the uses of it that are denied.
type Use = (&'static str, i64, Vec<(u8, SeccompCmpArgLen, SeccompCmpOp, u64)>);

/// What is denied of calls that a job has, by their arguments.
fn uses() -> [Use; 11] {
    let user_namespace = libc::CLONE_NEWUSER as u64;
    [
        ("clone", libc::SYS_clone, vec![(0, Dword, MaskedEq(user_namespace), user_namespace)]),
        ("unshare", libc::SYS_unshare, vec![(0, Dword, MaskedEq(user_namespace), user_namespace)]),
        // A process stops in its end for whoever traces it: what seizes a batch shell drains the
        // node, and two that seize each other live until a reboot. PTRACE_TRACEME stays.
        ("ptrace-attach", libc::SYS_ptrace, vec![(0, Dword, Eq, libc::PTRACE_ATTACH.into())]),
        ("ptrace-seize", libc::SYS_ptrace, vec![(0, Dword, Eq, libc::PTRACE_SEIZE.into())]),
        // Typing into a terminal that was left open.
        ("tiocsti", libc::SYS_ioctl, vec![(1, Dword, Eq, libc::TIOCSTI)]),
        ("tioclinux", libc::SYS_ioctl, vec![(1, Dword, Eq, libc::TIOCLINUX)]),
        // Exit codes of whatever process: the job's own are told by waiting for them.
        ("pidfd-info", libc::SYS_ioctl, vec![(1, Dword, MaskedEq(0xffff), PIDFD_GET_INFO)]),
        // Limits of another process are 16 numbers that the same user reads outside: no namespace
        // stands between.
        ("prlimit", libc::SYS_prlimit64, vec![(0, Dword, Ne, 0), (2, Qword, Ne, 0)]),
        ("socket", libc::SYS_socket, FAMILIES.map(|family| (0, Dword, Ne, family as u64)).into()),
        ("socketpair", libc::SYS_socketpair, vec![(0, Dword, Ne, libc::AF_UNIX as u64)]),
        (
            "netlink",
            libc::SYS_socket,
            vec![
                (0, Dword, Eq, libc::AF_NETLINK as u64),
                (2, Dword, Ne, libc::NETLINK_ROUTE as u64),
            ],
        ),
    ]
}

/// Denied with EPERM.
fn forbidden() -> Result<Rules, ConfineError> {
    let mut rules = Rules::new();
    for (name, number, conditions) in uses() {
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

/// Compiles the rules; with `known_only`, calls that nobody has looked at match as well.
fn program(rules: Rules, errno: i32, known_only: bool) -> Result<BpfProgram, ConfineError> {
    let denied = SeccompAction::Errno(errno as u32);
    let mut program = compile(rules, denied.clone())?;
    if known_only {
        // In front, where the number is the first word of seccomp_data, seccomp(2): jumps are
        // relative, and the compiled part checks the architecture itself.
        let [first, second] = KNOWN;
        let statement = |code: u32, jt, jf, k| sock_filter { code: code as u16, jt, jf, k };
        let from = |number, jt, jf| statement(BPF_JMP | BPF_JGE | BPF_K, jt, jf, number);
        let front = [
            statement(BPF_LD | BPF_W | BPF_ABS, 0, 0, 0),
            from(second.end, 2, 0),
            from(second.start, 2, 0),
            from(first.end, 0, 1),
            statement(BPF_RET | BPF_K, 0, 0, denied.into()),
        ];
        program.splice(0..0, front);
    }
    Ok(program)
}

fn compile(rules: Rules, matched: SeccompAction) -> Result<BpfProgram, ConfineError> {
    let target = std::env::consts::ARCH.try_into()?;
    let filter = SeccompFilter::new(rules, SeccompAction::Allow, matched, target)?;
    Ok(BpfProgram::try_from(filter)?)
}

/// Names of all rules, for the comparison with the list of what tests leave out.
#[cfg(test)]
pub(crate) fn names() -> impl Iterator<Item = &'static str> {
    ABSENT.iter().map(|(name, _)| *name).chain(uses().map(|(name, ..)| name))
}

fn apply(program: &BpfProgram) -> Result<(), ConfineError> {
    seccompiler::apply_filter(program).map_err(ConfineError::from)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// The kernel's table with our verdicts: number, name, verdict.
    fn table() -> impl Iterator<Item = (u32, &'static str, &'static str)> {
        let lines = include_str!("calls.txt").lines();
        lines.filter(|line| !line.is_empty() && !line.starts_with('#')).map(|line| {
            let mut words = line.split_whitespace();
            let mut word = || words.next().unwrap();
            (word().parse().unwrap(), word(), word())
        })
    }

    fn with(verdict: &str) -> BTreeSet<(u32, &'static str)> {
        table().filter(|line| line.2 == verdict).map(|line| (line.0, line.1)).collect()
    }

    #[test]
    fn every_known_call_has_a_verdict() {
        let numbers: Vec<u32> = table().map(|line| line.0).collect();
        assert_eq!(numbers, KNOWN.into_iter().flatten().collect::<Vec<u32>>());
        assert!(table().all(|it| ["allowed", "absent", "argument", "gone"].contains(&it.2)));
    }

    #[test]
    fn verdicts_and_filter_are_the_same() {
        let absent = ABSENT.iter().map(|(name, number)| (*number as u32, *name)).collect();
        assert_eq!(with("absent"), absent);
        let rules = [forbidden().unwrap(), tcp_only().unwrap(), core_limit().unwrap()];
        let conditional: BTreeSet<u32> =
            rules.iter().flat_map(|rules| rules.keys().map(|number| *number as u32)).collect();
        assert_eq!(
            with("argument").into_iter().map(|it| it.0).collect::<BTreeSet<_>>(),
            conditional
        );
    }

    #[test]
    fn what_the_table_does_not_name_is_absent() {
        let program = program(absent(), libc::ENOSYS, true).unwrap();
        let away = u32::from(SeccompAction::Errno(libc::ENOSYS as u32));
        let mut left: BTreeSet<u32> = table().map(|line| line.0).collect();
        for (number, _) in with("absent") {
            left.remove(&number);
        }
        // x32's numbers begin at 1 << 30.
        for number in (0..1000).chain([1 << 30, u32::MAX]) {
            assert_eq!(run(&program, number) != away, left.contains(&number), "{number}");
        }
    }

    /// What a filter answers to a call of this machine's own kind, all arguments 0.
    fn run(program: &BpfProgram, number: u32) -> u32 {
        const AUDIT_ARCH_X86_64: u32 = 0xc000_003e;
        let (mut value, mut at) = (0, 0);
        loop {
            let line = &program[at];
            at += 1;
            let jump = |taken: bool| usize::from(if taken { line.jt } else { line.jf });
            match u32::from(line.code) {
                0x20 => {
                    value =
                        [number, AUDIT_ARCH_X86_64].get(line.k as usize / 4).copied().unwrap_or(0)
                }
                0x05 => at += line.k as usize,
                0x15 => at += jump(value == line.k),
                0x25 => at += jump(value > line.k),
                0x35 => at += jump(value >= line.k),
                0x06 => return line.k,
                code => panic!("{code:#x}"),
            }
        }
    }
}
