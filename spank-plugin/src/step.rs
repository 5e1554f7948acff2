//! One step in slurmstepd: the decision made in `init`, and what each later hook makes of it.

use std::{
    path::PathBuf,
    sync::{
        OnceLock,
        atomic::{AtomicBool, Ordering},
    },
};

use sluice_protocol::{Admission, Code, EXIT_REFUSED, Mode, Refusal, Verdict};
use sluice_sandbox::{confine, mutations::dropped, signals};
use sluice_sys::{child::exit_now, jobs::JobDir};

use crate::{
    ask::Decider,
    environment,
    facts::facts,
    ffi::{SLURM_EXTERN_CONT, Spank, load_job, log_error, log_info, tell_user},
    node, ticket,
};

/// What becomes of the step.
enum Decision {
    /// None of Sluice's business.
    Untouched,
    /// Slurm's own step, where slurmstepd itself runs `sleep` and no task: whatever client might
    /// bring one into it, the task is refused.
    Extern,
    /// Runs sealed.
    Admitted(Box<Admission>),
    /// Ends with the refusal.
    Refused(Refusal),
}

/// Set in `init`, before any task is forked, and only read afterwards.
static DECISION: OnceLock<Decision> = OnceLock::new();
/// Set in a task whose sandbox could not be built.
static BROKEN: OnceLock<Refusal> = OnceLock::new();
/// Set by the first task of a step that ended by a signal: whether that was before the job's end.
static INTERRUPTED: OnceLock<bool> = OnceLock::new();
/// slurmstepd calls task_post_fork once per task.
static MAIN_CONFINED: AtomicBool = AtomicBool::new(false);

/// After a panic in `init` the step is refused.
pub(crate) fn poison() {
    let _ = DECISION.set(Decision::Refused(Refusal::new(
        Code::InternalError,
        "the plugin failed; ask the administrator to look into slurmd's log",
    )));
}

/// `init`: asks `sluice-admit` and rebuilds the environment of an admitted job.
pub(crate) fn decide(spank: &Spank<'_>, mode: Mode) {
    if spank.step_id().is_ok_and(|id| id == SLURM_EXTERN_CONT) {
        let _ = DECISION.set(match mode {
            Mode::Off | Mode::Observe => Decision::Untouched,
            Mode::Confine | Mode::Enforce => Decision::Extern,
        });
        return;
    }
    node::note_mode(mode);
    let ticket = if mode == Mode::Off { None } else { ticket::take(spank) };
    let decision = match mode {
        Mode::Off => Decision::Untouched,
        Mode::Observe => {
            let verdict = verdict(spank, mode, ticket);
            log_info(&format!("observed {verdict:?}"));
            Decision::Untouched
        }
        // They differ in what sluice-admit answers. Whom it can't seal it refuses in both.
        Mode::Confine | Mode::Enforce => match verdict(spank, mode, ticket) {
            Verdict::Admit(admission) => match environment::rebuild(spank, &admission) {
                Ok(()) => Decision::Admitted(admission),
                Err(error) => Decision::Refused(Refusal::new(Code::InternalError, error)),
            },
            Verdict::Refuse(refusal) => Decision::Refused(refusal),
            Verdict::OutOfScope => Decision::Untouched,
        },
    };
    if let Decision::Refused(refusal) = &decision {
        log_info(&format!("refused ({}): {}", refusal.code, refusal.message));
        // Inherited by the tasks: nothing of theirs runs even if another plugin before this one
        // makes Slurm skip the later hooks. An unsafe node may have PAM run programs yet, without
        // which Slurm would take the node for broken.
        if !refusal.is(Code::NodeUnsafe) && !dropped("refused-exec") {
            take_exec(&[]);
        }
    }
    let _ = DECISION.set(decision);
}

fn verdict(spank: &Spank<'_>, mode: Mode, ticket: Option<String>) -> Verdict {
    let decider = Decider::start();
    facts(spank, mode, ticket)
        .and_then(|facts| decider?.decide(&facts))
        .unwrap_or_else(Verdict::Refuse)
}

/// `task_init_privileged`: 0, or -1 to end the task.
pub(crate) fn enter(_spank: &Spank<'_>) -> i32 {
    let admission = match DECISION.get() {
        Some(Decision::Untouched) => return 0,
        Some(Decision::Admitted(admission)) => admission,
        Some(Decision::Extern | Decision::Refused(_)) | None => return no_exec(),
    };
    if let Err(error) = sluice_sandbox::enter(admission) {
        log_info(&format!("sandbox: {error}"));
        let _ = BROKEN.set(Refusal::new(error.code, error));
        return no_exec();
    }
    0
}

/// Takes exec away from this task; its end comes in `task_init`, where it can be told cleanly.
fn no_exec() -> i32 {
    if take_exec(&[]) { 0 } else { -1 }
}

