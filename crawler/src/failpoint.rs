//! Named points in the life of a run, between which a kill -9 must do no harm. They exist only in
//! the build that `make kills` makes (feature `failpoints`): there each is written to the file that
//! SLUICE_FAILPOINTS names, and SLUICE_KILL_AT=NAME:N ends the process at the N-th time of one.

/// Every failpoint, in the order in which a run reaches them.
pub const FAILPOINTS: &[&str] = &[
    "noted",
    "verified",
    "examined",
    "begun",
    "listed",
    "file-sent",
    "part-sent",
    "files-sent",
    "attestation-sent",
    "permitted",
    "manifest-sent",
    "settled",
    "told",
    "manifest-gone",
    "tombstone-sent",
    "files-gone",
    "withdrawn",
];

/// Marks that `run` has come to the failpoint `name`.
#[cfg(not(feature = "failpoints"))]
#[inline(always)]
pub fn reached(_name: &str, _run: &str) {}

/// Whether to send the manifest before the files: the kill tests have to notice.
#[cfg(not(feature = "failpoints"))]
pub const fn manifest_first() -> bool {
    false
}

#[cfg(feature = "failpoints")]
pub use on::{manifest_first, reached};

#[cfg(feature = "failpoints")]
mod on {
    use std::{
        env,
        fs::File,
        io::Write,
        sync::{
            LazyLock,
            atomic::{AtomicU64, Ordering},
        },
    };

    use rustix::process::{Signal, getpid, kill_process};

    /// Whether to send the manifest before the files.
    pub fn manifest_first() -> bool {
        env::var_os("SLUICE_MANIFEST_FIRST").is_some()
    }

    struct Plan {
        log: Option<File>,
        name: String,
        left: AtomicU64,
    }

    static PLAN: LazyLock<Plan> = LazyLock::new(|| {
        let log = env::var_os("SLUICE_FAILPOINTS")
            .and_then(|path| File::options().append(true).create(true).open(path).ok());
        let at = env::var("SLUICE_KILL_AT").unwrap_or_default();
        let (name, count) = at.split_once(':').unwrap_or(("", "0"));
        let left = AtomicU64::new(count.parse().unwrap_or(0));
        Plan { log, name: name.to_owned(), left }
    });

    /// Marks that `run` has come to the failpoint `name`.
    pub fn reached(name: &str, run: &str) {
        assert!(super::FAILPOINTS.contains(&name), "{name} is no failpoint");
        if let Some(mut log) = PLAN.log.as_ref() {
            // One write, so that lines of several runs don't mix.
            let _ = log.write_all(format!("{name} {run}\n").as_bytes());
        }
        if PLAN.name == name && PLAN.left.fetch_sub(1, Ordering::SeqCst) == 1 {
            let _ = kill_process(getpid(), Signal::KILL);
        }
    }
}
