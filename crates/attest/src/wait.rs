//! Waiting until a job has wholly ended, on every node.

use std::{
    thread::sleep,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};
use sluice_policy::attestation::JobState;
use sluice_site::record::Record;

use crate::{
    done::{self, Ran},
    end::clear,
    host::Host,
    outage::Outage,
    patience::Patience,
    report,
    slurm::Slurm,
};

/// Slurm is asked again after this long, doubling up to [`Patience::slowest`].
const FASTEST: Duration = Duration::from_millis(50);

/// How the job ended, once it has on every node.
pub(crate) fn for_end(
    host: &Host,
    slurm: &impl Slurm,
    patience: &Patience,
    record: &Record,
) -> Result<JobState> {
    let incarnation = record.incarnation();
    let started = Instant::now();
    let mut silence = Outage::default();
    let mut ended = None;
    let mut pause = FASTEST;
    loop {
        let is_late = started.elapsed() > patience.give_up;
        if ended.is_none() {
            let answer = slurm.ended(incarnation);
            match answer.context("Slurm doesn't say whether the job has ended") {
                Ok(state) => {
                    if silence.ends() {
                        report::attest_mended(&host.roots, incarnation)?;
                    }
                    ended = state.map(|state| (state, Instant::now()));
                }
                // slurmctld may be away for a while.
                Err(error) if is_late => return Err(error),
                Err(error) => {
                    if silence.goes_on(Instant::now(), patience.silence) {
                        // The log may be what is broken; the wait isn't over.
                        let _ = report::attest_failed(&host.roots, incarnation, &error);
                    }
                }
            }
        }
        if let Some((state, at)) = ended {
            // The epilog did this, unless it could not: an error is told by the lost node.
            let _ = leave(host, record);
            if host.as_service(|| Ok(done::all_done(host, record)))? {
                return Ok(state);
            }
            if at.elapsed() > patience.lost {
                return Ok(JobState::NodeLost);
            }
        }
        if is_late {
            bail!("it has not ended, and this worker waits for {:?} at most", patience.give_up);
        }
        sleep(pause);
        pause = (pause * 2).min(patience.slowest);
    }
}

/// This node's part in the end of the incarnation, if it is still to do.
fn leave(host: &Host, record: &Record) -> Result<()> {
    let (incarnation, node) = (record.incarnation(), &record.run.node);
    if host.as_service(|| Ok(done::is_done(host, record, node)))? {
        return Ok(());
    }
    clear(&host.roots, incarnation.into())?;
    let ran = Ran::on_node(&host.roots.jobs().dir(incarnation.into()));
    done::report(host, incarnation, node, ran)
}
