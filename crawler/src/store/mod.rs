//! The object store that results are published to, with the few operations publishing needs.

mod about;
mod api;
mod backend;
mod bucket;
mod confirm;
mod connect;
mod directory;
mod failed;
mod manifest;
mod owners;
mod probe;
mod refusals;
mod standing;
mod tombstone;
mod trial;
mod upload;
mod versions;

use std::{collections::HashMap, io, sync::Arc};

use futures_util::TryStreamExt;
use object_store::{
    Error, ObjectStore, ObjectStoreExt, PutMode, PutMultipartOptions, PutOptions, PutPayload,
    Result, path::Path,
};
use sluice_policy::digest::Digest;

use crate::{
    config::Location,
    outcome::{Code, Reason, Stop},
};
pub use about::{About, Content};
use backend::{Backend, Objects, Own};
pub use confirm::Sent;
use directory::{Directory, is_staged};
use failed::differs;
pub use manifest::{Manifest, manifest, published};
use owners::Owners;
pub use probe::Capabilities;
pub use standing::Standing;
pub(crate) use tombstone::Tombstone;
use trial::CONTENT;
pub use upload::Upload;
pub use versions::Versions;

/// Bytes of a key that every S3 server takes.
const LONGEST_KEY: usize = 1024;

/// Where objects go.
#[derive(Clone)]
pub struct Store {
    backend: Arc<dyn Backend>,
    prefix: String,
    url: String,
}

impl Store {
    /// Connects to a configured location; nothing is sent yet.
    pub fn open(location: &Location) -> Result<Self> {
        let (backend, prefix, url): (Arc<dyn Backend>, _, _) = match location {
            Location::Directory(dir) => {
                let url = format!("file://{}", dir.display());
                (Arc::new(Directory::open(dir)?), "", url)
            }
            Location::S3(s3) if Owners::are_in(s3) => {
                (Arc::new(Owners::new(s3)?), &*s3.prefix, connect::url(s3))
            }
            Location::S3(s3) => (Arc::new(connect::bucket(s3)?), &*s3.prefix, connect::url(s3)),
        };
        Ok(Self::over(backend, prefix, &url))
    }

    /// Wraps any store of the library's; `prefix` comes before every key, `url` is what people are
    /// told.
    pub fn new(objects: Arc<dyn ObjectStore>, prefix: &str, url: &str) -> Self {
        Self::over(Arc::new(Objects(objects)), prefix, url)
    }

    fn over(backend: Arc<dyn Backend>, prefix: &str, url: &str) -> Self {
        let prefix = prefix.trim_matches('/').to_owned();
        Self { backend, prefix, url: url.trim_end_matches('/').to_owned() }
    }

    /// The store of an owner's results: this one, unless each owner has one.
    pub fn of(&self, owner: &str) -> std::result::Result<Self, Stop> {
        Ok(match self.backend.of(owner)? {
            Some(Own { backend, url }) => Self::over(backend, &self.prefix, &url),
            None => self.clone(),
        })
    }

    /// Finds out at the first call what the server can be relied on for. Other stores have nothing to
    /// find out, and each owner's own is tried when it is first used.
    pub async fn probe(&self) -> std::result::Result<Capabilities, Stop> {
        self.backend.probe().await
    }

    /// What people are told that it is.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Tries what the first run will do.
    pub async fn preflight(&self) -> std::result::Result<Capabilities, Stop> {
        match self.backend.preflight().await? {
            Some(honours) => Ok(honours),
            None => self.try_out().await.map(|()| Capabilities::default()),
        }
    }

    /// Whether the store takes an object of no run and gives the same back: what one run fails at is
    /// no outage then.
    pub async fn try_out(&self) -> std::result::Result<(), Stop> {
        let tried = async {
            let place = self.backend.trials(&self.prefix)?;
            for left in place.abandoned(self.backend.objects()).await? {
                self.hide(&left).await?;
            }
            let key = place.key();
            self.put_plain(&key, CONTENT.into()).await?;
            let found = self.beginning(&key).await;
            self.hide(&key).await?;
            match found? == CONTENT {
                true => Ok(()),
                false => Err(differs(&self.url)),
            }
        };
        tried.await.map_err(|stop| match stop {
            Stop::Retry(reason) if reason.is(Code::StoreRefused) => {
                Stop::retry(Code::StoreUnavailable, reason.message)
            }
            stop => stop,
        })
    }

    /// Whether a request that failed for `reason` was answered, and with a no.
    pub fn refuses(&self, reason: &Reason) -> bool {
        self.backend.refuses(reason)
    }

    /// Where people find a run.
    pub fn place(&self, owner: &str, run_id: &str) -> String {
        let url = self.of(owner).map_or_else(|_| self.url.clone(), |store| store.url);
        format!("{url}/{owner}/{run_id}/")
    }

