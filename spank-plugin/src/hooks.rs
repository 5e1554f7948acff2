//! The symbols that Slurm looks for, each behind one guard.
//!
//! Return values: before 25.05 Slurm takes only a negative number for a failure, and a failure
//! anywhere but in the task drains the node. So every hook returns 0 except in a task, where
//! trouble ends as a refusal.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    slice,
};

use sluice_protocol::Mode;

use crate::{
    bindings::spank_t,
    node,
    raw::{copy_text, log_error},
    spank::{Context, Spank, context},
    step, ticket,
};

/// Runs a hook; a panic becomes `on_panic` and never crosses the C boundary.
fn guard(hook: &str, on_panic: impl FnOnce() -> i32, body: impl FnOnce() -> i32) -> i32 {
    catch_unwind(AssertUnwindSafe(body)).unwrap_or_else(|_| {
        log_error(&format!("internal error in {hook}"));
        on_panic()
    })
}

/// The `mode=` word of the plugstack line. No word, or one that is not known, means enforce.
fn mode(count: libc::c_int, words: *mut *mut libc::c_char) -> Mode {
    let words = if words.is_null() || count <= 0 {
        &[][..]
    } else {
        // SAFETY: Slurm passes `count` pointers to the words of the plugin's line.
        unsafe { slice::from_raw_parts(words, count as usize) }
    };
    let mut mode = Mode::Enforce;
    for word in words {
        // SAFETY: each word is a C string that lives as long as the plugin is loaded.
        let word = unsafe { copy_text(*word) }.unwrap_or_default();
        mode = word.strip_prefix("mode=").and_then(Mode::from_word).unwrap_or_else(|| {
            log_error(&format!("plugstack.conf: unknown word {word:?}: enforcing"));
            Mode::Enforce
        });
    }
    mode
}

macro_rules! hook {
    ($(#[$doc:meta])* $name:ident, $on_panic:expr, |$spank:ident, $mode:ident| $body:expr) => {
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
                let $mode = mode(count, words);
                $body
            })
        }
    };
}

hook! {
    /// slurmstepd: decides. slurmd: leaves its stamp. srun: attaches the job's ticket.
    slurm_spank_init, { step::poison(); 0 }, |spank, mode| {
        match context() {
            Context::Remote => step::decide(&spank, mode),
            Context::Slurmd => node::started(mode),
            Context::Srun => ticket::attach(),
            Context::JobScript | Context::Client => {}
        }
        0
    }
}

hook! {
    /// Task, still root: builds the sandbox, or takes exec away from a refused task.
    slurm_spank_task_init_privileged, -1, |spank, _mode| step::enter(&spank)
}

hook! {
    /// slurmstepd's main thread: gives up exec once the tasks are forked.
    slurm_spank_task_post_fork, 0, |_spank, _mode| { step::forked(); 0 }
}

hook! {
    /// Task, as the user: confines itself, or prints the refusal and ends.
    slurm_spank_task_init, -1, |spank, _mode| step::start(&spank)
}

hook! {
    /// Notes the batch script's exit status for the attestation.
    slurm_spank_task_exit, 0, |spank, _mode| { step::ended(&spank); 0 }
}

hook! {
    /// Every node, after the job: hands it to the attestation worker.
    slurm_spank_job_epilog, 0, |spank, _mode| { node::job_ended(&spank); 0 }
}
