//! `sluice-crawler run`: looks at runs when events tell of them or their time has come, and scans
//! the spool at a steady interval, for events may be missed.

use std::{fs, io, pin::pin};

use tokio::{
    select,
    time::{Instant, sleep_until},
};

use crate::{
    clock,
    discover::watch::Watch,
    error::PassError,
    serve::{
        crawler::Crawler,
        health::Part,
        metrics::Listener,
        signals::{Signals, Told},
        supervisor,
        work::Work,
    },
};

/// Works until a signal. `reload` is what SIGHUP asks for: what it returns is handed on, and
/// without that the work goes on as if nothing had been. A pass is cut off where it is, which is
/// always safe.
pub async fn run<T>(
    crawler: &Crawler,
    listener: Option<&Listener>,
    signals: &mut Signals,
    mut reload: impl FnMut() -> Option<T>,
) -> io::Result<Option<T>> {
    fs::create_dir_all(crawler.requests())?;
    let watch = Watch::new(crawler.spool(), &crawler.requests());
    let mut all = pin!(async {
        let alive = || !crawler.health.fails(Part::Ledger);
        tokio::join!(work(crawler, watch), supervisor::watchdog(alive), metrics(crawler, listener));
    });
    loop {
        let told = select! {
            told = signals.next() => told,
            () = &mut all => Told::Stop,
        };
        if told == Told::Stop {
            supervisor::stopping();
            tracing::info!("stopped");
            return Ok(None);
        }
        supervisor::reloading();
        let new = reload();
        tell_standing(crawler).await;
        supervisor::ready();
        if new.is_some() {
            return Ok(new);
        }
    }
}

async fn metrics(crawler: &Crawler, listener: Option<&Listener>) {
    if let Some(listener) = listener {
        let standing = async || {
            let standing = crawler.ledger.standing().await;
            crawler.metrics.note_health(standing.is_ok() && crawler.health.troubles().is_empty());
            standing
        };
        crawler.metrics.serve(listener, standing).await;
    }
}

/// Runs are worked on beside each other and beside the looking for new ones: a result that takes
/// hours to send delays no other.
async fn work(crawler: &Crawler, mut watch: Watch) {
    let mut work = Work::new(crawler);
    let mut scan = Instant::now();
    let mut ready = false;
    loop {
        let turned = turn(&mut work, &mut watch, &mut scan).await;
        if let Err(error) = &turned {
            let ledger = matches!(error, PassError::Ledger(_));
            crawler.health.failed(if ledger { Part::Ledger } else { Part::Scan }, error);
            tell_standing(crawler).await;
        } else if !ready {
            supervisor::ready();
            ready = true;
        }
        let next = turned.unwrap_or(scan);
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
        // What couldn't be told before.
        crawler.tell().await?;
        // Also shows whether the ledger can be written.
        crawler.ledger.mark_scan(&clock::text()).await?;
        [Part::Ledger, Part::Scan].into_iter().for_each(|part| crawler.health.works(part));
    }
    crawler.take_requests().await?;
    crawler.enter(seen.names).await?;
    work.begin().await?;
    if work.take_news() {
        crawler.tell().await?;
        tell_standing(crawler).await;
        watch.retain(|name| crawler.waits(name));
        crawler.waiting_places().iter().for_each(|(name, dirs)| watch.add(name, dirs));
    }
    let due = crawler.next_due().await?.filter(|_| work.has_room());
    Ok(due.map_or(*scan, |due| Instant::from_std(due).min(*scan)))
}

/// Where the work stands, for `systemctl status`.
async fn tell_standing(crawler: &Crawler) {
    let counts = crawler.ledger.counts().await.unwrap_or_default();
    let counts = counts.iter().map(|(state, count)| format!("{count} {}", state.word()));
    let troubles = crawler.health.troubles().into_iter();
    supervisor::status(&troubles.chain(counts).collect::<Vec<_>>().join(", "));
}
