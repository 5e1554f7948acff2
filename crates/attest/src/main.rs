//! `sluice-attest`: what happens on a node after an admitted job.
//!
//! - `sluice-attest end JOB NODE`: the node's part, run by the job epilog and short: kills what
//!   is left of the job and starts the worker on the batch host, `done` on every other node.
//! - `sluice-attest done JOB NODE RAN`: waits until what the job wrote on this node is written, and
//!   notes that the node is done.
//! - `sluice-attest job JOB`: the worker: waits until the job has wholly ended, then signs.
//! - `sluice-attest resume`: starts a worker for every job that was admitted here and has not
//!   been attested, and `sluice-attest sweep` for what jobs without an epilog have left; run when
//!   slurmd or the machine starts.
#![forbid(unsafe_code)]

mod done;
mod end;
mod host;
mod outage;
mod patience;
mod report;
mod results;
mod slurm;
mod statement;
mod surrender;
mod sweep;
#[cfg(test)]
mod tests;
mod wait;
mod worker;

use std::{env, process::ExitCode};

use anyhow::{Context, Result};

use crate::{
    done::{Ran, Which},
    host::Host,
    patience::Patience,
    slurm::Squeue,
};
use sluice_site::{
    exit::{self, Exit, Failure},
    paths::Roots,
};

fn main() -> ExitCode {
    let words: Vec<String> = env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let result = match run(&words) {
        Ok(true) => Ok(Exit::Ok),
        Ok(false) => Err(Failure::usage(format_args!(
            "usage: sluice-attest end JOB NODE | done JOB[.RESTART] NODE {}|{} | job JOB | resume | sweep",
            Ran::Whole.word(),
            Ran::Less.word()
        ))),
        Err(error) => Err(Failure::environment(format_args!("{error:#}"))),
    };
    exit::end("sluice-attest", result)
}

/// Whether the words are a command; it has done its work then.
fn run(words: &[&str]) -> Result<bool> {
    let host = || Host::once_configured(&Roots::system(), &Patience::USUAL);
    let job = |text: &str| text.parse::<u32>().with_context(|| format!("{text:?} is no job id"));
    let done = match words {
        ["end", id, node] => end::end(&Roots::system(), job(id)?, node),
        ["done", id, node, ran] => {
            let ran = Ran::of(ran).with_context(|| format!("{ran:?} says nothing of its steps"))?;
            let which = match id.parse() {
                Ok(start) => Which::Start(start),
                Err(_) => Which::Job(job(id)?),
            };
            done::done(&host()?, which, node, ran)
        }
        ["job", id] => worker::job(&host()?, &Squeue, &Patience::USUAL, job(id)?),
        ["resume"] => sweep::start(&Roots::system()).and(worker::resume(&Roots::system())),
        ["sweep"] => sweep::sweep(&Roots::system(), &Squeue),
        _ => return Ok(false),
    };
    done.map(|()| true)
}
