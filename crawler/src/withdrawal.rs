//! `sluice-crawler withdraw`.

use std::{process::ExitCode, time::Duration};

use sluice_crawler::{
    config::Config,
    ledger::{Reader, State},
    withdraw::Request,
};
use tokio::time::{Instant, sleep};

use crate::{open, report::Failure};

/// A running daemon has this long to take the runs back.
const PATIENCE: Duration = Duration::from_secs(60);
/// Between two looks at how far it is.
const PAUSE: Duration = Duration::from_millis(100);

/// The runs that are meant; all have to be published.
pub(crate) fn runs(
    reader: &Reader,
    run: Option<String>,
    digest: Option<String>,
) -> Result<Vec<String>, Failure> {
    let found = match (run, digest) {
        (Some(run), _) => {
            let entry = reader.find(&run).map_err(Failure::environment)?;
            let Some(entry) = entry else {
                return Err(Failure::not_so(format!("there is no run {run}; see status")));
            };
            if entry.state != State::Published {
                let state = entry.state.word();
                return Err(Failure::not_so(format!("{run} is {state}, not published")));
            }
            vec![entry]
        }
        (None, digest) => {
            let digest = digest.unwrap_or_default();
            let found = reader.published_of(&digest).map_err(Failure::environment)?;
            if found.is_empty() {
                return Err(Failure::not_so(format!("no published run is of {digest}")));
            }
            found
        }
    };
    Ok(found.into_iter().filter_map(|entry| Some(entry.identity?.run_id)).collect())
}

/// Has the runs taken back: by the daemon, or here where none is running.
pub(crate) async fn withdraw(
    config: Config,
    reader: &Reader,
    request: &Request,
) -> Result<ExitCode, Failure> {
    let name = format!("withdraw-{}", std::process::id());
    request.leave(&config.state, &name).map_err(Failure::environment)?;
    match open(config) {
        Ok(crawler) => drop(crawler.pass().await.map_err(Failure::environment)?),
        // Then it sees the request.
        Err(failure) if failure.locked => {}
        Err(failure) => return Err(failure),
    }
    let end = Instant::now() + PATIENCE;
    loop {
        let mut open = Vec::new();
        for run in &request.runs {
            let entry = reader.find(run).map_err(Failure::environment)?;
            if entry.is_none_or(|entry| entry.state != State::Withdrawn) {
                open.push(run);
            }
        }
        if open.is_empty() {
            request.runs.iter().for_each(|run| tracing::info!(run, "withdrawn"));
            return Ok(ExitCode::SUCCESS);
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
