//! The symbols that Slurm looks for, each behind one guard.
//!
//! Return values: before 25.05 Slurm takes only a negative number for a failure, and a failure
//! anywhere but in the task drains the node. So every hook returns 0 except in a task, where
//! trouble ends as a refusal.

use std::{
    any::Any,
    panic::{AssertUnwindSafe, catch_unwind, set_hook},
    slice,
    sync::Once,
};

use sluice_protocol::{Mode, TICKET_VARIABLE};

use super::{
    bindings::spank_t,
    raw::{copy_text, log_error, log_info, set_variable},
    spank::{Context, Spank, context},
};
use crate::{node, step, ticket};

/// Runs a hook; a panic becomes `on_panic` and never crosses the C boundary. What it says, and where
/// it was, is for slurmd's log alone; the user may see that there was one.
fn guard(hook: &str, on_panic: impl FnOnce() -> i32, body: impl FnOnce() -> i32) -> i32 {
    static QUIET: Once = Once::new();
    QUIET.call_once(|| set_hook(Box::new(|panic| log_info(&panic.to_string()))));
    catch_unwind(AssertUnwindSafe(body)).unwrap_or_else(|panic: Box<dyn Any + Send>| {
        // What a panic carries may panic in its own destructor.
        std::mem::forget(panic);
        log_error(&format!("internal error in {hook}"));
        on_panic()
    })
}

/// The words of the plugin's line in plugstack.conf.
struct Line<'hook>(&'hook [*mut libc::c_char]);

impl Line<'_> {
    /// # Safety
    /// `words` is null or points to `count` C strings, which live until the hook returns.
    unsafe fn new(count: libc::c_int, words: *mut *mut libc::c_char) -> Self {
        match usize::try_from(count) {
            // SAFETY: not null, and as many as `count` says by this function's contract.
            Ok(count) if !words.is_null() => Self(unsafe { slice::from_raw_parts(words, count) }),
            _ => Self(&[]),
        }
    }

    /// The word `mode=`. None, or one that is not known, means enforce.
    fn mode(&self) -> Mode {
        let mut mode = Mode::Enforce;
        for word in self.0 {
            // SAFETY: a C string that lives until the hook returns, by the contract of `new`.
            let word = unsafe { copy_text(*word) }.unwrap_or_default();
            mode = word.strip_prefix("mode=").and_then(Mode::from_word).unwrap_or_else(|| {
                log_error(&format!("plugstack.conf: unknown word {word:?}: enforcing"));
                Mode::Enforce
            });
        }
        mode
    }
}

macro_rules! hook {
    ($(#[$doc:meta])* $name:ident, $on_panic:expr, |$spank:ident, $line:ident| $body:expr) => {
        $(#[$doc])*
        #[unsafe(no_mangle)]
        pub(crate) extern "C" fn $name(
            handle: spank_t,
            count: libc::c_int,
            words: *mut *mut libc::c_char,
        ) -> libc::c_int {
            guard(stringify!($name), || $on_panic, || {
                // SAFETY: Slurm calls the hook with its handle, valid until we return.
                let $spank = unsafe { Spank::new(handle) };
                // SAFETY: Slurm passes the words of the plugin's line, which it keeps while the
                // plugin is loaded.
                let $line = unsafe { Line::new(count, words) };
                $body
            })
        }
    };
}

hook! {
    /// slurmstepd: decides. slurmd: leaves its stamp. srun: attaches the job's ticket.
    slurm_spank_init, { step::poison(); 0 }, |spank, line| {
        match context() {
            Context::Remote => step::decide(&spank, line.mode()),
            Context::Slurmd => node::started(line.mode()),
            Context::Srun => {
                if let Some(ticket) = ticket::of_this_job() {
                    // SAFETY: srun starts no thread before its first hook has returned.
                    unsafe { set_variable(TICKET_VARIABLE, &ticket) };
                }
            }
            Context::JobScript | Context::Client => {}
        }
        0
    }
}

hook! {
    /// Task, still root: builds the sandbox, or takes exec away from a refused task.
    slurm_spank_task_init_privileged, -1, |spank, _line| step::enter(&spank)
}

hook! {
    /// slurmstepd's main thread: gives up exec once the tasks are forked.
    slurm_spank_task_post_fork, 0, |_spank, _line| { step::forked(); 0 }
}

hook! {
    /// Task, as the user: confines itself, or prints the refusal and ends.
    slurm_spank_task_init, -1, |spank, _line| step::start(&spank)
}

hook! {
    /// Notes the batch script's exit status for the attestation.
    slurm_spank_task_exit, 0, |spank, _line| { step::ended(&spank); 0 }
}

hook! {
    /// Every node, after the job: hands it to the attestation worker.
    slurm_spank_job_epilog, 0, |spank, _line| { node::job_ended(&spank); 0 }
}