/// Takes exec away from the calling thread but for these programs; whether it is gone.
fn take_exec(except: &[PathBuf]) -> bool {
    match confine::no_exec(except) {
        Ok(lines) => {
            lines.iter().for_each(|line| log_info(line));
            true
        }
        Err(error) => {
            log_error(&error.to_string());
            false
        }
    }
}

/// `task_post_fork`: slurmstepd's main thread runs the user's task epilog after the task; without
/// exec it can't. Its other threads send a job the signals that its owner asks Slurm for.
pub(crate) fn forked() {
    let except = match DECISION.get() {
        Some(Decision::Untouched | Decision::Extern) => return,
        Some(Decision::Admitted(admission)) => admission.sandbox.main_thread_programs.as_slice(),
        Some(Decision::Refused(_)) | None => &[],
    };
    if MAIN_CONFINED.swap(true, Ordering::Relaxed) {
        return;
    }
    // A kernel with neither Landlock nor seccomp: no task of this step runs on it, and nothing
    // short of ending slurmstepd, which drains the node, would stop the epilog.
    if !dropped("main-thread-exec") && !take_exec(except) {
        log_error("the main thread keeps exec");
    }
    // A kernel without seccomp refuses the tasks. Another plugin's filter in one of slurmstepd's
    // threads, or no memory, leaves the job running: it is too late to refuse, not to hold.
    if !dropped("owners-signals")
        && let Err(error) = confine::slurms_signals_only()
    {
        log_error(&format!("the owner's signals reach the job: {error}"));
        if let Some(Decision::Admitted(admission)) = DECISION.get() {
            note_interfered(admission);
        }
    }
}

/// `task_init`: 0 with the task confined; or the refusal, and the end.
pub(crate) fn start(spank: &Spank<'_>) -> i32 {
    let refusal = match (BROKEN.get(), DECISION.get()) {
        (None, Some(Decision::Untouched)) => return 0,
        (None, Some(Decision::Admitted(admission))) => {
            if let (Some(refusal), true) = (&admission.unapproved, first_task(spank)) {
                tell_user(&format!(
                    "sluice: not approved ({}): {}; it runs sealed on trial, and its results are held",
                    refusal.code, refusal.message
                ));
            }
            match confine::task(admission, pmix_port(spank)) {
                Ok(()) => return 0,
                Err(error) => Refusal::new(Code::SandboxUnavailable, error),
            }
        }
        (Some(refusal), _) | (None, Some(Decision::Refused(refusal))) => refusal.clone(),
        (None, Some(Decision::Extern)) => {
            Refusal::new(Code::StepRefused, "no task runs in this step")
        }
        (None, None) => Refusal::new(Code::InternalError, "no decision was made"),
    };
    if first_task(spank) {
        tell_user(&format!("sluice: refused ({}): {}", refusal.code, refusal.message));
    }
    exit_now(EXIT_REFUSED)
}

/// The port of slurmstepd's own PMIx server, if this step has one. What a user set by that name is
/// gone since `init`; slurmstepd sets it after that.
fn pmix_port(spank: &Spank<'_>) -> Option<u16> {
    spank.get::<256>("PMIX_SERVER_URI4")?.rsplit(':').next()?.parse().ok()
}

/// One line for the user is enough, however many tasks there are.
fn first_task(spank: &Spank<'_>) -> bool {
    spank.local_task().is_ok_and(|task| task == 0)
}

/// `task_exit`: the batch script's wait status goes into the job's record, and whether a signal that
/// the owner may have sent ended one of its steps, or what a task had started.
pub(crate) fn ended(spank: &Spank<'_>) {
    let Some(Decision::Admitted(admission)) = DECISION.get() else { return };
    let status = match spank.exit_status() {
        Ok(status) => status,
        Err(error) => return log_error(&error.to_string()),
    };
    let is_script = admission.script.is_some();
    if is_script {
        note_exit(admission, status);
    }
    let by_signal = [libc::SIGKILL, libc::SIGTERM].contains(&libc::WTERMSIG(status));
    // A script that a signal ended has failed, and says so itself.
    let cut_short =
        if is_script { !by_signal && signals::sent() } else { by_signal || signals::sent() };
    if cut_short && *INTERRUPTED.get_or_init(|| is_running(spank)) {
        note_interfered(admission);
    }
}

/// Whether the job's script may go on with less than this step had to do. srun learns of a task's end
/// only after `task_exit`, so that a script which waits for it has not ended yet; what a script left
/// running Slurm kills after its end.
fn is_running(spank: &Spank<'_>) -> bool {
    !spank.job_id().ok().and_then(load_job).is_some_and(|job| job.over)
}

/// Leaves word for the job's end in its record.
fn note_exit(admission: &Admission, status: i32) {
    if let Err(error) = JobDir::at(&admission.record).note_exit(status) {
        log_error(&format!("exit status not recorded: {error}"));
    }
}

/// As above.
fn note_interfered(admission: &Admission) {
    if let Err(error) = JobDir::at(&admission.record).note_interfered() {
        log_error(&format!("interference not recorded: {error}"));
    }
}
