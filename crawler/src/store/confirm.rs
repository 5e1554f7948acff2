//! Whether the store has what it was sent.

use object_store::path::Path;
use sluice_policy::digest::Digest;

use super::Store;
use crate::outcome::Stop;

impl Store {
    /// Makes sure that the store has the object just sent: by the digest that the server tells,
    /// by its word on the digest it was sent, or by reading all of it.
    pub async fn confirm(
        &self,
        key: &Path,
        size: u64,
        digest: &Digest,
    ) -> std::result::Result<(), Stop> {
        let Some(api) = &self.api else { return self.confirm_size(key, size).await };
        if self.probe().await?.tells_sha256 {
            let (found, told) = api.head(key).await?;
            return match told {
                Some(told) if found == size && told == digest.hex() => Ok(()),
                _ => Err(differs(key)),
            };
        }
        self.confirm_parts(key, size, digest).await
    }

    /// The same for an object sent in parts, whose digest servers tell in another form.
    pub async fn confirm_parts(
        &self,
        key: &Path,
        size: u64,
        digest: &Digest,
    ) -> std::result::Result<(), Stop> {
        if self.api.is_none() || self.probe().await?.checks_sha256 {
            return self.confirm_size(key, size).await;
        }
        if self.digest(key).await? == *digest { Ok(()) } else { Err(differs(key)) }
    }

    async fn confirm_size(&self, key: &Path, size: u64) -> std::result::Result<(), Stop> {
        if self.size(key).await? == size { Ok(()) } else { Err(differs(key)) }
    }
}

fn differs(key: &Path) -> Stop {
    Stop::retry("store-differs", format!("{key} is not in the store as it was sent"))
}
