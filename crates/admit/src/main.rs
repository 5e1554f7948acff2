//! Decides whether a Slurm job may run: facts on standard input, verdict on standard output.

use std::io::{Write, stdin, stdout};
use std::process::ExitCode;

use serde::Serialize;
use sluice_admit::{Pulse, answer, look, record_mode, scrub, warm};
use sluice_site::exit::{self, Exit, Failure, Result};
use sluice_site::paths::Roots;
use time::OffsetDateTime;

fn main() -> ExitCode {
    // Modes are given outright, not through whatever umask was inherited.
    rustix::process::umask(rustix::fs::Mode::empty());
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let roots = Roots::system();
    exit::end("sluice-admit", run(&words, &roots).map(|()| Exit::Ok))
}

fn run(words: &[&str], roots: &Roots) -> Result<()> {
    let pulse = &mut Pulse::new(std::io::sink());
    match words {
        [] => decide(roots).map_err(Failure::environment),
        ["record-mode", mode, node] => record_mode(roots, mode, node).map_err(Failure::environment),
        ["warm", id] => {
            let warmed = warm(id, roots, OffsetDateTime::now_utc(), pulse);
            print(&warmed.map_err(Failure::environment)?)
        }
        ["scrub"] => print(&scrub(roots, pulse).map_err(Failure::environment)?),
        ["look-at-node", slurm_conf @ ..] => {
            let found = look(roots, slurm_conf.first().map(Into::into));
            let found = found.map_err(Failure::environment)?;
            let printed = found.iter().try_for_each(|line| writeln!(stdout(), "{line}"));
            printed.map_err(Failure::environment)
        }
        _ => Err(Failure::usage(
            "usage: sluice-admit [record-mode MODE NODE | warm NAME@VERSION | scrub | \
             look-at-node [SLURM.CONF]]",
        )),
    }
}

fn print(value: &impl Serialize) -> Result<()> {
    serde_json::to_writer(stdout().lock(), value).map_err(Failure::environment)
}

fn decide(roots: &Roots) -> std::io::Result<()> {
    let mut pulse = Pulse::new(stdout());
    let verdict = answer(stdin().lock(), roots, OffsetDateTime::now_utc, &mut pulse);
    let mut out = stdout().lock();
    serde_json::to_writer(&mut out, &verdict)?;
    out.flush()
}
