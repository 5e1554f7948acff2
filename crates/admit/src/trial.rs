//! `mode=confine`: a job that would be refused runs all the same, sealed, and its results are
//! held. A batch job in a run directory keeps what it writes; any other step gets the bare
//! sandbox, in which nothing is kept.

use std::fs;
use std::path::PathBuf;

use sluice_policy::entry::Stdio;
use sluice_protocol::{Access, Admission, Bind, OpenAs};
use sluice_site::Site;
use sluice_sys::jobs::RecordName;
use sluice_sys::trusted::{Trust, ensure_dir};

use crate::batch::Batch;
use crate::job::Job;
use crate::refused::Refused;

use crate::undo::Undo;
use crate::user::User;
use crate::{admission, audit, decide, record, sandbox, script, seal, told};

/// Files of the drop box that are taken along.
const MAX_FILES: usize = 64;

/// Seals a batch job that `refused` would have stopped.
pub(crate) fn run(job: &Batch<'_>, refused: &Refused) -> Result<Admission, Refused> {
    let script = script::bytes(&job.facts.job)?;
    let names = job.drop_box.others(&[], MAX_FILES, &job.user);
    let files: Vec<_> = names
        .into_iter()
        .filter_map(|name| Some((name.clone(), job.drop_box.read(&name, &job.user).ok()?)))
        .collect();
    // What no entry in force gives this user isn't shown, on trial or not.
    let data = decide::data_in_scope(job).unwrap_or_default();

    let mut undo = Undo::default();
    let sealed = seal::make(job, &files, &mut undo)?;
    let record = record::held(job, refused, &script, &sealed, &mut undo)?;
    audit::confined(job, refused)?;
    undo.keep();
    told::tell(job, Some(&record), Some(refused));

    let code = code(job.site);
    let data = admission::data(&job.user, &data);
    Ok(Admission {
        binds: admission::of_site(job.site)
            .chain(code)
            .chain(data)
            .chain([admission::run(job)])
            .collect(),
        stdio: admission::stdio(job, Stdio::Sealed),
        unapproved: Some(refused.clone().into()),
        ..admission::bare(job.facts, &job.record(), &job.user, job.sandbox.clone())
    })
}

/// Seals a step of which nothing is kept. Its record, and with it its sandbox, is not the job's:
/// an approved job's results would be worth nothing if it could reach the job's /tmp or sockets.
pub(crate) fn step(job: &Job<'_>, refused: &Refused) -> Result<Admission, Refused> {
    let user = User::of(job)?;
    let sandbox = sandbox::of(job)?;
    let name = RecordName { incarnation: job.incarnation(), trial: true };
    let record = job.roots.jobs().dir(name);
    let broken = |error: &dyn std::fmt::Display| record::unwritable(record.path(), error);
    ensure_dir(record.path(), 0o700, Trust::ROOT).map_err(|error| broken(&error))?;
    if job.facts.job.script.is_some() {
        let copy = script::bytes(&job.facts.job)?;
        // A job has one batch script a node.
        record::write_script(record.path(), &copy).map_err(|error| broken(&error))?;
    }
    audit::confined(job, refused)?;
    Ok(Admission {
        binds: admission::of_site(job.site).chain(code(job.site)).collect(),
        unapproved: Some(refused.clone().into()),
        ..admission::bare(job.facts, &record, &user, sandbox)
    })
}

/// Workflows and runtimes as they lie there, unverified. Images are not among them: the kernel reads
/// none that nobody signed.
fn code(site: &Site) -> Vec<Bind> {
    let bind = |path: &PathBuf| Bind {
        source: path.clone(),
        target: path.clone(),
        open_as: OpenAs::Root,
        access: Access::Execute,
        image: None,
    };
    let there = |path: &&PathBuf| fs::symlink_metadata(path).is_ok_and(|meta| meta.is_dir());
    [&site.workflows, &site.runtimes].into_iter().filter(there).map(bind).collect()
}
