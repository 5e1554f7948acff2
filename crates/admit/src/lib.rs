//! Decides whether a Slurm job may run.
//!
//! The way is one way: facts, site, drop box, script, allowlist entry, template, verified store,
//! sealed run directory, record, audit log, verdict. Whatever fails on it is a refusal with a
//! stable code, and takes back what was made before.

mod admission;
mod audit;
mod batch;
mod decide;
mod drop_box;
mod facts;
mod job;
mod node;
mod parameters;
mod places;
mod pulse;
mod record;
mod refused;
mod runs;
mod sandbox;
mod scan;
mod scope;
mod script;
mod seal;
mod steps;
mod store;
mod told;
mod trial;
mod undo;
mod user;
mod warm;

use std::io::Read;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use sluice_protocol::{Admission, Code, Facts, Mode, Refusal, Verdict};
use sluice_site::Site;
use sluice_site::paths::Roots;
use time::OffsetDateTime;

pub use audit::record_mode;
pub use node::look;
pub use pulse::Pulse;
pub use store::Scrubbed;
pub use warm::{Warmed, scrub, warm};

use batch::Batch;
use decide::decide;
use job::Job;
use refused::Refused;
use store::Store;
use undo::Undo;

/// Judges a message of the plugin; whatever happens, there is an answer. The plugin asks Slurm
/// about the job meanwhile, so what doesn't depend on it comes before the message is read; `now` is
/// asked afterwards.
pub fn answer(
    message: impl Read,
    roots: &Roots,
    now: impl FnOnce() -> OffsetDateTime,
    pulse: &mut Pulse,
) -> Verdict {
    let work = AssertUnwindSafe(|| respond(message, roots, now, pulse));
    catch_unwind(work).unwrap_or_else(|_| {
        Verdict::Refuse(Refusal {
            code: Code::InternalError.into(),
            message: "sluice-admit failed; ask the administrator to report it".into(),
        })
    })
}

/// Read, scope, decide, answer.
fn respond(
    message: impl Read,
    roots: &Roots,
    now: impl FnOnce() -> OffsetDateTime,
    pulse: &mut Pulse,
) -> Verdict {
    let site = Site::read(&roots.etc.join("sluice.toml"));
    let site = site.map_err(|error| Refused::new(Code::ConfigurationInvalid, error));
    let safe = site.as_ref().map_or(Ok(()), |site| node::check(site, roots));
    let facts = match facts::read(message) {
        Ok(facts) => facts,
        // Without facts there is nobody to tell but the log.
        Err(refused) => return refuse(roots, None, &refused),
    };
    let job = match &site {
        Ok(site) => Job { facts: &facts, site, roots, now: now() },
        Err(refused) => return refuse(roots, Some(&facts), refused),
    };
    if !job.is_in_scope() {
        return Verdict::OutOfScope;
    }
    let step = safe.and_then(|()| match job.is_observed() {
        true => Ok(None),
        false => steps::decide(&job, pulse),
    });
    let batch = match step {
        Ok(Some(admission)) => return Verdict::Admit(Box::new(admission)),
        Ok(None) => Batch::open(job),
        Err(refused) => Err(refused),
    };
    let outcome = match &batch {
        Ok(batch) if job.is_observed() => observe(batch, pulse),
        Ok(batch) => admit(batch, pulse),
        Err(refused) => Err(refused.clone()),
    };
    conclude(&job, batch.as_ref().ok(), outcome)
}

/// The verdict: on trial, a job that is refused runs all the same.
fn conclude(
    job: &Job<'_>,
    batch: Option<&Batch<'_>>,
    mut outcome: Result<Admission, Refused>,
) -> Verdict {
    if let (Err(refused), Mode::Confine) = (&outcome, job.facts.mode)
        && refused.code != Code::NodeUnsafe
    {
        outcome = match batch {
            Some(batch) => trial::run(batch, refused),
            None => trial::step(job, refused),
        };
    }
    let refused = match outcome {
        Ok(admission) => return Verdict::Admit(Box::new(admission)),
        Err(refused) => refused,
    };
    let verdict = refuse(job.roots, Some(job.facts), &refused);
    if let Some(batch) = batch.filter(|job| !job.is_observed()) {
        told::tell(batch, None, Some(&refused));
    }
    verdict
}

/// Refused it is with or without its line in the log.
fn refuse(roots: &Roots, facts: Option<&Facts>, refused: &Refused) -> Verdict {
    let _ = audit::refused(roots, facts, refused);
    Verdict::Refuse(refused.clone().into())
}

/// Decides, and makes all that the admitted job needs.
fn admit(job: &Batch<'_>, pulse: &mut Pulse) -> Result<Admission, Refused> {
    let mut approved = decide(job)?;
    let store = Store::open(job.roots, &job.site.store)?;
    pulse.limit(Some(Duration::from_secs(job.site.store.cold_seconds)));
    // Kept until the job's record says what it uses.
    let held = approved
        .bundles()
        .map(|bundle| store.provide(&bundle, pulse))
        .collect::<Result<Vec<_>, _>>()?;
    parameters::apply(&mut approved, &store, &held)?;
    let mut undo = Undo::default();
    runs::take(job, &approved, &mut undo)?;
    let sealed = seal::make(job, &approved.files, &mut undo)?;
    let record = record::approved(job, &approved, &held, &sealed, &mut undo)?;
    let mut admission = admission::of(job, &approved, &store, &held);
    steps::allow(job, &approved, &record, &mut admission, &mut undo)?;
    audit::admitted(job, &approved)?;
    undo.keep();
    told::tell(job, Some(&record), None);
    Ok(admission)
}

/// Decides without making anything.
fn observe(job: &Batch<'_>, pulse: &mut Pulse) -> Result<Admission, Refused> {
    let mut approved = decide(job)?;
    let store = Store::open(job.roots, &job.site.store)?;
    pulse.limit(Some(Duration::from_secs(job.site.store.cold_seconds)));
    let held = approved
        .bundles()
        .map(|bundle| store.check(&bundle, pulse))
        .collect::<Result<Vec<_>, _>>()?;
    parameters::apply(&mut approved, &store, &held)?;
    audit::observed(job, &approved)?;
    Ok(admission::of(job, &approved, &store, &held))
}
