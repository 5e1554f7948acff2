//! Sends one run: its files, the attestation, and manifest.json last, whose presence means that
//! the run is complete. Everything may be repeated after a kill: what is already there with the
//! same content stays, what is there with other content is never touched.

use std::collections::HashMap;

use futures_util::{StreamExt, stream};
use object_store::path::Path;
use sluice_policy::{digest::Digest, entry::Output};

use crate::{
    failpoint,
    judge::{
        ended::{EndedRun, ResultFile},
        released::Released,
        sealed::{Sealed, changed, unreadable},
    },
    key::{ATTESTATION, MANIFEST, TOMBSTONE},
    ledger::Pictures,
    outcome::{Code, Stop},
    publish::{
        buffers::Buffers,
        parts::{PART, send_parts},
        uploads::Uploads,
    },
    store::{About, Content, Manifest, Sent, Store, manifest, published},
};

/// Files of one run that are sent at the same time.
const FILES_AT_ONCE: usize = 8;

/// What is sent for one run.
pub struct Plan<'a> {
    run: &'a EndedRun,
    /// Those that let its files out.
    rules: &'a [Output],
    released: Vec<Released>,
    /// What this attempt drew, and earlier ones, which may have left some of it.
    drawn: &'a Pictures,
    owner: String,
    manifest: Vec<u8>,
}

/// What became of a plan that was given up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Retracted {
    /// Nothing of it is in the store any more.
    Gone,
    /// Its manifest is in the store: it was published before it was given up.
    Published,
    /// Somebody else's manifest is in the store, so everything was left as it is.
    Foreign,
}

impl<'a> Plan<'a> {
    /// All that leaves of a run; `published` is the time its manifest carries.
    pub fn new(
        run: &'a EndedRun,
        rules: &'a [Output],
        released: Vec<Released>,
        published: &str,
        drawn: &'a Pictures,
    ) -> Self {
        let owner = run.identity().owner;
        let manifest = manifest(run, &released, &owner, published).to_bytes();
        Self { run, rules, released, drawn, owner, manifest }
    }

    fn key(&self, store: &Store, name: &str) -> Result<Path, Stop> {
        store.key(&self.owner, &self.run.run_id, name)
    }

    /// Whether every file can be an object, before the first is sent.
    fn check_names(&self, store: &Store) -> Result<(), Stop> {
        self.released.iter().try_for_each(|it| self.key(store, &it.file.path).map(drop))
    }

    async fn present(&self, store: &Store) -> Result<HashMap<Path, u64>, Stop> {
        Ok(store.list(&self.owner, &self.run.run_id).await?)
    }

    /// The plan with the manifest in the store, if that one differs in nothing but time, checks and how
    /// pictures were drawn: a ledger was lost then, and its run is to be found again. A manifest of
    /// ours whose pictures aren't there is taken away, since it can't be made true any more.
    async fn resumed(
        mut self,
        store: &Store,
        present: &mut HashMap<Path, u64>,
    ) -> Result<Self, Stop> {
        let key = self.key(store, MANIFEST)?;
        if !present.contains_key(&key) {
            return Ok(self);
        }
        let found = store.bytes(&key).await?;
        let ours = |it: &Manifest| it.is_of(self.run, &self.owner) && it.to_bytes() == found;
        let stated = Manifest::parse(&found).filter(ours).and_then(|it| it.files());
        let Some(stated) = stated.filter(|it| self.are_names_of(it)) else { return Ok(self) };
        for file in self.drawn_otherwise(&stated) {
            let at = self.key(store, &file.path)?;
            if present.get(&at) != Some(&file.bytes) || store.digest(&at).await? != file.digest {
                store.delete(&key).await?;
                present.remove(&key);
                return Ok(self);
            }
        }
        for (released, file) in self.released.iter_mut().zip(stated) {
            released.file = file;
        }
        self.manifest = found;
        Ok(self)
    }

    /// Whether what leaves has these files' names.
    fn are_names_of(&self, files: &[ResultFile]) -> bool {
        let names = self.released.iter().map(|it| &it.file.path);
        names.eq(files.iter().map(|file| &file.path))
    }

    /// Those of `stated` that another renderer drew.
    fn drawn_otherwise(&self, stated: &[ResultFile]) -> Vec<ResultFile> {
        let pairs = self.released.iter().zip(stated);
        let other = pairs.filter(|(released, stated)| released.file.digest != stated.digest);
        other.map(|(_, stated)| stated.clone()).collect()
    }
}

