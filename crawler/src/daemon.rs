//! `sluice-crawler run`: looks at runs when events tell of them or their time has come, and scans
//! the spool at a steady interval, for events may be missed.

use std::{fs, io};

use tokio::{
    select,
    signal::unix::{Signal, SignalKind, signal},
    time::{Instant, sleep_until},
};

use crate::{
    crawler::Crawler, error::PassError, ledger::State, metrics::Endpoint, supervisor, watch::Watch,
    work::Work,
};

/// Why the daemon's work ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// SIGTERM or SIGINT.
    Stopped,
    /// SIGHUP: the configuration is to be read again.
    Reload,
}

/// Works until a signal. A pass is cut off where it is, which is always safe.
pub async fn run(crawler: &Crawler, endpoint: Option<&Endpoint>) -> io::Result<Ended> {
    let mut term = signal(SignalKind::terminate())?;
    let mut int = signal(SignalKind::interrupt())?;
    let mut hup = signal(SignalKind::hangup())?;
    fs::create_dir_all(crawler.requests())?;
    let watch = Watch::new(crawler.spool(), &crawler.requests());
    let ended = select! {
        () = work(crawler, watch) => Ended::Stopped,
        () = supervisor::watchdog() => Ended::Stopped,
        error = metrics(crawler, endpoint) => return Err(error),
        () = stopped(&mut hup) => Ended::Reload,
        () = stopped(&mut term) => Ended::Stopped,
        () = stopped(&mut int) => Ended::Stopped,
    };
    if ended == Ended::Stopped {
        supervisor::stopping();
        tracing::info!("stopped");
    }
    Ok(ended)
}

async fn metrics(crawler: &Crawler, endpoint: Option<&Endpoint>) -> io::Error {
    let Some(endpoint) = endpoint else { return std::future::pending().await };
    let counts = async || crawler.ledger.counts().await;
    let Err(error) = crawler.metrics.serve(endpoint, counts).await else {
        return std::future::pending().await;
    };
    io::Error::other(format!("metrics can't be served at {endpoint:?}: {error}"))
}

/// Runs are worked on beside each other and beside the looking for new ones: a result that takes
/// hours to send delays no other.
async fn work(crawler: &Crawler, mut watch: Watch) {
    let mut work = Work::new(crawler);
    let mut scan = Instant::now();
    let mut ready = false;
    loop {
        let next = turn(&mut work, &mut watch, &mut scan).await.unwrap_or_else(|error| {
            tracing::error!("{error}");
            supervisor::status(&error.to_string());
            scan
        });
        if !ready {
            supervisor::ready();
            ready = true;
        }
        select! {
            () = sleep_until(next) => {}
            () = watch.changed() => {}
            () = work.some_done() => {}
        }
    }
}

/// Does what there is to do now, and says when to come back at the latest.
async fn turn(
    work: &mut Work<'_>,
    watch: &mut Watch,
    scan: &mut Instant,
) -> Result<Instant, PassError> {
    let crawler = work.crawler;
    let seen = watch.seen();
    if seen.overflow || Instant::now() >= *scan {
        // First of all, so that a failing scan isn't repeated without a pause.
        *scan = Instant::now() + crawler.interval();
        crawler.reconcile().await?;
        crawler.notice_new_set().await?;
    }
    crawler.take_requests().await?;
    crawler.enter(seen.names).await?;
    work.begin().await?;
    if work.take_news() {
        crawler.tell().await?;
        supervisor::status(&standing(&crawler.ledger.counts().await?));
        watch.retain(|name| crawler.waits(name));
        crawler.waiting_places().iter().for_each(|(name, dirs)| watch.add(name, dirs));
    }
    let due = crawler.next_due().await?.filter(|_| work.has_room());
    Ok(due.map_or(*scan, |due| Instant::from_std(due).min(*scan)))
}

/// Where the work stands, for `systemctl status`.
fn standing(counts: &[(State, i64)]) -> String {
    let parts: Vec<_> =
        counts.iter().map(|(state, count)| format!("{count} {}", state.word())).collect();
    parts.join(", ")
}

async fn stopped(signal: &mut Signal) {
    signal.recv().await;
}
