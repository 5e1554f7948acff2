//! What the kinds of stores differ in. The defaults are those of a store that knows no more than the
//! library's calls.

use std::{io, sync::Arc};

use async_trait::async_trait;
use object_store::{
    Attributes, ObjectStore, ObjectStoreExt, PutMultipartOptions, Result, path::Path,
};
use sluice_policy::digest::Digest;

use super::{
    confirm::{self, Sent},
    probe::Capabilities,
    trial::Place,
    upload::Upload,
};
use crate::outcome::{Code, Reason, Stop};

/// Which keys are meant.
pub(super) type Ours<'a> = dyn for<'k> Fn(&'k str) -> bool + 'a;

/// One kind of store.
#[async_trait(?Send)]
pub(super) trait Backend: Send + Sync {
    /// Its objects, by the library's calls.
    fn objects(&self) -> &dyn ObjectStore;

    /// The store of an owner's results, where each has one.
    fn of(&self, _owner: &str) -> std::result::Result<Option<Own>, Stop> {
        Ok(None)
    }

    /// Owners that have results below `prefix`.
    async fn owners(&self, prefix: &Path) -> Result<Vec<String>> {
        let below = self.objects().list_with_delimiter(Some(prefix)).await?.common_prefixes;
        Ok(below.iter().filter_map(|path| Some(path.filename()?.to_owned())).collect())
    }

    /// Finds out at the first call what the server can be relied on for.
    async fn probe(&self) -> std::result::Result<Capabilities, Stop> {
        Ok(Capabilities::default())
    }

    /// The same for `validate`; none where an object is to be tried.
    async fn preflight(&self) -> std::result::Result<Option<Capabilities>, Stop> {
        Ok(None)
    }

    /// Where objects go that try it.
    fn trials(&self, prefix: &str) -> std::result::Result<Place, Stop> {
        Place::below(prefix)
    }

    /// Whether a request that failed for `reason` was answered, and with a no.
    fn refuses(&self, reason: &Reason) -> bool {
        reason.is(Code::StoreDenied) || reason.is(Code::StoreRefused)
    }

    /// Whether an object can have this key.
    fn fits(&self, _key: &str) -> bool {
        true
    }

    /// What it keeps of an object's attributes.
    fn kept(&self, _said: Attributes) -> Attributes {
        Attributes::new()
    }

    /// Starts an object that is sent in parts.
    async fn multipart(&self, key: &Path, how: PutMultipartOptions) -> Result<Upload> {
        Ok(Upload::Local(self.objects().put_multipart_opts(key, how).await?))
    }

    /// Aborts an upload in parts that an earlier process began.
    async fn abort(&self, _key: &Path, _id: &str) -> std::result::Result<(), Stop> {
        Ok(())
    }

    /// Removes what a killed crawler was writing below `run`.
    fn clear_staged(&self, _run: &str) -> io::Result<()> {
        Ok(())
    }

    /// The run that an object says it was sent for.
    async fn sent_for(&self, _key: &Path) -> std::result::Result<Option<String>, Stop> {
        Ok(None)
    }

    /// Makes sure that the store has the object just sent; such a store has what was written to it.
    async fn confirm(
        &self,
        key: &Path,
        size: u64,
        _digest: &Digest,
        _sent: Sent,
    ) -> std::result::Result<(), Stop> {
        let found = self.objects().head(key).await?.size;
        if found == size { Ok(()) } else { Err(confirm::differs(key)) }
    }

    /// Deletes all that is kept of deleted objects whose keys are `ours` and begin with `prefix`.
    async fn purge(&self, _prefix: &str, _ours: &Ours<'_>) -> std::result::Result<(), Stop> {
        Ok(())
    }
}

/// An owner's own store.
pub(super) struct Own {
    pub(super) backend: Arc<dyn Backend>,
    pub(super) url: String,
}

/// Any store of the library's.
pub(super) struct Objects(pub(super) Arc<dyn ObjectStore>);

impl Backend for Objects {
    fn objects(&self) -> &dyn ObjectStore {
        &*self.0
    }
}
