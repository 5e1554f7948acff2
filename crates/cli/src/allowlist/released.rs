//! Runs whose results have left already: what a revocation comes too late for.

use std::path::Path;

use serde::{Deserialize, Serialize};
use sluice_policy::attestation::{Basis, Predicate, Run};
use sluice_policy::time::format;
use sluice_site::Site;
use sluice_site::paths::CLUSTER_KEY;

use crate::exit::Result;
use crate::{read, spool};

/// Upper bound of a status file, in bytes.
const MAX_STATUS: usize = 64 << 10;

/// A published run.
#[derive(Debug, Serialize)]
pub(super) struct Released {
    run_id: String,
    user: String,
    entry: String,
    ended: String,
    r#where: String,
}

impl std::fmt::Display for Released {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { run_id, user, entry, ended, r#where } = self;
        write!(f, "{run_id}  {entry} for {user}, ended {ended}: {where}", where = r#where)
    }
}

/// The part of a run's status file that counts here.
#[derive(Deserialize)]
struct Status {
    state: String,
    r#where: Option<String>,
}

/// The published runs that rest on what `concerns` is true of. Only root and the service account can
/// tell.
pub(super) fn runs(site: &Site, concerns: impl Fn(&Basis) -> bool) -> Result<Vec<Released>> {
    let key = read::cluster_key(Path::new(CLUSTER_KEY))?;
    let mut runs = Vec::new();
    // What isn't rightly attested was never published.
    spool::runs(site, &key, |Predicate { run, basis, end, .. }, _| {
        if concerns(&basis)
            && let Some(place) = published(&site.status, &run)
        {
            runs.push(Released {
                run_id: run.run_id,
                user: run.user,
                entry: basis.entry,
                ended: format(end.ended),
                r#where: place,
            });
        }
    })?;
    runs.sort_by(|a, b| a.run_id.cmp(&b.run_id));
    Ok(runs)
}

/// Where the run's results are, if they are anywhere.
fn published(status: &Path, run: &Run) -> Option<String> {
    let bytes = read::file(&status.join(format!("{}.json", run.status_token)), MAX_STATUS).ok()?;
    let status: Status = serde_json::from_slice(&bytes).ok()?;
    (status.state == "published").then(|| status.r#where.unwrap_or_default())
}