/// Sends `plan`. `permit` is asked once everything but the manifest is there.
pub async fn publish(
    store: &Store,
    uploads: &Uploads<'_>,
    buffers: &Buffers,
    sealed: &Sealed,
    plan: Plan<'_>,
    permit: impl AsyncFnOnce(&[u8]) -> Result<(), Stop>,
) -> Result<(), Stop> {
    let run_id = &plan.run.run_id;
    plan.check_names(store)?;
    store.probe().await?;
    store.clear_staged(&plan.owner, run_id).map_err(|error| {
        Stop::retry(Code::StoreUnavailable, format!("the store can't be tidied: {error}"))
    })?;
    uploads.abort_left(store).await?;
    let mut present = plan.present(store).await?;
    if present.contains_key(&plan.key(store, TOMBSTONE)?) {
        return Err(Stop::withdrawn("the store has a tombstone in its place"));
    }
    let plan = plan.resumed(store, &mut present).await?;
    failpoint::reached("listed", run_id);
    let sender = Sender { store, uploads, buffers, plan: &plan, present };
    if failpoint::manifest_first() {
        sender.bytes(MANIFEST, &plan.manifest).await?;
    }
    let mut sent = stream::iter(&plan.released)
        .map(|released| sender.file(sealed, released))
        .buffer_unordered(FILES_AT_ONCE);
    while let Some(done) = sent.next().await {
        done?;
        failpoint::reached("file-sent", run_id);
    }
    failpoint::reached("files-sent", run_id);
    if let Some(attestation) = plan.run.attestation() {
        sender.bytes(ATTESTATION, &attestation.bytes).await?;
    }
    failpoint::reached("attestation-sent", run_id);
    permit(&plan.manifest).await?;
    sender.bytes(MANIFEST, &plan.manifest).await?;
    failpoint::reached("manifest-sent", run_id);
    Ok(())
}

/// Takes back what an interrupted attempt sent, which began at `published`. A run with a manifest is
/// published and stays; objects with other content are somebody else's and stay. `drawn` are the pictures
/// of all attempts.
pub async fn retract(
    store: &Store,
    uploads: &Uploads<'_>,
    run: &EndedRun,
    published: &str,
    drawn: &Pictures,
) -> Result<Retracted, Stop> {
    uploads.abort_left(store).await?;
    let owner = run.identity().owner;
    let key = |name: &str| store.key(&owner, &run.run_id, name);
    let present = store.list(&owner, &run.run_id).await?;
    let manifest = key(MANIFEST)?;
    if present.contains_key(&manifest) {
        let found = Manifest::parse(&store.beginning(&manifest).await?);
        let ours = found.is_some_and(|it| it.published == published && it.is_of(run, &owner));
        return Ok(if ours { Retracted::Published } else { Retracted::Foreign });
    }
    let attestation = run.attestation().map(|it| (ATTESTATION, Digest::of(&it.bytes)));
    let files = run.files.iter().map(|file| (file.path.as_str(), file.digest));
    let pictures = drawn.iter().map(|(path, digest)| (path.as_str(), *digest));
    for (name, digest) in files.chain(pictures).chain(attestation) {
        // What can't be an object never was one.
        let Ok(key) = key(name) else { continue };
        if present.contains_key(&key) && store.digest(&key).await? == digest {
            store.delete(&key).await?;
        }
    }
    Ok(Retracted::Gone)
}

struct Sender<'a> {
    store: &'a Store,
    uploads: &'a Uploads<'a>,
    buffers: &'a Buffers,
    plan: &'a Plan<'a>,
    present: HashMap<Path, u64>,
}

