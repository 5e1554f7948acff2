//! One run on its way from the attestation to a verdict.

use std::{path::Path, sync::Arc};

use serde_json::json;
use sluice_policy::{
    digest::Digest,
    entry::{Entry, Rule, Rules},
};
use sluice_site::audit::Event;
use tokio::task::spawn_blocking;

use crate::{
    clock, failpoint,
    judge::{
        attested,
        ended::{EndedRun, ResultFile},
        examine,
        now::Now,
        release::{Examined, Table, refused},
        released::pictures,
        unattested, weskit,
    },
    ledger::{Counted, Differing, Id, LedgerError, Pictures, Row},
    outcome::{Cause, Code, Outcome, Reason, State, Stop},
    publish::{
        buffers::Buffer,
        send::{Plan, Retracted, publish, retract},
        token,
        uploads::Uploads,
    },
    serve::crawler::Crawler,
};

/// Attestations up to this many bytes are read as they come.
const SHORT: u64 = 1 << 20;
/// What an attestation takes in memory, as a multiple of its length.
const IN_MEMORY: u64 = 8;

impl Crawler {
    pub(crate) async fn attend(&self, entry: Row, now: &Arc<Now>) -> Result<Outcome, LedgerError> {
        if entry.state == State::Withdrawing {
            return self.record_withdrawal(&entry, now).await;
        }
        if let Some(run) = &entry.identity
            && let Ok(store) = self.store.of(&run.owner)
            && let Some(outage) = now.outage(store.url())
            && entry.reason.cause == outage.cause
        {
            return self.record(&entry, None, Err(Stop::Retry(outage)), now).await;
        }
        if self.still_refused(&entry, now) {
            return self
                .record(&entry, None, Err(Stop::HoldContent(entry.reason.clone())), now)
                .await;
        }
        let _room = self.room_for(&entry.name).await;
        let (run, approved) = self.verify(&entry.name, now).await;
        let run = match run {
            Ok(run) => run,
            Err(stop) => {
                let verdict = Err(stop);
                if let Some(run_dir) = unattested::run_dir(&self.config.site.runs, &entry.name) {
                    self.await_log(&entry, &run_dir, &verdict);
                }
                return self.record(&entry, None, verdict, now).await;
            }
        };
        failpoint::reached("verified", &entry.name);
        match self.recall(&entry, &run, now).await {
            None => {}
            // What was decided before stays until the store can be asked.
            Some(Err(Stop::Retry(reason))) if entry.state == State::Held => {
                return Ok(self.put_off(&entry, &reason));
            }
            Some(verdict) => return self.record(&entry, Some(run.identity()), verdict, now).await,
        }
        let mut verdict = match approved {
            Ok(approved) => self.decide(&entry, &run, approved, now).await,
            Err(stop) => Err(stop),
        };
        if let Err(Stop::Hold(reason) | Stop::HoldContent(reason)) = &verdict
            // What it took already may be published, and isn't sent again.
            && !reason.is(Code::StoreRefused)
            && self.begun(&entry).await?
        {
            verdict = match self.take_back(&entry, &run, &now.text).await {
                Ok(Retracted::Published) => Ok(()),
                Ok(Retracted::Gone | Retracted::Foreign) => verdict,
                Err(stop) => Err(stop),
            };
        }
        self.await_log(&entry, &run.run_dir, &verdict);
        self.record(&entry, Some(run.identity()), verdict, now).await
    }

    /// WESkit's word may be all that is missing: an event tells of it.
    fn await_log(&self, entry: &Row, run_dir: &Path, verdict: &Result<(), Stop>) {
        let missing = match verdict {
            Err(Stop::Wait(Reason { cause: Some(Cause::Own(code)), .. }))
            | Err(Stop::Hold(Reason { cause: Some(Cause::Own(code)), .. })) => code.awaits_log(),
            _ => false,
        };
        if let Some(mut schedule) = self.loaded() {
            let places = missing.then(|| weskit::places(&self.config.site.runs, run_dir));
            schedule.wait_at(Id::of(&entry.name), places.unwrap_or_default());
        }
    }

    /// Content is not read again until the rules may have changed.
    fn still_refused(&self, entry: &Row, now: &Now) -> bool {
        let run = Id::of(&entry.name);
        let refused = |serial| self.loaded().is_some_and(|schedule| schedule.refused(run, serial));
        now.serial().is_some_and(refused)
    }

