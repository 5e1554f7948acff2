//! Whether a run may be looked at for release: it succeeded, and WESkit is through with it.

use sluice_policy::attestation::{End, JobState, Run};
use time::{Duration, OffsetDateTime};

use crate::outcome::{Code, Stop};

/// How long after its end a run may wait for WESkit's log.json.
const GRACE: Duration = Duration::seconds(60);

/// Only a job that Slurm and its own exit code call successful has results.
pub fn succeeded(run: &End) -> Result<(), Stop> {
    if run.exit_code == 0 && run.state == JobState::Completed {
        if run.interfered {
            let message = "a step was ended by a signal, and the script went on: run it again";
            return Err(Stop::hold(Code::Interfered, message));
        }
        return Ok(());
    }
    // Slurm's own word is missing: whether the run was whole is for a person to find out.
    if run.exit_code == 0 && matches!(run.state, JobState::Unknown | JobState::NodeLost) {
        let message = format!("how the job ended is not known ({}): look into Slurm", run.state);
        return Err(Stop::hold(Code::EndUnknown, message));
    }
    if run.state == JobState::Requeued {
        let message = "Slurm started the job again; its new start is a run of its own";
        return Err(Stop::fail(Code::Requeued, message));
    }
    Err(Stop::fail(
        Code::RunFailed,
        format!("the job ended with exit code {} and Slurm's state {}", run.exit_code, run.state),
    ))
}

/// A job that only `mode=confine` let run has no approval to release anything under.
pub fn approved(run: &Run) -> Result<(), Stop> {
    match &run.held {
        None => Ok(()),
        Some(code) => Err(Stop::hold(
            Code::Unapproved,
            format!(
                "the job ran on trial and would be refused ({code}); submit it again as approved"
            ),
        )),
    }
}

/// Turns a hold into waiting while WESkit may still be writing.
pub fn with_grace(stop: Stop, ended: OffsetDateTime, now: OffsetDateTime) -> Stop {
    match stop {
        Stop::Hold(reason) if now < ended + GRACE => Stop::Wait(reason),
        other => other,
    }
}
