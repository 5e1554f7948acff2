//! Decides whether a Slurm job may run.
//!
//! The way is one way: facts, site, drop box, script, allowlist entry, template, verified store,
//! sealed run directory, record, audit log, verdict. Whatever fails on it is a refusal with a
//! stable code, and takes back what was made before.

mod admission;
mod audit;
mod decide;
mod drop_box;
mod facts;
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
mod trial;
mod undo;
mod user;
mod warm;

use std::io::Read;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::time::Duration;

use sluice_protocol::{Admission, Facts, Mode, Refusal, Sandbox, Verdict};
use sluice_site::paths::Roots;
use sluice_site::record::run_id;
use sluice_site::{Site, users};
use sluice_sys::jobs::{Incarnation, JobDir};
use time::OffsetDateTime;

pub use audit::record_mode;
pub use node::look;
pub use pulse::Pulse;
pub use store::Scrubbed;
pub use warm::{Warmed, scrub, warm};

use decide::decide;
use drop_box::DropBox;
use refused::Refused;
use store::Store;
use undo::Undo;
use user::User;

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
            code: "internal-error".into(),
            message: "sluice-admit failed; ask the administrator to report it".into(),
        })
    })
}

/// Everything known of a job before its script is looked at.
struct Job<'a> {
    facts: &'a Facts,
    site: &'a Site,
    roots: &'a Roots,
    now: OffsetDateTime,
    user: User,
    drop_box: DropBox,
    sandbox: Sandbox,
}

fn respond(
    message: impl Read,
    roots: &Roots,
    now: impl FnOnce() -> OffsetDateTime,
    pulse: &mut Pulse,
) -> Verdict {
    let site = Site::read(&roots.etc.join("sluice.toml"));
    let site = site.map_err(|error| Refused::new("configuration-invalid", error));
    let safe = site.as_ref().map_or(Ok(()), |site| node::check(site, roots));
    let facts = match facts::read(message) {
        Ok(facts) => facts,
        Err(refused) => {
            // Without facts there is nobody to tell but the log.
            let _ = audit::refused(roots, None, &refused);
            return Verdict::Refuse(refused.into());
        }
    };
    if let Ok(Site { scope: Some(scope), .. }) = &site
        && !scope.covers(
            &facts.job.partition,
            &facts.job.account,
            users::name_of(facts.job.uid).as_deref(),
        )
    {
        return Verdict::OutOfScope;
    }
    let step = match &site {
        Ok(site) => safe.and_then(|()| match facts.mode {
            Mode::Observe => Ok(None),
            _ => steps::decide(&facts, site, roots, pulse),
        }),
        Err(_) => Ok(None),
    };
    if let Ok(Some(admission)) = step {
        return Verdict::Admit(Box::new(admission));
    }
    let job = site.as_ref().map_err(Refused::clone).and_then(|site| {
        step?;
        facts::check_kind(&facts)?;
        let user = User::of(&facts.job, site)?;
        let drop_box = DropBox::open(&facts.job.work_dir, &site.runs, &user)?;
        let sandbox = sandbox::of(&facts.job, site)?;
        Ok(Job { facts: &facts, site, roots, now: now(), user, drop_box, sandbox })
    });
    let mut outcome = match &job {
        Err(refused) => Err(refused.clone()),
        Ok(job) if facts.mode == Mode::Observe => observe(job, pulse),
        Ok(job) => admit(job, pulse),
    };
    if let (Err(refused), Mode::Confine, Ok(site)) = (&outcome, facts.mode, &site)
        && refused.code != node::UNSAFE
    {
        outcome = match &job {
            Ok(job) => trial::run(job, refused),
            Err(refused) => User::of(&facts.job, site)
                .and_then(|user| trial::step(&facts, site, roots, &user, refused)),
        };
    }
    if let Err(refused) = &outcome {
        // The job is refused with or without its line in the log.
        let _ = audit::refused(roots, Some(&facts), refused);
        if let (Ok(job), Mode::Confine | Mode::Enforce) = (&job, facts.mode) {
            job.drop_box.tell(job, None, Some(refused));
        }
    }
    match outcome {
        Ok(admission) => Verdict::Admit(Box::new(admission)),
        Err(refused) => Verdict::Refuse(refused.into()),
    }
}

/// Decides, and makes all that the admitted job needs.
fn admit(job: &Job<'_>, pulse: &mut Pulse) -> Result<Admission, Refused> {
    let mut approved = decide(job)?;
    let store = Store::open(job.roots, &job.site.store)?;
    pulse.limit(Some(Duration::from_secs(job.site.store.cold_seconds)));
    // Kept until the job's record says what it uses.
    let held = approved
        .bundles()
        .map(|bundle| store.provide(&bundle, pulse))
        .collect::<Result<Vec<_>, _>>()?;
    parameters::apply(&mut approved, &store)?;
    let mut undo = Undo::default();
    runs::take(job, &approved, &mut undo)?;
    let sealed = seal::make(job, &approved.files, &mut undo)?;
    let record = record::approved(job, &approved, &held, &sealed, &mut undo)?;
    let mut admission = admission::of(job, &approved, &store);
    steps::allow(job, &approved, &record, &mut admission, &mut undo)?;
    audit::admitted(job, &approved)?;
    undo.keep();
    job.drop_box.tell(job, Some(&record), None);
    Ok(admission)
}

/// Decides without making anything.
fn observe(job: &Job<'_>, pulse: &mut Pulse) -> Result<Admission, Refused> {
    let mut approved = decide(job)?;
    let store = Store::open(job.roots, &job.site.store)?;
    pulse.limit(Some(Duration::from_secs(job.site.store.cold_seconds)));
    for bundle in approved.bundles() {
        store.check(&bundle, pulse)?;
    }
    parameters::apply(&mut approved, &store)?;
    audit::observed(job, &approved)?;
    Ok(admission::of(job, &approved, &store))
}

impl Job<'_> {
    /// Which start of the job this is.
    fn incarnation(&self) -> Incarnation {
        self.facts.incarnation()
    }

    /// The directory of the sealed run directory, which the service account owns.
    fn seal(&self) -> PathBuf {
        self.site.seal(self.incarnation())
    }

    /// The job's record on this node.
    fn record(&self) -> JobDir {
        self.roots.jobs().dir(self.incarnation().into())
    }

    fn run_id(&self) -> String {
        let name = self.drop_box.path().rsplit('/').next().unwrap_or_default();
        run_id(name.as_bytes(), &self.site.cluster, self.incarnation())
    }
}
