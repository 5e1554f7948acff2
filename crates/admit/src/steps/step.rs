//! The decision about one step.

use sluice_protocol::{Admission, Step};

use super::{distribution, ticket};
use crate::job::Job;
use crate::pulse::Pulse;
use crate::refused::Refused;
use crate::{audit, sandbox};

/// A step's admission, if the job is one whose steps are admitted; the refusal if this step isn't
/// the job's own.
pub(crate) fn decide(job: &Job<'_>, pulse: &mut Pulse) -> Result<Option<Admission>, Refused> {
    let Step::Run(_) = job.facts.step else { return Ok(None) };
    let here = distribution::on_node(&job.record())?;
    let is_here = here.is_some();
    let Some(mut inside) = here.map_or_else(|| distribution::elsewhere(job), |it| Ok(Some(it)))?
    else {
        return Ok(None);
    };
    let ticket = ticket::check(job, &inside.record)?;
    let sandbox = sandbox::of(job)?;
    if !is_here {
        distribution::bring(&mut inside, ticket, job, pulse)?;
    }
    audit::stepped(job, &inside.record)?;
    // Nodes differ.
    Ok(Some(Admission { sandbox, ..inside.admission }))
}
