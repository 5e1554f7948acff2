//! `sluice-crawler withdraw`.

use std::time::Duration;

use sluice_crawler::{
    config::Config,
    ledger::{Reader, Row},
    outcome::{State, Stop},
    serve::withdraw::Request,
    store::{Standing, Store},
};
use sluice_site::exit::{Exit, Failure, Result};
use tokio::time::{Instant, sleep};

use crate::open_unlocked;

/// A running daemon has this long to take the runs back.
const PATIENCE: Duration = Duration::from_secs(60);
/// Between two looks at how far it is.
const PAUSE: Duration = Duration::from_millis(100);

/// The runs that are meant, by the ledger's word or, where it has another, by the store's.
pub(crate) async fn runs(
    config: &Config,
    run: Option<String>,
    digest: Option<String>,
) -> Result<Vec<String>> {
    // A lost one is made again by whoever takes the runs back.
    let reader = Reader::open(&config.state).ok();
    let store = Store::open(&config.location).map_err(Failure::configuration)?;
    let unasked = |stop: Stop| Failure::environment(&stop.reason().message);
    let Some(run) = run else {
        return of_bundle(reader.as_ref(), &store, &digest.unwrap_or_default()).await;
    };
    let run_id = run.rsplit('/').next().unwrap_or(&run);
    let known = reader.map_or(Ok(None), |reader| reader.find(run_id));
    match known.map_err(Failure::environment)? {
        Some(entry) if entry.state == State::Published => Ok(vec![run_id.to_owned()]),
        known => match store.locate(&run).await.map_err(unasked)? {
            Some((owner, Standing::Published(_))) => Ok(vec![format!("{owner}/{run_id}")]),
            Some(_) => Err(Failure::bad(format!("{run} is withdrawn already"))),
            None => Err(Failure::bad(match known {
                Some(entry) => format!("{run} is {}, not published", entry.state.word()),
                None => format!(
                    "neither the ledger nor the store knows {run}; where each owner has a bucket, \
                     name it OWNER/RUN-ID"
                ),
            })),
        },
    }
}

async fn of_bundle(reader: Option<&Reader>, store: &Store, digest: &str) -> Result<Vec<String>> {
    let known = reader.map_or(Ok(Vec::new()), |reader| reader.published_of(digest));
    let known = known.map_err(Failure::environment)?;
    let mut found: Vec<_> =
        known.into_iter().filter_map(|entry| Some(entry.identity?.run_id)).collect();
    if found.is_empty() {
        let told = |stop: Stop| Failure::environment(&stop.reason().message);
        for owner in store.all_owners().await.map_err(told)? {
            for run_id in store.runs_of(&owner).await.map_err(told)? {
                let run = format!("{owner}/{run_id}");
                if let Some((_, Standing::Published(manifest))) =
                    store.locate(&run).await.map_err(told)?
                    && manifest.digest == digest
                {
                    found.push(run);
                }
            }
        }
    }
    if found.is_empty() {
        return Err(Failure::bad(format!("no published run is of {digest}")));
    }
    Ok(found)
}

/// Has the runs taken back: by the daemon, or here where none is running.
pub(crate) async fn withdraw(config: Config, request: &Request) -> Result<Exit> {
    let name = format!("withdraw-{}", std::process::id());
    request.leave(&config.state, &name).map_err(Failure::environment)?;
    let state = config.state.clone();
    // Another crawler sees the request.
    if let Some(crawler) = open_unlocked(config)? {
        crawler.pass().await.map_err(Failure::environment)?;
    }
    let reader = Reader::open(&state).map_err(Failure::environment)?;
    let end = Instant::now() + PATIENCE;
    loop {
        let (mut open, mut remains) = (Vec::new(), Vec::new());
        for run in &request.runs {
            let run_id = run.rsplit('/').next().unwrap_or(run);
            match reader.find(run_id).map_err(Failure::environment)? {
                Some(entry) if entry.state == State::Withdrawn => {}
                Some(Row { remains: Some(what), .. }) => remains.push(format!("{run}: {what}")),
                _ => open.push(run),
            }
        }
        if open.is_empty() && !remains.is_empty() {
            return Err(Failure::environment(format!(
                "not taken back whole; the crawler goes on with it: {}",
                remains.join("; ")
            )));
        }
        if open.is_empty() {
            request.runs.iter().for_each(|run| tracing::info!(run, "withdrawn"));
            return Ok(Exit::Ok);
        }
        if Instant::now() > end {
            let open: Vec<&str> = open.into_iter().map(String::as_str).collect();
            return Err(Failure::environment(format!(
                "not taken back yet: {}; the crawler goes on with it",
                open.join(", ")
            )));
        }
        sleep(PAUSE).await;
    }
}
