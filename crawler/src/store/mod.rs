//! The object store that results are published to, with the few operations publishing needs.

mod about;
mod api;
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

use std::{collections::HashMap, io, path::PathBuf, sync::Arc};

use futures_util::TryStreamExt;
use http::StatusCode;
use object_store::{
    Attributes, Error, ObjectStore, ObjectStoreExt, PutMode, PutMultipartOptions, PutOptions,
    PutPayload, Result, multipart::MultipartStore, path::Path,
};
use sluice_policy::digest::{Digest, Hasher};
use tokio::sync::OnceCell;

use crate::outcome::{Code, Reason, Stop};
pub use about::{About, Content};
use api::{Api, passing};
pub use confirm::Sent;
use directory::{clear_staged, fits, is_staged};
use failed::{differs, refused};
pub use manifest::{Manifest, manifest, published};
use owners::Owners;
pub use probe::Honours;
pub use standing::Standing;
pub(crate) use tombstone::Tombstone;
use trial::Place;
use upload::Parts;
pub use upload::Upload;
pub use versions::Versions;

/// Bytes of a key that every S3 server takes.
const LONGEST_KEY: usize = 1024;

/// Where objects go.
#[derive(Clone)]
pub struct Store {
    inner: Arc<dyn ObjectStore>,
    prefix: String,
    url: String,
    /// Where a directory store is.
    directory: Option<PathBuf>,
    /// What the library has no call for.
    api: Option<Arc<Api>>,
    honours: Arc<OnceCell<Honours>>,
    /// Where each owner has a bucket.
    owners: Option<Owners>,
}

impl Store {
    /// Wraps any store; `prefix` comes before every key, `url` is what people are told.
    pub fn new(inner: Arc<dyn ObjectStore>, prefix: &str, url: &str) -> Self {
        let trimmed = |text: &str| text.trim_matches('/').to_owned();
        let url = url.trim_end_matches('/').to_owned();
        Self {
            inner,
            prefix: trimmed(prefix),
            url,
            directory: None,
            api: None,
            honours: Arc::default(),
            owners: None,
        }
    }

    /// The store of an owner's results: this one, unless each owner has a bucket.
    pub fn of(&self, owner: &str) -> std::result::Result<Self, Stop> {
        self.owners.as_ref().map_or_else(|| Ok(self.clone()), |owners| owners.store(owner))
    }

    /// Finds out at the first call what the server can be relied on for, makes the bucket if it
    /// isn't there, and says so. Other stores have nothing to find out.
    pub async fn probe(&self) -> std::result::Result<Honours, Stop> {
        match &self.api {
            // Each owner's bucket is tried when it is first used.
            _ if self.owners.is_some() => Ok(Honours::default()),
            Some(api) => {
                let probe = async || probe::probe(api, &self.prefix).await;
                self.honours.get_or_try_init(probe).await.copied()
            }
            None => Ok(Honours::default()),
        }
    }

    /// What people are told that it is.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Tries what the first run will do. Where each owner has a bucket, only that the server is there
    /// and lets the key in: whose buckets there will be isn't known.
    pub async fn preflight(&self) -> std::result::Result<Honours, Stop> {
        match (&self.owners, &self.api) {
            (Some(owners), _) => {
                if let Some(api) = &owners.trial()?.api {
                    probe::has_bucket(api).await?;
                }
                Ok(Honours::default())
            }
            (None, Some(_)) => self.probe().await,
            (None, None) => self.try_out().await.map(|()| Honours::default()),
        }
    }