    /// The key of a run's object, exactly as spelled: nothing is encoded again.
    pub fn key(&self, owner: &str, run_id: &str, name: &str) -> Result<Path, Stop> {
        let text = format!("{}/{name}", self.run(owner, run_id));
        let fits = text.len() <= LONGEST_KEY && self.backend.fits(&text);
        match Path::parse(&text) {
            Ok(key) if key.as_ref() == text && !is_staged(name) && fits => Ok(key),
            _ => Err(Stop::hold(
                Code::NameRefused,
                "an output's name is no possible name of an object; name it otherwise",
            )),
        }
    }

    /// Removes what a killed crawler was writing of a run: a directory leaves it visible.
    pub fn clear_staged(&self, owner: &str, run_id: &str) -> io::Result<()> {
        self.backend.clear_staged(&self.run(owner, run_id))
    }

    /// Sizes of all objects of a run.
    pub async fn list(&self, owner: &str, run_id: &str) -> Result<HashMap<Path, u64>> {
        let run = Path::parse(self.run(owner, run_id))?;
        self.backend
            .objects()
            .list(Some(&run))
            .map_ok(|meta| (meta.location, meta.size))
            .try_collect()
            .await
    }

    fn run(&self, owner: &str, run_id: &str) -> String {
        let slash = if self.prefix.is_empty() { "" } else { "/" };
        format!("{}{slash}{owner}/{run_id}", self.prefix)
    }

    /// All bytes of a small object.
    pub async fn bytes(&self, key: &Path) -> Result<Vec<u8>> {
        Ok(self.backend.objects().get(key).await?.bytes().await?.to_vec())
    }

    /// Digest of the object under a key of the whole bucket, if there is one.
    pub async fn find(&self, key: &Path) -> std::result::Result<Option<Digest>, Stop> {
        match self.digest(key).await {
            Ok(digest) => Ok(Some(digest)),
            Err(Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Digest of an object's bytes, by reading all of them.
    pub async fn digest(&self, key: &Path) -> Result<Digest> {
        confirm::digest(self.backend.objects(), key).await
    }

    /// Sends an object that doesn't exist yet; `false` where the server says that it does. Not
    /// every server heeds the condition, so callers look first.
    pub async fn put(&self, key: &Path, bytes: Vec<u8>, about: &About<'_>) -> Result<bool> {
        let attributes = self.backend.kept(about.attributes());
        let how = PutOptions { mode: PutMode::Create, attributes, ..PutOptions::default() };
        match self.backend.objects().put_opts(key, PutPayload::from(bytes), how).await {
            Ok(_) => Ok(true),
            Err(Error::AlreadyExists { .. }) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Sends what the crawler says itself, again if need be.
    pub async fn put_plain(&self, key: &Path, bytes: Vec<u8>) -> Result<()> {
        let attributes = self.backend.kept(Content::Own.attributes());
        let how = PutOptions { attributes, ..PutOptions::default() };
        self.backend.objects().put_opts(key, PutPayload::from(bytes), how).await.map(drop)
    }

    /// Starts an object that is sent in parts and appears only when completed.
    pub async fn multipart(&self, key: &Path, about: &About<'_>) -> Result<Upload> {
        let attributes = self.backend.kept(about.attributes());
        let how = PutMultipartOptions { attributes, ..PutMultipartOptions::default() };
        self.backend.multipart(key, how).await
    }

    /// Aborts the upload `id`, so that its parts cost nobody their room. Where the server refuses,
    /// they are left to the bucket's lifecycle rule.
    pub async fn abort(&self, key: &Path, id: &str) -> std::result::Result<(), Stop> {
        self.backend.abort(key, id).await
    }

    /// Makes sure that the store has the object just sent.
    pub async fn confirm(
        &self,
        key: &Path,
        size: u64,
        digest: &Digest,
        sent: Sent,
    ) -> std::result::Result<(), Stop> {
        self.backend.confirm(key, size, digest, sent).await
    }

    /// Whether an object's metadata says that this crawler sent it for the run `run_id`.
    pub async fn is_of(&self, key: &Path, run_id: &str) -> std::result::Result<bool, Stop> {
        Ok(self.backend.sent_for(key).await?.as_deref() == Some(run_id))
    }

    /// Takes an object away, and every version of it that the bucket keeps.
    pub async fn delete(&self, key: &Path) -> std::result::Result<(), Stop> {
        self.hide(key).await?;
        self.backend.purge(key.as_ref(), &|found| found == key.as_ref()).await
    }

    /// Deletes what the bucket keeps of a run's objects that are gone.
    pub async fn purge(
        &self,
        owner: &str,
        run_id: &str,
        but: &Path,
    ) -> std::result::Result<(), Stop> {
        let prefix = format!("{}/", self.run(owner, run_id));
        self.backend.purge(&prefix, &|found| found != but.as_ref()).await
    }

    /// Takes an object away; where the bucket keeps versions they stay.
    pub async fn hide(&self, key: &Path) -> Result<()> {
        match self.backend.objects().delete(key).await {
            Ok(()) | Err(Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(error),
        }
    }
}
