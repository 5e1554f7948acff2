//! `sluice-crawler run`: a pass at every interval, and as soon as the spool changes.

use std::{path::Path, sync::Arc, time::Duration};

use notify::{RecommendedWatcher, RecursiveMode, Watcher};
use tokio::{
    select,
    signal::unix::{Signal, SignalKind, signal},
    sync::Notify,
    time::sleep,
};

use crate::{crawler::Crawler, record::Pass};

/// Time to the next pass while WESkit's word on a run is awaited: no event tells of it.
const SOON: Duration = Duration::from_secs(1);

/// Works until SIGTERM or SIGINT. A pass is cut off where it is, which is always safe.
pub async fn run(crawler: &Crawler, spool: &Path, interval: Duration) -> std::io::Result<()> {
    let mut term = signal(SignalKind::terminate())?;
    let mut int = signal(SignalKind::interrupt())?;
    let wake = Arc::new(Notify::new());
    let _watcher = watch(spool, &wake);
    select! {
        () = work(crawler, &wake, interval) => {}
        () = stopped(&mut term) => {}
        () = stopped(&mut int) => {}
    }
    tracing::info!("stopped");
    Ok(())
}

async fn work(crawler: &Crawler, wake: &Notify, interval: Duration) {
    loop {
        let pass = crawler.pass().await.unwrap_or_else(|error| {
            tracing::error!("{error}");
            Pass::default()
        });
        let pause = if pass.waiting > 0 { SOON } else { interval };
        select! {
            () = sleep(pause) => {}
            () = wake.notified() => {}
        }
    }
}

async fn stopped(signal: &mut Signal) {
    signal.recv().await;
}

/// Events are a hint; where there are none, as on a network file system, the interval does.
fn watch(spool: &Path, wake: &Arc<Notify>) -> Option<RecommendedWatcher> {
    let waker = Arc::clone(wake);
    let watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
        // Our own reading is an event too.
        if event.is_ok_and(|event| !event.kind.is_access()) {
            waker.notify_one();
        }
    });
    let watching = watcher.and_then(|mut watcher| {
        watcher.watch(spool, RecursiveMode::NonRecursive)?;
        Ok(watcher)
    });
    watching.inspect_err(|error| tracing::warn!("no events of the spool: {error}")).ok()
}
