//! How often a user has run an entry: for each admitted incarnation of a job a file, in a place that
//! all nodes share and only the service account can enter. A requeued job counts again, since it
//! has results of its own.

use std::io;
use std::os::fd::OwnedFd;

use rustix::fs::{AtFlags, Dir, FlockOperation, Mode, OFlags, flock, openat, unlinkat};
use sluice_policy::entry::MaxRuns;
use sluice_policy::time::format;
use sluice_protocol::Code;
use sluice_sys::beneath::open_dir;
use time::{Duration, OffsetDateTime};

use crate::batch::Batch;
use crate::decide::Approved;
use crate::refused::Refused;
use crate::seal::subdirectory;
use crate::undo::Undo;

const PLACE: &str = "runs";
const LOCK: &str = "lock";

/// What was found in the user's directory.
enum Count {
    /// Noted under this name.
    Taken(OwnedFd, String),
    /// Too many; the oldest one stops counting then.
    Exhausted(OffsetDateTime),
}

/// Counts this run, or refuses it.
pub(crate) fn take<'a>(
    job: &'a Batch<'_>,
    approved: &Approved,
    undo: &mut Undo<'a>,
) -> Result<(), Refused> {
    let Some(limit) = approved.verified.entry.scope.max_runs else { return Ok(()) };
    let count = job.user.serve(|| count(job, &approved.id, limit))?.map_err(|error| {
        let place = job.site.attestations.join(PLACE);
        Refused::new(
            Code::StoreUnwritable,
            format!("the count of runs in {}: {error}", place.display()),
        )
    })?;
    match count {
        Count::Taken(dir, name) => {
            undo.push(move || {
                let _ = job.user.serve(|| unlinkat(&dir, name.as_str(), AtFlags::empty()));
            });
            Ok(())
        }
        Count::Exhausted(until) => Err(Refused::new(
            Code::RunsExhausted,
            format!(
                "{} has run {} {} times in {} days, as often as it may; again from {} on",
                job.user.name,
                approved.id,
                limit.per_user,
                limit.days,
                format(until)
            ),
        )),
    }
}

fn count(job: &Batch<'_>, id: &str, limit: MaxRuns) -> io::Result<Count> {
    let mut dir = open_dir(&job.site.attestations)?;
    for name in [PLACE, job.site.cluster.as_str(), id, &job.user.uid.to_string()] {
        dir = subdirectory(dir, name)?;
    }
    let flags = OFlags::RDWR | OFlags::CREATE | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    // Held until the descriptor is dropped.
    let lock = openat(&dir, LOCK, flags, Mode::RUSR | Mode::WUSR)?;
    flock(&lock, FlockOperation::LockExclusive)?;
    let period = Duration::days(limit.days.into());
    let mut counted = Vec::new();
    for item in Dir::read_from(&dir)? {
        let item = item?;
        let Some(at) = item.file_name().to_str().ok().and_then(started) else { continue };
        if at + period <= job.now {
            unlinkat(&dir, item.file_name(), AtFlags::empty())?;
        } else {
            counted.push(at);
        }
    }
    counted.sort_unstable();
    if let Some(at) = counted.len().checked_sub(limit.per_user as usize) {
        return Ok(Count::Exhausted(counted[at] + period));
    }
    let name = format!("{}-{}", job.now.unix_timestamp(), job.incarnation());
    openat(&dir, name.as_str(), flags | OFlags::EXCL, Mode::RUSR | Mode::WUSR)?;
    Ok(Count::Taken(dir, name))
}

/// When the run of a file `SECONDS-JOB.RESTART` was admitted.
fn started(name: &str) -> Option<OffsetDateTime> {
    let (seconds, _) = name.split_once('-')?;
    OffsetDateTime::from_unix_timestamp(seconds.parse().ok()?).ok()
}