    /// Room in memory for a long attestation while its run is in work. Most are short, and don't
    /// wait.
    async fn room_for(&self, name: &str) -> Buffer<'_> {
        match self.config.spool.join(name).symlink_metadata() {
            Ok(found) if found.len() > SHORT => self.statements.take(found.len() * IN_MEMORY).await,
            _ => None,
        }
    }

    /// Reads an attestation, and says whether its run may be looked at for release.
    async fn verify(
        &self,
        name: &str,
        now: &Arc<Now>,
    ) -> (Result<Arc<EndedRun>, Stop>, Result<Arc<Entry>, Stop>) {
        let (config, ca, now, name) =
            (self.config.clone(), self.ca.clone(), now.clone(), name.to_owned());
        let work = spawn_blocking(move || {
            let run = if unattested::is_name(&name) {
                let allowlist = now.allowlist.as_ref().map_err(Stop::clone);
                allowlist
                    .and_then(|allowlist| unattested::read(&config, allowlist, &name, now.time))
            } else {
                attested::read(&config, &ca, &name, now.time)
            };
            let run = run.map(Arc::new);
            let approved = run.as_ref().map_err(Stop::clone).and_then(|run| {
                let allowlist = now.allowlist.as_ref().map_err(Stop::clone)?;
                examine::admissible(&config, allowlist, run, now.time)
            });
            (run, approved)
        });
        work.await.unwrap_or_else(|error| (Err(Stop::broken(&error)), Err(Stop::broken(&error))))
    }

    async fn decide(
        &self,
        entry: &Row,
        run: &Arc<EndedRun>,
        approved: Arc<Entry>,
        now: &Arc<Now>,
    ) -> Result<(), Stop> {
        let rules = Rules::new(&approved.output);
        let is_drawn = |file: &ResultFile| {
            rules.rule_for(&file.path).is_some_and(|rule| approved.output[rule].rasterise)
        };
        // What a run reads whose figures are drawn is bounded by the turns: others don't wait for its room.
        let (turn, buffer) = if run.files.iter().any(is_drawn) {
            (Arc::clone(&self.drawing).acquire_owned().await.ok(), None)
        } else {
            let largest = run.files.iter().map(|file| file.bytes).max().unwrap_or(0);
            (None, self.buffers.take(largest).await)
        };
        let (config, examined, rules) =
            (Arc::clone(&self.config), Arc::clone(run), Arc::clone(&approved));
        // The turn goes along: a reload cuts off the waiting here, not the drawing there.
        let work = spawn_blocking(move || (examine::releasable(&config, &examined, &rules), turn));
        // Held until all is sent, as the pictures are.
        let (examined, _turn) = work.await.map_err(Stop::broken)?;
        let (sealed, Examined { released, tables }) = examined?;
        drop(buffer);
        let bytes = released.iter().map(|it| it.file.bytes).sum();
        failpoint::reached("examined", &entry.name);
        let store = self.store.of(&run.identity().owner)?;
        if let Some(outage) = now.outage(store.url()) {
            return Err(Stop::Retry(outage));
        }
        store.probe().await.map_err(|stop| self.note_outage(&store, stop, now))?;
        let drawn = pictures(&released);
        let time = self.release(entry, run, &approved, (tables, drawn), &now.text).await?;
        failpoint::reached("begun", &entry.name);
        let permit = async |manifest: &[u8]| {
            let (now, again) = (now.clone(), run.clone());
            let work = spawn_blocking(move || {
                let allowlist = now.allowlist.as_ref().map_err(Stop::clone)?;
                allowlist.check_still_not_revoked(&again, clock::now())
            });
            work.await.map_err(Stop::broken)??;
            self.log_publishing(run, manifest, bytes).await?;
            failpoint::reached("permitted", &entry.name);
            Ok(())
        };
        let drawn = self.ledger.pictures(&entry.name).await?;
        let plan = Plan::new(run, &approved.output, released, &time, &drawn);
        let uploads = Uploads::of(&self.ledger, &entry.name);
        let result = publish(&store, &uploads, &self.buffers, &sealed, plan, permit).await;
        if result.is_ok() {
            self.metrics.published(bytes, run.ended, clock::now());
            self.leave_token(run).await;
        }
        match result {
            Err(Stop::Retry(reason)) => Err(self.judge_failure(&store, reason, now).await),
            result => result,
        }
    }

    /// Published it is with or without the token.
    async fn leave_token(&self, run: &EndedRun) {
        if !self.config.upload_token {
            return;
        }
        let config = Arc::clone(&self.config);
        let dir = run.run_dir.clone();
        let left = spawn_blocking(move || token::leave(&config.site.runs, &dir)).await;
        if let Ok(Err(error)) = left {
            let run = &run.run_id;
            tracing::warn!(run, "no upload_token: {error}; let the service account write there");
        }
    }

    /// The decision is on the disk before its effect can be seen.
    async fn log_publishing(
        &self,
        run: &EndedRun,
        manifest: &[u8],
        bytes: u64,
    ) -> Result<(), Stop> {
        let detail = json!({
            "run-id": run.run_id,
            "entry": run.basis.entry,
            "state": run.release_state(),
            "attestation": run.attestation().map(|it| Digest::of(&it.bytes)),
            // Names every file with its digest.
            "manifest": Digest::of(manifest),
            "files": run.files.len(),
            "bytes": bytes,
        });
        self.journal.append(Event::Publish, detail).await
    }

    /// Decides that a run leaves, unless one of its counts and an earlier one together tell of few
    /// persons. Both are one step of the ledger, or two runs that are judged side by side would pass.
    async fn release(
        &self,
        entry: &Row,
        run: &EndedRun,
        approved: &Entry,
        (tables, drawn): (Vec<Table>, Pictures),
        now: &str,
    ) -> Result<String, Stop> {
        let counted = tables.into_iter().filter_map(|Table { path, rule, cells }| {
            let glob = approved.output.get(rule)?.glob.clone();
            Some(Counted { entry: approved.name.clone(), glob, path, rule, cells })
        });
        let released =
            self.ledger.release(&entry.name, run.identity(), now, counted.collect(), drawn).await?;
        released.map_err(|Differing { path, rule, hold }| {
            refused(&path, hold).under(Rule::of(&approved.output, rule))
        })
    }

    async fn begin(&self, entry: &Row, run: &EndedRun, now: &str) -> Result<String, Stop> {
        Ok(self.ledger.begin(&entry.name, run.identity(), now).await?)
    }

    /// A run that is held after all leaves nothing of an interrupted attempt behind, unless that
    /// attempt had come to its end.
    async fn take_back(&self, entry: &Row, run: &EndedRun, now: &str) -> Result<Retracted, Stop> {
        let time = self.begin(entry, run, now).await?;
        let store = self.store.of(&run.identity().owner)?;
        let uploads = Uploads::of(&self.ledger, &entry.name);
        let drawn = self.ledger.pictures(&entry.name).await?;
        let retracted = retract(&store, &uploads, run, &time, &drawn).await?;
        if retracted != Retracted::Published {
            self.ledger.forget(&entry.name).await?;
        }
        Ok(retracted)
    }
}
