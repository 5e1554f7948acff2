//! A bucket of an S3 server.

use std::sync::Arc;

use async_trait::async_trait;
use http::StatusCode;
use object_store::{
    Attributes, ObjectStore, PutMultipartOptions, Result, multipart::MultipartStore, path::Path,
};
use sluice_policy::digest::Digest;
use tokio::sync::OnceCell;

use super::{
    api::{Api, passing},
    backend::{Backend, Ours},
    confirm::{self, Sent},
    failed::refused,
    probe::{self, Capabilities},
    upload::{Parts, Upload},
    versions,
};
use crate::outcome::Stop;

pub(super) struct Bucket {
    pub(super) api: Api,
    prefix: String,
    honours: OnceCell<Capabilities>,
}

impl Bucket {
    pub(super) fn new(api: Api, prefix: &str) -> Self {
        Self { api, prefix: prefix.to_owned(), honours: OnceCell::new() }
    }
}

#[async_trait(?Send)]
impl Backend for Bucket {
    fn objects(&self) -> &dyn ObjectStore {
        &*self.api.s3
    }

    /// Also makes the bucket if it isn't there, and says what was found.
    async fn probe(&self) -> std::result::Result<Capabilities, Stop> {
        let probe = async || probe::probe(&self.api, &self.prefix).await;
        self.honours.get_or_try_init(probe).await.copied()
    }

    async fn preflight(&self) -> std::result::Result<Option<Capabilities>, Stop> {
        self.probe().await.map(Some)
    }

    fn kept(&self, said: Attributes) -> Attributes {
        said
    }

    async fn multipart(&self, key: &Path, how: PutMultipartOptions) -> Result<Upload> {
        let s3 = &self.api.s3;
        let id = s3.create_multipart_opts(key, how).await?;
        Ok(Upload::S3(Parts { s3: Arc::clone(s3), key: key.clone(), id, sent: Vec::new() }))
    }

    async fn abort(&self, key: &Path, id: &str) -> std::result::Result<(), Stop> {
        let status = self.api.abort(key, id).await?;
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

    async fn sent_for(&self, key: &Path) -> std::result::Result<Option<String>, Stop> {
        Ok(self.api.head(key).await?.run)
    }

    /// By the digest that the server tells, by its having refused other parts, or by reading all of
    /// it. Only what was read and differs is said to differ: a server that tells nothing, or nonsense,
    /// has not lost the object.
    async fn confirm(
        &self,
        key: &Path,
        size: u64,
        digest: &Digest,
        sent: Sent,
    ) -> std::result::Result<(), Stop> {
        let honours = self.probe().await?;
        let told = match sent {
            Sent::Whole if honours.tells_sha256 => {
                self.api.head(key).await?.sha256 == Some(digest.hex())
            }
            Sent::InParts if honours.checks_parts => self.api.head(key).await?.size == Some(size),
            _ => false,
        };
        if told || confirm::digest(self.objects(), key).await? == *digest {
            return Ok(());
        }
        Err(confirm::differs(key))
    }

    async fn purge(&self, prefix: &str, ours: &Ours<'_>) -> std::result::Result<(), Stop> {
        versions::purge(&self.api, prefix, |key| ours(key)).await
    }
}
