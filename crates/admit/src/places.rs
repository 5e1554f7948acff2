//! Where the job will see its data.

use std::path::{Path, PathBuf};

use sluice_policy::entry::Entry;
use sluice_protocol::Code;
use sluice_sys::beneath;

use crate::batch::Batch;
use crate::refused::Refused;

/// Nothing is shown at, above or below these.
const TAKEN: &[&str] = &[
    "/bin",
    "/boot",
    "/dev",
    "/etc",
    "/lib",
    "/lib32",
    "/lib64",
    "/libx32",
    "/proc",
    "/run",
    "/sbin",
    "/sys",
    "/tmp",
    "/usr",
    "/var/lib/sluice",
    "/var/tmp",
];

/// A data set and where it is shown.
pub(crate) struct DataBind {
    pub(crate) source: PathBuf,
    pub(crate) target: PathBuf,
}

/// The entry's data sets, found on this host.
pub(crate) fn data(
    job: &Batch<'_>,
    entry: &Entry,
    bundle: &Path,
    runtime: Option<&Path>,
) -> Result<Vec<DataBind>, Refused> {
    let own = [Some(bundle), runtime, Some(Path::new(job.drop_box.path()))];
    let own: Vec<&Path> = own.into_iter().flatten().collect();
    let mut binds: Vec<DataBind> = Vec::new();
    for data in &entry.data {
        let target = PathBuf::from(&data.at);
        let others = binds.iter().map(|bind| bind.target.as_path());
        let taken = TAKEN.iter().map(Path::new).chain(own.iter().copied()).chain(others);
        for place in taken {
            if target.starts_with(place) || place.starts_with(&target) {
                let message = format!(
                    "{}: data {} can't be shown at {}, since {} is there; choose another place",
                    entry.id(),
                    data.name,
                    data.at,
                    place.display(),
                );
                return Err(Refused::new(Code::EntryInvalid, message));
            }
        }
        binds.push(DataBind { source: source(job, &data.name)?, target });
    }
    Ok(binds)
}

fn source(job: &Batch<'_>, name: &str) -> Result<PathBuf, Refused> {
    let missing = |why: String| Refused::new(Code::DataMissing, format!("data set {name}: {why}"));
    let set = job.site.data.get(name);
    let set = set.ok_or_else(|| missing("this cluster doesn't have it in sluice.toml".into()))?;
    job.user.serve(|| beneath::open_dir(&set.path))?.map_err(|error| {
        missing(format!("the service account can't open its directory: {error}"))
    })?;
    Ok(set.path.clone())
}
