//! What slurmctld knows of a job, `slurm_load_job(3)`: one RPC a step.

use std::{path::PathBuf, ptr};

use super::{bindings as c, raw::copy_text};

/// The part of `job_info_t` that Sluice looks at.
pub(crate) struct JobInfo {
    pub(crate) restart: u32,
    /// Neither ending nor waiting for its next start.
    pub(crate) running: bool,
    /// It has ended, or Slurm is ending it.
    pub(crate) over: bool,
    pub(crate) account: String,
    pub(crate) partition: String,
    pub(crate) start_time: i64,
    pub(crate) nodes: Vec<String>,
    pub(crate) batch_host: String,
    pub(crate) array: bool,
    pub(crate) het: bool,
    pub(crate) work_dir: PathBuf,
}

/// Of `enum job_states` and the flags beside it in slurm.h, the same in all versions.
const STATE_BASE: u32 = 0xff;
const RUNNING: u32 = 1;
const SUSPENDED: u32 = 2;
const COMPLETING: u32 = 1 << 15;

/// Asks slurmctld; `None` if it does not answer or does not know the job.
pub(crate) fn load_job(job: u32) -> Option<JobInfo> {
    let mut message: *mut c::job_info_msg_t = ptr::null_mut();
    // SAFETY: slurm_load_job writes a pointer to a message it allocates, and only on success.
    let code = unsafe { c::slurm_load_job(&raw mut message, key(job), c::SLUICE_SHOW_JOB as u16) };
    if code != 0 || message.is_null() {
        return None;
    }
    // SAFETY: the message was just written and is freed once, below.
    let info = unsafe { read(message, job) };
    // SAFETY: allocated by slurm_load_job and not used afterwards.
    unsafe { c::slurm_free_job_info_msg(message) };
    info
}

/// What newer versions look a job up by.
#[cfg(slurm_jobs_by_step)]
fn key(job: u32) -> c::slurm_step_id_t {
    c::slurm_step_id_t { sluid: 0, job_id: job, step_het_comp: c::NO_VAL, step_id: c::NO_VAL }
}

/// What older versions look a job up by.
#[cfg(not(slurm_jobs_by_step))]
fn key(job: u32) -> u32 {
    job
}

/// # Safety
/// `message` comes from a successful `slurm_load_job`.
unsafe fn read(message: *const c::job_info_msg_t, job: u32) -> Option<JobInfo> {
    // SAFETY: points to one initialised message by this function's contract.
    let message = unsafe { &*message };
    let (first, count) = (message.job_array, message.record_count as usize);
    if first.is_null() {
        return None;
    }
    // SAFETY: Slurm allocated `record_count` consecutive records at `job_array`, which isn't null.
    let records = unsafe { std::slice::from_raw_parts(first, count) };
    let record = records.iter().find(|record| record.job_id == job)?;
    let text = |pointer: *const libc::c_char| {
        // SAFETY: strings of a job record are null or NUL-terminated and live as long as it.
        unsafe { copy_text(pointer) }.unwrap_or_default()
    };
    let state = record.job_state;
    Some(JobInfo {
        restart: record.restart_cnt.into(),
        running: state & (STATE_BASE | COMPLETING) == RUNNING,
        over: state & COMPLETING != 0 || state & STATE_BASE > SUSPENDED,
        account: text(record.account),
        partition: text(record.partition),
        start_time: record.start_time,
        nodes: expand(record.nodes),
        batch_host: text(record.batch_host),
        array: record.array_task_id != c::NO_VAL,
        het: record.het_job_id != 0,
        work_dir: text(record.work_dir).into(),
    })
}

/// The names in a host list such as `n[1-3]`.
fn expand(list: *const libc::c_char) -> Vec<String> {
    // SAFETY: slurm_hostlist_create takes a C string or a null pointer.
    let hosts = unsafe { c::slurm_hostlist_create(list) };
    if hosts.is_null() {
        return Vec::new();
    }
    let mut names = Vec::new();
    loop {
        // SAFETY: the list is live; slurm_hostlist_shift returns a malloc'd name or null.
        let name = unsafe { c::slurm_hostlist_shift(hosts) };
        // SAFETY: null, or the NUL-terminated name just returned.
        let Some(copy) = (unsafe { copy_text(name) }) else { break };
        names.push(copy);
        // SAFETY: slurm.h says that the caller frees the name with free(3).
        unsafe { libc::free(name.cast()) };
    }
    // SAFETY: created above and not used afterwards.
    unsafe { c::slurm_hostlist_destroy(hosts) };
    names
}