    /// Whether the store takes an object of no run and gives the same back: what one run fails at is
    /// no outage then.
    pub async fn try_out(&self) -> std::result::Result<(), Stop> {
        let tried = async {
            let place = match self.directory {
                Some(_) => Place::within(&self.prefix)?,
                None => Place::below(&self.prefix)?,
            };
            for left in place.abandoned(&*self.inner).await? {
                self.hide(&left).await?;
            }
            let key = place.key();
            self.put_plain(&key, trial::CONTENT.into()).await?;
            let found = self.beginning(&key).await;
            self.hide(&key).await?;
            match found? == trial::CONTENT {
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
        let failed = reason.is(Code::StoreUnavailable);
        reason.is(Code::StoreDenied)
            || reason.is(Code::StoreRefused)
            // No network is in between.
            || (failed && self.directory.is_some())
    }

    /// Where people find a run.
    pub fn place(&self, owner: &str, run_id: &str) -> String {
        let url = self.of(owner).map_or_else(|_| self.url.clone(), |store| store.url);
        format!("{url}/{owner}/{run_id}/")
    }

    /// The key of a run's object, exactly as spelled: nothing is encoded again.
    pub fn key(&self, owner: &str, run_id: &str, name: &str) -> Result<Path, Stop> {
        let text = format!("{}/{name}", self.run(owner, run_id));
        let fits = text.len() <= LONGEST_KEY && (self.directory.is_none() || fits(&text));
        match Path::parse(&text) {
            Ok(key) if key.as_ref() == text && !is_staged(name) && fits => Ok(key),
            _ => Err(Stop::hold(
                Code::NameRefused,
                "an output's name is no possible name of an object; name it otherwise",
            )),
        }
    }

    /// Removes what a killed crawler was writing of a run: a directory store leaves it visible.
    pub fn clear_staged(&self, owner: &str, run_id: &str) -> io::Result<()> {
        match &self.directory {
            Some(dir) => clear_staged(&dir.join(owner).join(run_id)),
            None => Ok(()),
        }
    }

    /// Sizes of all objects of a run.
    pub async fn list(&self, owner: &str, run_id: &str) -> Result<HashMap<Path, u64>> {
        let run = Path::parse(self.run(owner, run_id))?;
        self.inner.list(Some(&run)).map_ok(|meta| (meta.location, meta.size)).try_collect().await
    }

    fn run(&self, owner: &str, run_id: &str) -> String {
        let slash = if self.prefix.is_empty() { "" } else { "/" };
        format!("{}{slash}{owner}/{run_id}", self.prefix)
    }

    /// Size of an object.
    async fn size(&self, key: &Path) -> Result<u64> {
        Ok(self.inner.head(key).await?.size)
    }

    /// All bytes of a small object.
    pub async fn bytes(&self, key: &Path) -> Result<Vec<u8>> {
        Ok(self.inner.get(key).await?.bytes().await?.to_vec())
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
        let mut hasher = Hasher::default();
        let mut bytes = self.inner.get(key).await?.into_stream();
        while let Some(chunk) = bytes.try_next().await? {
            hasher.update(&chunk);
        }
        Ok(hasher.finish())
    }

    /// Sends an object that doesn't exist yet; `false` where the server says that it does. Not
    /// every server heeds the condition, so callers look first.
    pub async fn put(&self, key: &Path, bytes: Vec<u8>, about: &About<'_>) -> Result<bool> {
        let attributes = self.attributes(|| about.attributes());
        let how = PutOptions { mode: PutMode::Create, attributes, ..PutOptions::default() };
        match self.inner.put_opts(key, PutPayload::from(bytes), how).await {
            Ok(_) => Ok(true),
            Err(Error::AlreadyExists { .. }) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Sends what the crawler says itself, again if need be.
    pub async fn put_plain(&self, key: &Path, bytes: Vec<u8>) -> Result<()> {
        let attributes = self.attributes(|| Content::Own.attributes());
        let how = PutOptions { attributes, ..PutOptions::default() };
        self.inner.put_opts(key, PutPayload::from(bytes), how).await.map(drop)
    }

    /// Directories have no metadata.
    fn attributes(&self, said: impl Fn() -> Attributes) -> Attributes {
        if self.api.is_some() { said() } else { Attributes::new() }
    }

    /// Starts an object that is sent in parts and appears only when completed.
    pub async fn multipart(&self, key: &Path, about: &About<'_>) -> Result<Upload> {
        let attributes = self.attributes(|| about.attributes());
        let how = PutMultipartOptions { attributes, ..PutMultipartOptions::default() };
        let Some(Api { s3, .. }) = self.api.as_deref() else {
            return Ok(Upload::Local(self.inner.put_multipart_opts(key, how).await?));
        };
        let id = s3.create_multipart_opts(key, how).await?;
        Ok(Upload::S3(Parts { s3: Arc::clone(s3), key: key.clone(), id, sent: Vec::new() }))
    }

    /// Aborts the upload `id`, so that its parts cost nobody their room. Where the server refuses,
    /// they are left to the bucket's lifecycle rule.
    pub async fn abort(&self, key: &Path, id: &str) -> std::result::Result<(), Stop> {
        let Some(api) = &self.api else { return Ok(()) };
        let status = api.abort(key, id).await?;
        if passing(status) {
            return Err(refused("the end of an unfinished upload", status));
        }
        match status {
            StatusCode::NOT_FOUND => {}
            status if status.is_success() => {
                tracing::info!(key = key.as_ref(), "an unfinished upload was aborted");
            }
            status => tracing::warn!(
                key = key.as_ref(),
                %status,
                "an unfinished upload stays: grant s3:AbortMultipartUpload, or have the bucket \
                 abort incomplete uploads by itself"
            ),
        }
        Ok(())
    }

    /// Whether an object's metadata says that this crawler sent it for the run `run_id`.
    pub async fn is_of(&self, key: &Path, run_id: &str) -> std::result::Result<bool, Stop> {
        match &self.api {
            Some(api) => Ok(api.head(key).await?.run.as_deref() == Some(run_id)),
            None => Ok(false),
        }
    }

    /// Takes an object away, and every version of it that the bucket keeps.
    pub async fn delete(&self, key: &Path) -> std::result::Result<(), Stop> {
        self.hide(key).await?;
        match &self.api {
            Some(api) => versions::purge(api, key.as_ref(), |found| found == key.as_ref()).await,
            None => Ok(()),
        }
    }

    /// Deletes what the bucket keeps of a run's objects that are gone.
    pub async fn purge(
        &self,
        owner: &str,
        run_id: &str,
        but: &Path,
    ) -> std::result::Result<(), Stop> {
        let Some(api) = &self.api else { return Ok(()) };
        let prefix = format!("{}/", self.run(owner, run_id));
        versions::purge(api, &prefix, |found| found != but.as_ref()).await
    }

    /// Takes an object away; where the bucket keeps versions they stay.
    pub async fn hide(&self, key: &Path) -> Result<()> {
        match self.inner.delete(key).await {
            Ok(()) | Err(Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(error),
        }
    }
}
