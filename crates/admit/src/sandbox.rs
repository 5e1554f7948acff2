//! What of the site's rules for every sandbox holds for this job on this node.

use std::path::Path;
use std::{fs, thread};

use rustix::system::sysinfo;

use sluice_protocol::{Code, Sandbox};
use sluice_site::uids;

use crate::job::Job;
use crate::refused::Refused;

/// Processes that any job may have, and for each processor where that is more.
const PROCESSES: u64 = 4096;
const PROCESSES_EACH: u64 = 256;
/// No job has more than this part of the processes and threads that the node can have.
const PROCESSES_PART: u64 = 8;
/// The part of the node's memory that a job's /tmp may take, and again its /dev/shm.
const TMP_PART: u64 = 8;

/// Where accounts and the ranges of their containers are.
const ETC: &str = "/etc";

/// The rules; refused if the uid that is to own the job's namespace is somebody's.
pub(crate) fn of(Job { facts, site, .. }: &Job<'_>) -> Result<Sandbox, Refused> {
    let rules = &site.sandbox;
    let owner = rules.uids.of_job(facts.job.id);
    let invalid = |why: String| Refused::new(Code::ConfigurationInvalid, why);
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
        max_processes: Some(rules.max_processes.unwrap_or_else(most_processes)),
        max_file_bytes: rules.max_file_bytes,
        tmp_bytes: Some(rules.tmp_bytes.unwrap_or_else(|| memory() / TMP_PART)),
    })
}

/// What a job may have by default of the node's processes, however many others it has.
fn most_processes() -> u64 {
    let limits = ["pid_max", "threads-max"].iter().filter_map(|name| {
        let text = fs::read_to_string(Path::new("/proc/sys/kernel").join(name)).ok()?;
        text.trim().parse::<u64>().ok()
    });
    let processors = thread::available_parallelism().map_or(1, |it| it.get() as u64);
    let wanted = PROCESSES.max(PROCESSES_EACH * processors);
    limits.map(|most| most / PROCESSES_PART).fold(wanted, u64::min)
}

/// The node's memory, in bytes.
fn memory() -> u64 {
    let info = sysinfo();
    info.totalram * u64::from(info.mem_unit)
}
