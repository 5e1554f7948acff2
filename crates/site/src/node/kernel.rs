//! What the kernel keeps from a job, and what it shows of one to every user of the node.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use super::{BY_NUMBER, Finding};

/// Namespaces that a job gets, by the kernel's name of their limit.
const NAMESPACES: [&str; 4] = ["user", "mnt", "net", "ipc"];
/// All file locks with their ranges, proc_locks(5).
const LOCKS: &str = "/proc/locks";
/// Whether the kernel's log is root's alone, proc_sys_kernel(5).
const LOG_RESTRICTED: &str = "/proc/sys/kernel/dmesg_restrict";

/// What becomes of the memory of a process that crashes, core(5).
const CORE_PATTERN: &str = "/proc/sys/kernel/core_pattern";

/// All that is wrong.
pub(super) fn findings() -> impl Iterator<Item = Finding> {
    namespaces()
        .chain(core_dumps())
        .chain(visible_processes())
        .chain(visible_locks())
        .chain(visible_log())
        .chain(visible_by_number())
}

/// A socket that gets the memory of whatever crashes.
fn core_dumps() -> Option<Finding> {
    let pattern = fs::read_to_string(CORE_PATTERN);
    pattern.map_or(true, |it| escapes_limit(&it)).then(|| {
        Finding::new(
            "core-dumps",
            "kernel.core_pattern sends the memory of a crashed process to a socket, whatever its \
             limit says",
            "set the sysctl kernel.core_pattern to a file's name or a program (`|`), restart slurmd",
        )
    })
}

/// Whether cores go where a limit of 1 stops none: to a socket (`@`, from Linux 6.16 on). A handler
/// (`|`) is not started at that limit, and a file would have to be longer.
fn escapes_limit(core_pattern: &str) -> bool {
    core_pattern.starts_with('@')
}

/// What no kernel hides: calls that ask about a process by its number.
fn visible_by_number() -> Option<Finding> {
    Some(Finding::new(
        BY_NUMBER,
        "any user of the node may ask for a process's CPU time, CPU affinity, priority, session, and \
         from Linux 6.15 on its exit code",
        "let nobody but sealed jobs run here and say sandbox.exclusive = true in sluice.toml; or \
         accept it there",
    ))
}

/// Namespaces that the kernel does not give.
fn namespaces() -> impl Iterator<Item = Finding> {
    NAMESPACES.into_iter().filter_map(|kind| {
        let limit = format!("/proc/sys/user/max_{kind}_namespaces");
        let most = fs::read_to_string(limit).ok().and_then(|it| it.trim().parse::<u64>().ok());
        let missing = most.is_none_or(|most| most == 0);
        missing.then(|| {
            Finding::new(
                "namespaces",
                format!("the kernel gives no {kind} namespaces"),
                &format!("raise the sysctl user.max_{kind}_namespaces above 0, restart slurmd"),
            )
        })
    })
}

/// A /proc that shows every user all processes with their arguments.
fn visible_processes() -> Option<Finding> {
    let mounts = fs::read_to_string("/proc/self/mountinfo").unwrap_or_default();
    (!hides_processes(&mounts)).then(|| {
        Finding::new(
            "visible-processes",
            "/proc shows every user the names and arguments of a job's processes",
            "mount /proc with hidepid=invisible (in /etc/fstab; gid= names a group that sees all), \
             restart slurmd; or accept it in sluice.toml",
        )
    })
}

/// Whether the last mount on /proc, proc_pid_mountinfo(5), hides other users' processes.
fn hides_processes(mountinfo: &str) -> bool {
    let on_proc = |line: &&str| line.split(' ').nth(4) == Some("/proc");
    let Some(line) = mountinfo.lines().rfind(on_proc) else { return false };
    let options = line.rsplit(' ').next().unwrap_or_default().split(',');
    let hidepid = options.filter_map(|option| option.strip_prefix("hidepid=")).next_back();
    hidepid.is_some_and(|how| !["0", "off"].contains(&how))
}

/// A table of locks that everybody reads: a job writes into it by what ranges it locks of its own
/// files, a hundred bits a lock.
fn visible_locks() -> Option<Finding> {
    let mode = fs::metadata(LOCKS).ok()?.permissions().mode();
    (mode & 0o044 != 0).then(|| {
        Finding::new(
            "visible-locks",
            "/proc/locks shows every user what a job locks",
            "chmod 0400 /proc/locks at boot (/etc/tmpfiles.d: `z /proc/locks 0400 root root`), \
             restart slurmd; or accept it in sluice.toml",
        )
    })
}

/// A kernel log that everybody reads: the name and addresses of each process that crashes are in it.
fn visible_log() -> Option<Finding> {
    let restricted = fs::read_to_string(LOG_RESTRICTED).is_ok_and(|it| it.trim() != "0");
    (!restricted).then(|| {
        Finding::new(
            "visible-kernel-log",
            "dmesg shows every user the names and addresses of crashed processes",
            "set the sysctl kernel.dmesg_restrict to 1, restart slurmd; or accept it in sluice.toml",
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_socket_takes_cores_past_the_limit() {
        for held in ["core\n", "/var/crash/%p\n", "|/lib/systemd/systemd-coredump %P\n", "", "a@\n"]
        {
            assert!(!escapes_limit(held), "{held}");
        }
        for past in ["@/run/coredump.socket\n", "@@/run/coredump.socket\n"] {
            assert!(escapes_limit(past), "{past}");
        }
    }

    #[test]
    fn only_a_hiding_proc_counts() {
        let line = |options: &str| format!("22 1 0:21 / /proc rw,nosuid - proc proc {options}\n");
        assert!(hides_processes(&line("rw,hidepid=invisible")));
        assert!(hides_processes(&line("rw,gid=5,hidepid=2")));
        for shown in ["rw", "rw,hidepid=off", "rw,hidepid=0"] {
            assert!(!hides_processes(&line(shown)), "{shown}");
        }
        assert!(!hides_processes(&(line("rw,hidepid=2") + &line("rw"))), "the last mount counts");
        assert!(!hides_processes(""));
    }
}
