//! From a configured location to its store.

use std::{sync::Arc, time::Duration};

use object_store::{
    Certificate, ClientOptions, Result, RetryConfig,
    aws::{AmazonS3Builder, Checksum},
    local::LocalFileSystem,
};

use super::{Store, api::Api, owners::Owners, refusals::Connector};
use crate::config::{Keys, Location, S3};

impl Store {
    /// Connects to a configured location; nothing is sent yet.
    pub fn open(location: &Location) -> Result<Self> {
        match location {
            // A crash of the host must not undo what the ledger calls published.
            Location::Directory(dir) => {
                let store = LocalFileSystem::new_with_prefix(dir)?.with_fsync(true);
                let store = Self::new(Arc::new(store), "", &format!("file://{}", dir.display()));
                Ok(Self { directory: Some(dir.clone()), ..store })
            }
            Location::S3(s3) => Self::s3(s3),
        }
    }

    pub(super) fn s3(s3: &S3) -> Result<Self> {
        let mut client = ClientOptions::new().with_allow_http(s3.allow_http);
        if let Some(pem) = &s3.ca {
            for certificate in Certificate::from_pem_bundle(pem)? {
                client = client.with_root_certificate(certificate);
            }
        }
        let mut builder = match &s3.keys {
            Keys::Static(keys) => AmazonS3Builder::new()
                .with_access_key_id(&keys.access_key)
                .with_secret_access_key(&keys.secret_key),
            // Web identity, container or instance: whatever the environment names.
            Keys::Environment => AmazonS3Builder::from_env(),
        };
        if let Some(proxy) = &s3.proxy {
            client = client.with_proxy_url(proxy);
        }
        builder = builder
            .with_endpoint(&s3.endpoint)
            .with_region(&s3.region)
            .with_bucket_name(&s3.bucket)
            .with_virtual_hosted_style_request(false)
            .with_checksum_algorithm(Checksum::SHA256)
            .with_http_connector(Connector)
            .with_client_options(client.clone())
            .with_retry(patience());
        let store = Arc::new(builder.build()?);
        let api = Api::new(s3, &client, Arc::clone(&store))?;
        let url = format!("s3://{}/{}", s3.bucket, s3.prefix);
        let store = Self::new(store, &s3.prefix, &url);
        Ok(Self { api: Some(Arc::new(api)), owners: Owners::new(s3), ..store })
    }
}

/// A request is repeated a few times at once; an outage is left to the next pass.
fn patience() -> RetryConfig {
    RetryConfig { max_retries: 3, retry_timeout: Duration::from_secs(20), ..RetryConfig::default() }
}
