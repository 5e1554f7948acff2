//! Other hosts, reached by ssh or what the site has in its place.

use std::ffi::OsString;
use std::process::{Command, Output, Stdio};
use std::sync::Mutex;
use std::thread;

use crate::exit::{Doing, Failure, Result};
use crate::slurm;

/// Hosts that are talked to at once; one that is down holds up no more than its share.
const AT_ONCE: usize = 32;

/// How hosts are reached.
pub(super) struct Shell {
    words: Vec<OsString>,
}

impl Shell {
    /// `line` is a command and its options, split at blanks; the host and its command follow it.
    pub(super) fn new(line: &str) -> Result<Self> {
        let words: Vec<OsString> = line.split_whitespace().map(OsString::from).collect();
        match words.is_empty() {
            true => Err(Failure::usage("--rsh needs a command, such as ssh")),
            false => Ok(Self { words }),
        }
    }

    /// Runs `sluice` with plain words on `host`, its standard input from `input`.
    pub(super) fn sluice(&self, host: &str, arguments: &[&str], input: Stdio) -> Result<Output> {
        if host.is_empty() || host.starts_with('-') || host.contains(char::is_whitespace) {
            return Err(Failure::usage(format_args!("{host:?} is no host name")));
        }
        Command::new(&self.words[0])
            .args(&self.words[1..])
            .args([host, "sluice"])
            .args(arguments)
            .stdin(input)
            .output()
            .doing(|| format!("run {}", self.words[0].to_string_lossy()))
    }
}

/// The hosts that were named; `n[1-9]` and `a,b` are lists as Slurm writes them.
pub(super) fn expand(names: &[String]) -> Result<Vec<String>> {
    let mut hosts: Vec<String> = Vec::new();
    for name in names {
        match name.contains(['[', ',']) {
            true => hosts.extend(slurm::hostnames(name)?),
            false => hosts.push(name.clone()),
        }
    }
    Ok(hosts)
}

/// Does the same with every host, many at once; the results are in the order of the hosts.
pub(super) fn each<T: Send>(hosts: &[String], work: impl Fn(&str) -> T + Sync) -> Vec<T> {
    let next = Mutex::new(hosts.iter().enumerate());
    let take = || next.lock().ok().and_then(|mut next| next.next());
    let worker = || {
        let mut done = Vec::new();
        while let Some((index, host)) = take() {
            done.push((index, work(host)));
        }
        done
    };
    let mut done: Vec<(usize, T)> = thread::scope(|scope| {
        let workers: Vec<_> = (0..hosts.len().min(AT_ONCE)).map(|_| scope.spawn(worker)).collect();
        let join = |worker: thread::ScopedJoinHandle<'_, _>| {
            worker.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
        };
        workers.into_iter().flat_map(join).collect()
    });
    done.sort_by_key(|(index, _)| *index);
    done.into_iter().map(|(_, result)| result).collect()
}

/// What a failed remote command said, in one line.
pub(super) fn said(output: &Output) -> String {
    let text = String::from_utf8_lossy(&output.stderr);
    let last = text.lines().rfind(|line| !line.trim().is_empty()).unwrap_or("it said nothing");
    last.trim_start_matches("sluice: ").to_owned()
}
