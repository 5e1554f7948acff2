//! Whether the store has what it was sent.

use futures_util::TryStreamExt;
use object_store::{ObjectStore, ObjectStoreExt, Result, path::Path};
use sluice_policy::digest::{Digest, Hasher};

use crate::outcome::{Code, Stop};

/// How an object was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sent {
    /// In one request.
    Whole,
    /// In parts, whose digests servers join in a way that says nothing about the object's.
    InParts,
}

/// Digest of an object's bytes, by reading all of them.
pub(super) async fn digest(objects: &dyn ObjectStore, key: &Path) -> Result<Digest> {
    let mut hasher = Hasher::default();
    let mut bytes = objects.get(key).await?.into_stream();
    while let Some(chunk) = bytes.try_next().await? {
        hasher.update(&chunk);
    }
    Ok(hasher.finish())
}

pub(super) fn differs(key: &Path) -> Stop {
    Stop::retry(Code::StoreDiffers, format!("{key} is not in the store as it was sent"))
}
