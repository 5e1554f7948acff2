//! Decides whether a Slurm job may run: facts on standard input, verdict on standard output.

use std::io::{Write, stderr, stdin, stdout};
use std::process::ExitCode;

use sluice_admit::{Pulse, answer, look, record_mode, scrub, warm};
use sluice_site::paths::Roots;
use time::OffsetDateTime;

fn main() -> ExitCode {
    // Modes are given outright, not through whatever umask was inherited.
    rustix::process::umask(rustix::fs::Mode::empty());
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let roots = Roots::system();
    let done = match words.as_slice() {
        [] => decide(&roots),
        ["record-mode", mode, node] => {
            record_mode(&roots, mode, node).map_err(std::io::Error::other)
        }
        ["warm", id] => {
            let warmed =
                warm(id, &roots, OffsetDateTime::now_utc(), &mut Pulse::new(std::io::sink()));
            warmed
                .map_err(std::io::Error::other)
                .and_then(|warmed| Ok(serde_json::to_writer(stdout().lock(), &warmed)?))
        }
        ["scrub"] => scrub(&roots, &mut Pulse::new(std::io::sink()))
            .map_err(std::io::Error::other)
            .and_then(|scrubbed| Ok(serde_json::to_writer(stdout().lock(), &scrubbed)?)),
        ["look-at-node", slurm_conf @ ..] => look(&roots, slurm_conf.first().map(Into::into))
            .and_then(|found| found.iter().try_for_each(|line| writeln!(stdout(), "{line}"))),
        _ => {
            let usage = "usage: sluice-admit [record-mode MODE NODE | warm NAME@VERSION | scrub | \
                         look-at-node [SLURM.CONF]]";
            let _ = writeln!(stderr(), "{usage}");
            return ExitCode::from(2);
        }
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(stderr(), "sluice-admit: {error}");
            ExitCode::from(4)
        }
    }
}

fn decide(roots: &Roots) -> std::io::Result<()> {
    let mut pulse = Pulse::new(stdout());
    let verdict = answer(stdin().lock(), roots, OffsetDateTime::now_utc, &mut pulse);
    let mut out = stdout().lock();
    serde_json::to_writer(&mut out, &verdict)?;
    out.flush()
}
