//! From a configured bucket to its server.

use std::{sync::Arc, time::Duration};

use object_store::{
    Certificate, ClientOptions, Result, RetryConfig,
    aws::{AmazonS3Builder, Checksum},
};

use super::{api::Api, bucket::Bucket, refusals::Connector};
use crate::config::{Keys, S3};

/// What people are told that it is.
pub(super) fn url(s3: &S3) -> String {
    format!("s3://{}/{}", s3.bucket, s3.prefix)
}

/// Connects; nothing is sent yet.
pub(super) fn bucket(s3: &S3) -> Result<Bucket> {
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
    Ok(Bucket::new(Api::new(s3, &client, store)?, &s3.prefix))
}

/// A request is repeated a few times at once; an outage is left to the next pass.
fn patience() -> RetryConfig {
    RetryConfig { max_retries: 3, retry_timeout: Duration::from_secs(20), ..RetryConfig::default() }
}
