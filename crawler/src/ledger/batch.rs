//! Group commit: whatever queued up while the last round was being synced goes into the next one,
//! so that a thousand runs cost a few dozen syncs and a single run one.

use std::{
    io, iter,
    sync::mpsc::{Receiver, Sender, channel},
    thread::{self, JoinHandle},
};

use tokio::sync::oneshot;

/// Jobs of one round.
const AT_ONCE: usize = 512;

/// A job says afterwards what became of it, told how its round was closed.
type Job<C> = Box<dyn FnOnce(&mut C) -> Told + Send>;
type Told = Box<dyn FnOnce(&Closed) + Send>;
type Closed = Result<(), String>;

/// Works through a round's jobs and syncs; an error stands for all of them.
type Round<C> = fn(&mut C, &mut dyn FnMut(&mut C)) -> Closed;

/// A thread that owns a file of some kind and everything that is done to it.
pub(crate) struct Batch<C> {
    jobs: Option<Sender<Job<C>>>,
    thread: Option<JoinHandle<()>>,
}

impl<C: Send + 'static> Batch<C> {
    pub(crate) fn start(name: &str, owned: C, round: Round<C>) -> io::Result<Self> {
        let (jobs, queued) = channel();
        let thread = thread::Builder::new()
            .name(name.to_owned())
            .spawn(move || work(owned, &queued, round))?;
        Ok(Self { jobs: Some(jobs), thread: Some(thread) })
    }

    /// Does `job`; it is on the disk when this returns well.
    pub(crate) async fn call<T: Send + 'static>(
        &self,
        job: impl FnOnce(&mut C) -> Result<T, String> + Send + 'static,
    ) -> Result<T, String> {
        let gone = || "the thread that writes it has ended".to_owned();
        let (tell, told) = oneshot::channel();
        let job: Job<C> = Box::new(move |owned| {
            let done = job(owned);
            Box::new(move |closed| {
                // Whoever asked may have been cancelled.
                let _ = tell.send(done.and_then(|value| closed.clone().map(|()| value)));
            })
        });
        self.jobs.as_ref().ok_or_else(gone)?.send(job).map_err(|_| gone())?;
        told.await.map_err(|_| gone())?
    }
}

impl<C> Drop for Batch<C> {
    /// Waits for the last round, so that the file's lock is free afterwards.
    fn drop(&mut self) {
        self.jobs = None;
        if let Some(thread) = self.thread.take() {
            // A panic there was told to whoever waited.
            let _ = thread.join();
        }
    }
}

fn work<C>(mut owned: C, queued: &Receiver<Job<C>>, round: Round<C>) {
    while let Ok(first) = queued.recv() {
        let mut jobs = iter::once(first).chain(queued.try_iter()).take(AT_ONCE);
        let mut told = Vec::new();
        let closed = round(&mut owned, &mut |owned| {
            for job in jobs.by_ref() {
                told.push(job(owned));
            }
        });
        told.into_iter().for_each(|tell| tell(&closed));
    }
}
