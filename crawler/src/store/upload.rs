//! An object that is sent in parts and appears only when it is completed.

use std::sync::Arc;

use object_store::{
    MultipartId, MultipartUpload, PutPayload, Result,
    aws::AmazonS3,
    multipart::{MultipartStore, PartId},
    path::Path,
};

/// An upload under way.
pub enum Upload {
    /// Its server keeps the parts until it is completed or aborted by its id.
    S3(Parts),
    /// It ends with this process.
    Local(Box<dyn MultipartUpload>),
}

/// What an S3 server has of an object.
pub struct Parts {
    pub(super) s3: Arc<AmazonS3>,
    pub(super) key: Path,
    pub(super) id: MultipartId,
    pub(super) sent: Vec<PartId>,
}

impl Upload {
    /// Its id, where it would outlive this process.
    pub fn id(&self) -> Option<&str> {
        match self {
            Self::S3(Parts { id, .. }) => Some(id),
            Self::Local(_) => None,
        }
    }

    /// Sends the next part.
    pub async fn part(&mut self, bytes: Vec<u8>) -> Result<()> {
        let bytes = PutPayload::from(bytes);
        match self {
            Self::S3(Parts { s3, key, id, sent }) => {
                sent.push(s3.put_part(key, id, sent.len(), bytes).await?);
                Ok(())
            }
            Self::Local(upload) => upload.put_part(bytes).await,
        }
    }

    /// Has the object appear.
    pub async fn complete(self) -> Result<()> {
        match self {
            Self::S3(Parts { s3, key, id, sent }) => {
                s3.complete_multipart(&key, &id, sent).await.map(drop)
            }
            Self::Local(mut upload) => upload.complete().await.map(drop),
        }
    }

    /// Takes back what this process alone knows of.
    pub async fn abort_local(self) {
        if let Self::Local(mut upload) = self {
            // What it leaves is cleared before the next try.
            let _ = upload.abort().await;
        }
    }
}
