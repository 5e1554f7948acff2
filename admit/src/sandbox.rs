//! What of the site's rules for every sandbox holds for this job on this node.

use std::path::Path;

use sluice_protocol::{JobFacts, Sandbox};
use sluice_site::{Site, uids};

use crate::refused::Refused;

/// Where accounts and the ranges of their containers are.
const ETC: &str = "/etc";

/// The rules; refused if the uid that is to own the job's namespace is somebody's.
pub(crate) fn of(job: &JobFacts, site: &Site) -> Result<Sandbox, Refused> {
    let rules = &site.sandbox;
    let owner = rules.uids.of_job(job.id);
    let invalid = |why: String| Refused::new("configuration-invalid", why);
    match uids::holder_of(owner, Path::new(ETC)) {
        Ok(None) => {}
        Ok(Some(who)) => {
            let why = format!("sandbox.uids: {owner} belongs to {who}; name a range nobody has");
            return Err(invalid(why));
        }
        Err(error) => {
            return Err(invalid(format!("sandbox.uids: who has {owner} can't be told: {error}")));
        }
    }
    Ok(Sandbox {
        landlock: rules.landlock,
        devices: rules.devices.clone(),
        main_thread_programs: rules.main_thread_programs.clone(),
        owner,
        max_processes: rules.max_processes,
        max_file_bytes: rules.max_file_bytes,
        tmp_bytes: rules.tmp_bytes,
    })
}
