//! Slurm's `spank.h` with values copied out: nothing borrowed from Slurm outlives a call.

use std::{
    ffi::{CStr, CString, OsStr, OsString},
    marker::PhantomData,
    os::unix::ffi::OsStrExt,
    path::PathBuf,
    ptr,
};

use super::bindings as c;

/// Where a hook runs, `spank_context(3)`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Context {
    /// In slurmstepd, on the node.
    Remote,
    /// In slurmd.
    Slurmd,
    /// In `slurmstepd spank prolog|epilog`.
    JobScript,
    /// In srun, on the user's side, where nothing can be enforced.
    Srun,
    /// In sbatch or salloc, as above.
    Client,
}

/// The context of the running process.
pub(crate) fn context() -> Context {
    // SAFETY: spank_context reads a variable of Slurm's and has no preconditions.
    match unsafe { c::spank_context() } {
        c::S_CTX_REMOTE => Context::Remote,
        c::S_CTX_SLURMD => Context::Slurmd,
        c::S_CTX_JOB_SCRIPT => Context::JobScript,
        c::S_CTX_LOCAL => Context::Srun,
        _ => Context::Client,
    }
}

/// The handle that Slurm lends to a hook for the duration of the call.
pub(crate) struct Spank<'hook> {
    handle: c::spank_t,
    hook: PhantomData<&'hook ()>,
}

/// A failed `spank_*` call, with Slurm's number for it.
#[derive(Debug)]
pub(crate) struct SpankError {
    what: &'static str,
    code: c::slurm_err_t,
}

impl std::fmt::Display for SpankError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Slurm does not tell the {} (error {})", self.what, self.code)
    }
}

impl<'hook> Spank<'hook> {
    /// # Safety
    /// `handle` is the one Slurm passed to the running hook.
    pub(crate) unsafe fn new(handle: c::spank_t) -> Self {
        Self { handle, hook: PhantomData }
    }

    fn number(&self, item: c::spank_item, what: &'static str) -> Result<u32, SpankError> {
        let mut value: u32 = 0;
        // SAFETY: every item this module asks for here writes one uint32_t, uid_t, gid_t or int,
        // all of 32 bits, per the table in spank.h.
        let code = unsafe { c::spank_get_item(self.handle, item, &raw mut value) };
        if code == 0 { Ok(value) } else { Err(SpankError { what, code }) }
    }

    /// The job's id.
    pub(crate) fn job_id(&self) -> Result<u32, SpankError> {
        self.number(c::S_JOB_ID, "job id")
    }

    /// The step's id, or one of Slurm's special numbers.
    pub(crate) fn step_id(&self) -> Result<u32, SpankError> {
        self.number(c::S_JOB_STEPID, "step id")
    }

    /// The job's user.
    pub(crate) fn uid(&self) -> Result<u32, SpankError> {
        self.number(c::S_JOB_UID, "user id")
    }

    /// The job's primary group.
    pub(crate) fn gid(&self) -> Result<u32, SpankError> {
        self.number(c::S_JOB_GID, "group id")
    }

    /// The task's number on this node.
    pub(crate) fn local_task(&self) -> Result<u32, SpankError> {
        self.number(c::S_TASK_ID, "task id")
    }

    /// The ended task's wait status.
    pub(crate) fn exit_status(&self) -> Result<i32, SpankError> {
        self.number(c::S_TASK_EXIT_STATUS, "exit status").map(u32::cast_signed)
    }

    /// The user's supplementary groups.
    pub(crate) fn groups(&self) -> Result<Vec<u32>, SpankError> {
        let mut list: *mut u32 = ptr::null_mut();
        let mut count: i32 = 0;
        // SAFETY: S_JOB_SUPPLEMENTARY_GIDS writes a gid_t* and an int.
        let code = unsafe {
            c::spank_get_item(
                self.handle,
                c::S_JOB_SUPPLEMENTARY_GIDS,
                &raw mut list,
                &raw mut count,
            )
        };
        if code != 0 {
            return Err(SpankError { what: "groups", code });
        }
        // SAFETY: Slurm owns `count` groups at `list` until the hook returns; they are copied.
        Ok(unsafe { elements(list, count) }.to_vec())
    }

