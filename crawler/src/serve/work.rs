//! The runs that a daemon has in hand.

use std::{collections::VecDeque, sync::Arc, time::Duration};

use futures_util::{FutureExt, StreamExt, future::LocalBoxFuture, stream::FuturesUnordered};
use tokio::time::Instant;

use crate::{
    error::PassError,
    judge::now::Now,
    serve::{crawler::Crawler, pass::AT_ONCE},
};

/// The set in force and the state of the store count for so long. Whether a run is revoked is
/// looked up once more right before its manifest is sent.
const SAME: Duration = Duration::from_secs(1);

/// Runs that are being looked at, and those that are next.
pub(crate) struct Work<'a> {
    pub(crate) crawler: &'a Crawler,
    running: FuturesUnordered<LocalBoxFuture<'a, ()>>,
    queue: VecDeque<String>,
    now: Option<(Instant, Arc<Now>)>,
    news: bool,
}

impl<'a> Work<'a> {
    pub(crate) fn new(crawler: &'a Crawler) -> Self {
        Self {
            crawler,
            running: FuturesUnordered::new(),
            queue: VecDeque::new(),
            now: None,
            news: false,
        }
    }

    /// Whether another run could be begun.
    pub(crate) fn has_room(&self) -> bool {
        self.running.len() < AT_ONCE
    }

    /// Begins runs that are due, as many as there is room for.
    pub(crate) async fn begin(&mut self) -> Result<(), PassError> {
        while self.has_room() {
            if self.queue.is_empty() {
                self.queue.extend(self.crawler.take_due().await?);
            }
            let Some(name) = self.queue.pop_front() else { break };
            let now = self.now().await;
            self.running.push(self.crawler.look_at(name, now).boxed_local());
        }
        Ok(())
    }

    /// Returns once a run, and every other that is through by then, has come to its end.
    pub(crate) async fn some_done(&mut self) {
        if self.running.is_empty() {
            return std::future::pending().await;
        }
        self.running.next().await;
        while let Some(Some(())) = self.running.next().now_or_never() {}
        self.news = true;
    }

    /// Whether a run has come to its end since the last call.
    pub(crate) fn take_news(&mut self) -> bool {
        std::mem::take(&mut self.news)
    }

    async fn now(&mut self) -> Arc<Now> {
        match &self.now {
            Some((since, now)) if since.elapsed() < SAME => Arc::clone(now),
            _ => {
                let now = self.crawler.fresh_now().await;
                self.now = Some((Instant::now(), Arc::clone(&now)));
                now
            }
        }
    }
}
