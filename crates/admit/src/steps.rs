//! Steps that an admitted job starts inside its own allocation, decided from the job's record.
//!
//! A step shows the job's ticket. On a node that has no record yet the step brings it there: the
//! node that admitted the job left it beside the sealed run directory, under the step key's MAC.

mod distribution;
mod step;
mod ticket;

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use sluice_policy::digest::Digest;
use sluice_policy::entry::Steps;
use sluice_protocol::{Access, Admission, Bind, Code, OpenAs, TICKET};
use sluice_site::record::Record;
use sluice_sys::jobs::JobDir;

pub(crate) use step::decide;

use crate::batch::Batch;
use crate::decide::Approved;
use crate::refused::Refused;
use crate::undo::Undo;

/// What srun tells slurmstepd's PMIx server of the step's nodes and tasks, and by what Open MPI knows
/// that srun started it; plain words, as all that is kept.
const ENV_KEEP: &[&str] = &["SLURM_STEP_NODELIST", "SLURM_PMIX_MAPPING_SERV", "SLURM_NODELIST"];

/// All that a node needs for a step of the job.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Inside {
    record: Record,
    bundles: Vec<Tree>,
    admission: Admission,
}

/// A bundle that has to be in the node's store.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Tree {
    source: PathBuf,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    image: Option<PathBuf>,
    digest: Digest,
    links: Vec<String>,
}

/// Gives an admitted job the ticket for its steps, if its entry lets it have any.
pub(crate) fn allow<'a>(
    job: &'a Batch<'_>,
    approved: &Approved,
    record: &Record,
    admission: &mut Admission,
    undo: &mut Undo<'a>,
) -> Result<(), Refused> {
    if approved.verified.entry.steps == Steps::None {
        return Ok(());
    }
    let places = job.site.sandbox.slurm_places.iter();
    let read = |source: &Path, target: &Path| Bind {
        source: source.into(),
        target: target.into(),
        open_as: OpenAs::Root,
        access: Access::Read,
        image: None,
    };
    admission.binds.extend(places.map(|place| read(place, place)));
    admission.binds.push(read(&job.record().join(JobDir::TICKET), Path::new(TICKET)));

    let key = ticket::key(job.roots)?;
    let mut of_steps = Admission { script: None, ..admission.clone() };
    of_steps.env_keep.extend(ENV_KEEP.iter().map(|name| (*name).into()));
    let inside = Inside {
        record: record.clone(),
        bundles: approved
            .bundles()
            .map(|bundle| Tree {
                source: bundle.installed.at.clone(),
                image: bundle.installed.image.clone(),
                digest: bundle.digest,
                links: bundle.links.to_vec(),
            })
            .collect(),
        admission: of_steps,
    };
    let bytes = serde_json::to_vec(&inside).map_err(|e| Refused::new(Code::InternalError, e))?;
    distribution::leave(job.record().path(), &ticket::issue(job, record, &key), &bytes)?;
    if record.run.nodes.len() > 1 {
        distribution::for_other_nodes(job, &key, &bytes, undo)?;
    }
    Ok(())
}