    /// The step's command; for a batch step the spooled script and its arguments.
    pub(crate) fn argv(&self) -> Result<Vec<PathBuf>, SpankError> {
        let mut list: *mut *mut libc::c_char = ptr::null_mut();
        let mut count: i32 = 0;
        let (to_count, to_list) = (&raw mut count, &raw mut list);
        // SAFETY: S_JOB_ARGV writes an int and a char**.
        let code = unsafe { c::spank_get_item(self.handle, c::S_JOB_ARGV, to_count, to_list) };
        if code != 0 {
            return Err(SpankError { what: "command", code });
        }
        // SAFETY: Slurm keeps `count` pointers to C strings at `list` until the hook returns.
        let texts = unsafe { elements(list, count) };
        Ok(texts.iter().map(|text| PathBuf::from(copy(*text))).collect())
    }

    /// Removes every variable from the job's environment for which `keep` of its name and value
    /// is false. One pass: `spank_unsetenv` is one for each variable, and a user may bring
    /// hundreds of thousands.
    pub(crate) fn retain_environment(
        &self,
        keep: impl Fn(&OsStr, &OsStr) -> bool,
    ) -> Result<(), SpankError> {
        let mut list: *mut *mut libc::c_char = ptr::null_mut();
        // SAFETY: S_JOB_ENV writes a char** that ends with a null pointer.
        let code = unsafe { c::spank_get_item(self.handle, c::S_JOB_ENV, &raw mut list) };
        if code != 0 || list.is_null() {
            return Err(SpankError { what: "environment", code });
        }
        let mut count = 0;
        let mut end = list;
        // SAFETY: `end` walks the list and stops at the null pointer that ends it.
        while !unsafe { *end }.is_null() {
            count += 1;
            // SAFETY: the element just seen was not the last one.
            end = unsafe { end.add(1) };
        }
        // SAFETY: `count` pointers, just seen; nothing else uses the list meanwhile.
        let variables = unsafe { std::slice::from_raw_parts_mut(list, count) };
        let mut kept = 0;
        for at in 0..count {
            let text = copy(variables[at]);
            let mut parts = text.as_bytes().splitn(2, |b| *b == b'=').map(OsStr::from_bytes);
            let mut part = || parts.next().unwrap_or_default();
            if keep(part(), part()) {
                variables[kept] = variables[at];
                kept += 1;
            }
        }
        // Slurm extends the list behind its last pointer that is not null.
        variables[kept..].fill(ptr::null_mut());
        Ok(())
    }

    /// The value of a variable in the job's environment, of at most `MAX` bytes.
    pub(crate) fn get<const MAX: usize>(&self, name: &str) -> Option<String> {
        let name = text(OsStr::new(name)).ok()?;
        let mut value = [0; MAX];
        // SAFETY: a live handle, a C string, and a buffer of the length that is given; Slurm
        // writes a NUL-terminated string into it, or fails where it is too short.
        let code = unsafe {
            c::spank_getenv(self.handle, name.as_ptr(), value.as_mut_ptr().cast(), MAX as i32)
        };
        let value = CStr::from_bytes_until_nul(&value).ok()?;
        if code == 0 { value.to_str().ok().map(str::to_owned) } else { None }
    }

    /// Sets a variable in the job's environment.
    pub(crate) fn set(&self, name: &str, value: &str) -> Result<(), SpankError> {
        let (name, value) = (text(OsStr::new(name))?, text(OsStr::new(value))?);
        // SAFETY: a live handle and two C strings, which Slurm copies.
        let code = unsafe { c::spank_setenv(self.handle, name.as_ptr(), value.as_ptr(), 1) };
        if code == 0 { Ok(()) } else { Err(SpankError { what: "environment", code }) }
    }
}

/// Slurm's array of `count` elements; empty for a null pointer.
///
/// # Safety
/// A non-null `list` points to `count` initialised elements that live until the hook returns.
unsafe fn elements<'hook, T>(list: *const T, count: i32) -> &'hook [T] {
    match usize::try_from(count) {
        // SAFETY: not null, and as long as `count` says by this function's contract.
        Ok(count) if !list.is_null() => unsafe { std::slice::from_raw_parts(list, count) },
        _ => &[],
    }
}

/// A copy of one of Slurm's strings; empty for a null pointer.
fn copy(text: *const libc::c_char) -> OsString {
    if text.is_null() {
        return OsString::new();
    }
    // SAFETY: callers pass pointers that Slurm keeps NUL-terminated until the hook returns.
    OsStr::from_bytes(unsafe { CStr::from_ptr(text) }.to_bytes()).to_owned()
}

/// ESPANK_BAD_ARG of slurm_errno.h.
const BAD_ARGUMENT: c::slurm_err_t = 3001;

fn text(value: &OsStr) -> Result<CString, SpankError> {
    CString::new(value.as_bytes())
        .map_err(|_| SpankError { what: "environment", code: BAD_ARGUMENT })
}
