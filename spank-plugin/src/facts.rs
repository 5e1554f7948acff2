//! What `sluice-admit` is told of a step: first-hand from slurmd and slurmctld.

use std::env;

use sluice_protocol::{Code, FORMAT, Facts, JobFacts, Mode, Refusal, Step};

use crate::{
    SLURM,
    ffi::{SLURM_BATCH_SCRIPT, SLURM_INTERACTIVE_STEP, Spank, SpankError, load_job},
};

/// Gathers them, or says what Slurm would not tell.
pub(crate) fn facts(
    spank: &Spank<'_>,
    mode: Mode,
    ticket: Option<String>,
) -> Result<Facts, Refusal> {
    let missing = |error: SpankError| Refusal::new(Code::FactsInvalid, error);
    let id = spank.job_id().map_err(missing)?;
    let step = match spank.step_id().map_err(missing)? {
        SLURM_BATCH_SCRIPT => Step::Batch,
        SLURM_INTERACTIVE_STEP => Step::Interactive,
        number => Step::Run(number),
    };
    let info = load_job(id).ok_or_else(|| {
        Refusal::new(
            Code::ControllerUnreachable,
            "slurmctld does not describe the job; submit it again",
        )
    })?;
    // Requeued while this step was starting: its number is that of the next start by now, whose
    // record and sealed directory this one must not take.
    if step == Step::Batch && !info.running {
        return Err(Refusal::new(
            Code::FactsInvalid,
            "the job was requeued or cancelled as it started",
        ));
    }
    let argv = spank.argv().map_err(missing)?;
    let script = (step == Step::Batch).then(|| argv.first().cloned()).flatten();
    Ok(Facts {
        format: FORMAT,
        mode,
        // A batch step runs on the batch host; another one on whichever node slurmd says.
        node: match step {
            Step::Batch => info.batch_host,
            _ => env::var("SLURMD_NODENAME").unwrap_or(info.batch_host),
        },
        slurm: SLURM.into(),
        step,
        ticket,
        job: JobFacts {
            id,
            restart: info.restart,
            uid: spank.uid().map_err(missing)?,
            gid: spank.gid().map_err(missing)?,
            groups: spank.groups().map_err(missing)?,
            account: info.account,
            partition: info.partition,
            start_time: info.start_time,
            nodes: info.nodes,
            array: info.array,
            het: info.het,
            work_dir: info.work_dir,
            script,
            script_args: argv.len().saturating_sub(1),
        },
    })
}
