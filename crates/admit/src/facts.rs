//! The plugin's message, and which kinds of jobs there are to judge at all.

use std::io::Read;

use sluice_protocol::{Code, FORMAT, Facts, MAX_MESSAGE, Mode, Step};

use crate::refused::Refused;

pub(crate) fn read(from: impl Read) -> Result<Facts, Refused> {
    let invalid = |why: String| Refused::new(Code::FactsInvalid, why);
    let mut message = Vec::new();
    // What can't be read in full is judged as far as it came, and refused. One byte more than
    // allowed, so that an overlong message is seen to be one.
    let _ = from.take(MAX_MESSAGE as u64 + 1).read_to_end(&mut message);
    if message.len() > MAX_MESSAGE {
        return Err(invalid(format!("the plugin's message is longer than {MAX_MESSAGE} bytes")));
    }
    let facts: Facts = serde_json::from_slice(&message).map_err(|error| {
        invalid(format!(
            "the plugin's message can't be read ({error}); install one version of both"
        ))
    })?;
    if facts.format != FORMAT {
        return Err(invalid(format!("the plugin speaks format {}, not {FORMAT}", facts.format)));
    }
    if facts.mode == Mode::Off {
        return Err(invalid("the plugin asked although it is off".into()));
    }
    Ok(facts)
}

/// Only a whole, single batch job can be judged by its script.
pub(crate) fn check_kind(facts: &Facts) -> Result<(), Refused> {
    // As when the job was requeued while this step was starting.
    if facts.node.is_empty() || facts.job.nodes.is_empty() {
        let message = "the plugin doesn't know its node or the job's nodes";
        return Err(Refused::new(Code::FactsInvalid, message));
    }
    if facts.step != Step::Batch {
        let message = "only batch jobs are admitted; an approved job's steps run inside the job";
        return Err(Refused::new(Code::StepRefused, message));
    }
    if facts.job.array {
        let message = "array jobs are not admitted; submit each run as a job of its own";
        return Err(Refused::new(Code::ArrayRefused, message));
    }
    if facts.job.het {
        let message = "heterogeneous jobs are not admitted; submit one plain job";
        return Err(Refused::new(Code::HetRefused, message));
    }
    Ok(())
}