impl Sender<'_> {
    async fn file(&self, sealed: &Sealed, released: &Released) -> Result<(), Stop> {
        let file = &released.file;
        let key = self.plan.key(self.store, &file.path)?;
        let content = self.content(released);
        if self.is_stored(&key, file).await? {
            return Ok(());
        }
        let _buffer = self.buffers.take(file.bytes.min(PART as u64)).await;
        let source = released.open(sealed)?;
        if file.bytes <= PART as u64 {
            let bytes = sluice_sys::read_limited(source.into(), PART)
                .map_err(|error| unreadable(&file.path, &error))?;
            if Digest::of(&bytes) != file.digest {
                return Err(changed());
            }
            return self.put(&key, bytes, &file.digest, content).await;
        }
        let mut upload = self.uploads.start(self.store, &key, &self.about(content)).await?;
        let id = upload.id().map(str::to_owned);
        let run_id = &self.plan.run.run_id;
        if let Err(stop) = send_parts(&mut upload, source, file, run_id).await {
            // What the server has is aborted before the next try.
            upload.abort_local().await;
            return Err(stop);
        }
        upload.complete().await?;
        self.uploads.over(id.as_deref()).await?;
        let confirmed = self.store.confirm(&key, file.bytes, &file.digest, Sent::InParts).await;
        self.unless_differing(&key, confirmed).await
    }

    async fn bytes(&self, name: &str, bytes: &[u8]) -> Result<(), Stop> {
        let key = self.plan.key(self.store, name)?;
        let (path, digest) = (name.to_owned(), Digest::of(bytes));
        let file = ResultFile { path, bytes: bytes.len() as u64, digest };
        if self.is_stored(&key, &file).await? {
            return Ok(());
        }
        self.put(&key, bytes.to_vec(), &digest, Content::Own).await
    }

    async fn put(
        &self,
        key: &Path,
        bytes: Vec<u8>,
        digest: &Digest,
        content: Content,
    ) -> Result<(), Stop> {
        let size = bytes.len() as u64;
        if !self.store.put(key, bytes, &self.about(content)).await?
            && self.store.digest(key).await? != *digest
        {
            return Err(taken());
        }
        let confirmed = self.store.confirm(key, size, digest, Sent::Whole).await;
        self.unless_differing(key, confirmed).await
    }

    /// What was just sent and is something else there is nothing that anybody should read.
    async fn unless_differing(&self, key: &Path, confirmed: Result<(), Stop>) -> Result<(), Stop> {
        if let Err(Stop::Retry(reason)) = &confirmed
            && reason.is(Code::StoreDiffers)
        {
            self.store.delete(key).await?;
        }
        confirmed
    }

    fn about(&self, content: Content) -> About<'_> {
        let EndedRun { run_id, basis, .. } = self.plan.run;
        About { run: run_id, workflow: &basis.entry, digest: &basis.digest, content }
    }

    /// What the rule that let a file out says that it is.
    fn content(&self, released: &Released) -> Content {
        let rule = self.plan.rules.get(released.rule);
        rule.map_or(Content::Unknown, Content::under)
    }

    /// Whether the object is there with this very content.
    async fn is_stored(&self, key: &Path, file: &ResultFile) -> Result<bool, Stop> {
        let Some(size) = self.present.get(key) else { return Ok(false) };
        if *size == file.bytes && self.store.digest(key).await? == file.digest {
            return Ok(true);
        }
        if !self.is_remnant(key, &file.path).await? {
            return Err(taken());
        }
        self.store.delete(key).await?;
        Ok(false)
    }

    /// Whether an object is what an attempt of ours left unfinished: some servers keep what arrived
    /// before a connection was cut, and another renderer draws other bytes. What belongs to a complete run
    /// is none.
    async fn is_remnant(&self, key: &Path, path: &str) -> Result<bool, Stop> {
        let run_id = &self.plan.run.run_id;
        let ours = self.store.is_of(key, run_id).await? || self.was_drawn(key, path).await?;
        if !ours {
            return Ok(false);
        }
        let manifest = self.plan.key(self.store, MANIFEST)?;
        if !self.present.contains_key(&manifest) {
            return Ok(true);
        }
        Ok(published(&self.store.bytes(&manifest).await?).is_none())
    }

    /// Whether it is a picture that some attempt drew.
    async fn was_drawn(&self, key: &Path, path: &str) -> Result<bool, Stop> {
        let mut drawn = self.plan.drawn.iter().filter(|(at, _)| at == path).peekable();
        if drawn.peek().is_none() {
            return Ok(false);
        }
        let found = self.store.digest(key).await?;
        Ok(drawn.any(|(_, digest)| *digest == found))
    }
}

fn taken() -> Stop {
    Stop::hold(
        Code::ObjectExists,
        "an object of the run is in the store with other content and is not overwritten",
    )
}
