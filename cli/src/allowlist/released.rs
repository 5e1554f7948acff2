//! Runs whose results have left already: what a revocation comes too late for.

use std::path::Path;

use serde::{Deserialize, Serialize};
use sluice_policy::attestation::{Envelope, Predicate};
use sluice_policy::time::format;
use sluice_site::Site;
use sluice_site::paths::CLUSTER_KEY;
use time::OffsetDateTime;

use crate::exit::{Doing, Result};
use crate::read;

/// Upper bounds, in bytes.
const MAX_ATTESTATION: usize = 64 << 20;
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

/// The published runs that `concerns` is true of. Only root and the service account can tell.
pub(super) fn runs(site: &Site, concerns: impl Fn(&Predicate) -> bool) -> Result<Vec<Released>> {
    let key = read::cluster_key(Path::new(CLUSTER_KEY))?;
    let spool = site.attestations.join("spool");
    let now = OffsetDateTime::now_utc();
    let mut runs = Vec::new();
    for item in spool.read_dir().doing(|| format!("read the spool {}", spool.display()))? {
        let path = item.doing(|| format!("read the spool {}", spool.display()))?.path();
        if path.extension().is_none_or(|ending| ending != "json") {
            continue;
        }
        let attested = read::file(&path, MAX_ATTESTATION)
            .ok()
            .and_then(|bytes| Envelope::parse(&bytes).ok()?.open(&key, now).ok());
        // What isn't rightly attested was never published.
        let Some(run) = attested.map(|statement| statement.predicate) else { continue };
        if !concerns(&run) {
            continue;
        }
        if let Some(place) = published(&site.status, &run) {
            runs.push(Released {
                run_id: run.run_id,
                user: run.user,
                entry: run.entry,
                ended: format(run.ended),
                r#where: place,
            });
        }
    }
    runs.sort_by(|a, b| a.run_id.cmp(&b.run_id));
    Ok(runs)
}

/// Where the run's results are, if they are anywhere.
fn published(status: &Path, run: &Predicate) -> Option<String> {
    let bytes = read::file(&status.join(format!("{}.json", run.status_token)), MAX_STATUS).ok()?;
    let status: Status = serde_json::from_slice(&bytes).ok()?;
    (status.state == "published").then(|| status.r#where.unwrap_or_default())
}
