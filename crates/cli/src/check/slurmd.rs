//! Whether users of this host reach a node's slurmd, which tells a job's owner the numbers of its
//! processes: a bit for each of them and question.

use std::io;
use std::net::{TcpStream, ToSocketAddrs};
use std::thread;
use std::time::Duration;

use sluice_site::Sandbox;
use sluice_site::node::SLURMD_REACHABLE;
use sluice_sys::identity::as_user;

use super::Findings;
use super::alone::FIRST_USER;
use crate::slurm::{self, Daemon};

/// How long a slurmd may take to accept.
const LIMIT: Duration = Duration::from_secs(1);
/// So many are tried at once.
const AT_ONCE: usize = 256;
/// So many are named.
const NAMED: usize = 3;

pub(super) fn check(sandbox: &Sandbox, root: bool, findings: &mut Findings) {
    if sandbox.accept.iter().any(|it| it == SLURMD_REACHABLE) {
        return;
    }
    let daemons = match slurm::daemons() {
        Ok(daemons) => daemons,
        Err(error) => {
            let what = format_args!("where slurmd listens is not known: {}", error.message);
            findings.warn(what, "mend it, or let no one log in on this host");
            return;
        }
    };
    match reached(&daemons, root) {
        Ok(open) if open.is_empty() => {
            let count = daemons.len();
            findings.ok(format_args!("users of this host reach slurmd on none of {count} nodes"));
        }
        Ok(open) => {
            let mut named = open.iter().take(NAMED).copied().collect::<Vec<_>>().join(", ");
            if NAMED < open.len() {
                named += &format!(" and {} more", open.len() - NAMED);
            }
            findings.fail(
                format_args!(
                    "{SLURMD_REACHABLE}: users of this host reach slurmd on {named}; sstat shows them \
                     the numbers of their jobs' processes"
                ),
                "close slurmd's port by a firewall to hosts where users log in; or accept it in \
                 sluice.toml",
            );
        }
        Err(error) => findings.warn(error, "run sluice check as another user"),
    }
}

/// Names of those that accept a connection. A firewall may go by user, and root is none.
fn reached(daemons: &[Daemon], root: bool) -> io::Result<Vec<&str>> {
    let ask = || daemons.chunks(AT_ONCE).flat_map(accepting).collect();
    // A thread begins with the identity of the one that starts it.
    if root { as_user(FIRST_USER, FIRST_USER, ask) } else { Ok(ask()) }
}

fn accepting(daemons: &[Daemon]) -> Vec<&str> {
    thread::scope(|scope| {
        let asked: Vec<_> = daemons.iter().map(|it| (it, scope.spawn(|| accepts(it)))).collect();
        let open = asked.into_iter().filter_map(|(daemon, answer)| {
            answer.join().is_ok_and(|it| it).then_some(daemon.node.as_str())
        });
        open.collect()
    })
}

/// A name that can't be resolved leads users nowhere, either.
fn accepts(daemon: &Daemon) -> bool {
    (daemon.address.as_str(), daemon.port)
        .to_socket_addrs()
        .is_ok_and(|mut them| them.any(|it| TcpStream::connect_timeout(&it, LIMIT).is_ok()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::TcpListener;

    #[test]
    fn only_who_accepts_is_reached() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let daemon = |node: &str, address: &str, port| Daemon {
            node: node.into(),
            address: address.into(),
            port,
        };
        let daemons = [
            daemon("open", "127.0.0.1", listener.local_addr().unwrap().port()),
            daemon("closed", "127.0.0.1", free),
            daemon("unknown", "", 1),
        ];
        assert_eq!(reached(&daemons, false).unwrap(), ["open"]);
    }
}
