//! Whether the store has what it was sent.

use object_store::path::Path;
use sluice_policy::digest::Digest;

use super::Store;
use crate::outcome::{Code, Stop};

/// How an object was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sent {
    /// In one request.
    Whole,
    /// In parts, whose digests servers join in a way that says nothing about the object's.
    InParts,
}

impl Store {
    /// Makes sure that the store has the object just sent: by the digest that the server tells,
    /// by its having refused other parts, or by reading all of it. Only what was read and differs
    /// is said to differ: a server that tells nothing, or nonsense, has not lost the object.
    pub async fn confirm(
        &self,
        key: &Path,
        size: u64,
        digest: &Digest,
        sent: Sent,
    ) -> Result<(), Stop> {
        let Some(api) = &self.api else { return self.confirm_size(key, size).await };
        let honours = self.probe().await?;
        let told = match sent {
            Sent::Whole if honours.tells_sha256 => {
                api.head(key).await?.sha256 == Some(digest.hex())
            }
            Sent::InParts if honours.checks_parts => api.head(key).await?.size == Some(size),
            _ => false,
        };
        if told || self.digest(key).await? == *digest { Ok(()) } else { Err(differs(key)) }
    }

    /// A directory has what was synced to it.
    async fn confirm_size(&self, key: &Path, size: u64) -> Result<(), Stop> {
        if self.size(key).await? == size { Ok(()) } else { Err(differs(key)) }
    }
}

fn differs(key: &Path) -> Stop {
    Stop::retry(Code::StoreDiffers, format!("{key} is not in the store as it was sent"))
}
