//! `sluice-crawler run`: looks at runs when events tell of them or their time has come, and scans
//! the spool at a steady interval, for events may be missed.

use std::{fs, io};

use tokio::{
    select,
    signal::unix::{Signal, SignalKind, signal},
    time::{Instant, sleep_until},
};

use crate::{
    crawler::{Crawler, PassError},
    watch::Watch,
};

/// Works until SIGTERM or SIGINT. A pass is cut off where it is, which is always safe.
pub async fn run(crawler: &Crawler) -> io::Result<()> {
    let mut term = signal(SignalKind::terminate())?;
    let mut int = signal(SignalKind::interrupt())?;
    fs::create_dir_all(crawler.requests())?;
    let watch = Watch::new(crawler.spool(), &crawler.requests());
    select! {
        () = work(crawler, watch) => {}
        () = stopped(&mut term) => {}
        () = stopped(&mut int) => {}
    }
    tracing::info!("stopped");
    Ok(())
}

async fn work(crawler: &Crawler, mut watch: Watch) {
    let mut scan = Instant::now();
    loop {
        let next = turn(crawler, &mut watch, &mut scan).await.unwrap_or_else(|error| {
            tracing::error!("{error}");
            scan
        });
        select! {
            () = sleep_until(next) => {}
            () = watch.changed() => {}
        }
    }
}

/// Does what there is to do now, and says when to come back at the latest.
async fn turn(
    crawler: &Crawler,
    watch: &mut Watch,
    scan: &mut Instant,
) -> Result<Instant, PassError> {
    let seen = watch.seen();
    if seen.overflow || Instant::now() >= *scan {
        // First of all, so that a failing scan isn't repeated without a pause.
        *scan = Instant::now() + crawler.interval();
        crawler.reconcile().await?;
        crawler.notice_new_set().await?;
    }
    crawler.enter(seen.names).await?;
    let attended = crawler.attend_due().await?;
    watch.retain(|name| crawler.waits(name));
    crawler.waiting_places().iter().for_each(|(name, dirs)| watch.add(name, dirs));
    if attended.is_some() {
        // There may be more.
        return Ok(Instant::now());
    }
    let due = crawler.next_due().await?.map_or(*scan, Instant::from_std);
    Ok(due.min(*scan))
}

async fn stopped(signal: &mut Signal) {
    signal.recv().await;
}
