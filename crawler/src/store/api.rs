//! The few S3 calls that the library has no function for, signed by the library's own means.

use std::{sync::Arc, time::Duration};

use http::{Method, Request, StatusCode};
use object_store::{
    ClientOptions, HeaderMap, Result,
    aws::{AmazonS3, AwsAuthorizer, AwsCredentialProvider},
    client::{HttpClient, HttpConnector, HttpRequestBody, ReqwestConnector},
    path::Path,
};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use sluice_policy::digest::Digest;
use tokio::time::sleep;

use super::failed::{refused, unavailable};
use crate::{config::S3, outcome::Stop};

/// What S3 wants encoded in a path.
const PATH: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b'/');
/// The same in a query.
pub(super) const QUERY: &AsciiSet = &PATH.add(b'/');
/// Header of an object's digest.
const SHA256: &str = "x-amz-checksum-sha256";
/// Upper bound of an answer, in bytes.
const MAX_ANSWER: usize = 4 << 20;

/// Times that a request is repeated.
const RETRIES: u32 = 3;
/// Before the first repetition; twice as long before each more.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
/// However long the server asks for.
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// One bucket of one server.
#[derive(Debug)]
pub(super) struct Api {
    /// The library's own client.
    pub(super) s3: Arc<AmazonS3>,
    client: HttpClient,
    credentials: AwsCredentialProvider,
    base: String,
    region: String,
    pub(super) bucket: String,
    pub(super) endpoint: String,
}

/// What a server answered.
pub(super) struct Answer {
    pub(super) status: StatusCode,
    headers: HeaderMap,
    pub(super) body: Vec<u8>,
}

/// What a server tells of an object.
pub(super) struct Head {
    /// Not every server tells it.
    pub(super) size: Option<u64>,
    /// In hex.
    pub(super) sha256: Option<String>,
    /// The run that it was sent for.
    pub(super) run: Option<String>,
}

impl Answer {
    pub(super) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// Seconds that the server asks to be left alone.
    fn retry_after(&self) -> Option<Duration> {
        let seconds = self.headers.get("retry-after")?.to_str().ok()?.parse().ok()?;
        Some(Duration::from_secs(seconds))
    }
}

/// Whether a status speaks of the server's trouble rather than of the request.
pub(super) fn passing(status: StatusCode) -> bool {
    status == StatusCode::TOO_MANY_REQUESTS
        || (status.is_server_error() && status != StatusCode::NOT_IMPLEMENTED)
}

impl Api {
    pub(super) fn new(s3: &S3, client: &ClientOptions, store: Arc<AmazonS3>) -> Result<Self> {
        let endpoint = s3.endpoint.trim_end_matches('/').to_owned();
        Ok(Self {
            client: ReqwestConnector::default().connect(client)?,
            credentials: store.credentials().clone(),
            s3: store,
            base: format!("{endpoint}/{}", s3.bucket),
            region: s3.region.clone(),
            bucket: s3.bucket.clone(),
            endpoint,
        })
    }

    /// Sends a signed request, again where the server is at fault; `target` is encoded and comes
    /// after the bucket.
    pub(super) async fn call(
        &self,
        method: Method,
        target: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> std::result::Result<Answer, Stop> {
        let mut pause = FIRST_PAUSE;
        for _ in 0..RETRIES {
            let wait = match self.try_call(method.clone(), target, headers, body).await {
                Ok(answer) if !passing(answer.status) => return Ok(answer),
                Ok(answer) => answer.retry_after().unwrap_or(pause),
                Err(_) => pause,
            };
            sleep(wait.min(LONGEST_PAUSE)).await;
            pause *= 2;
        }
        self.try_call(method, target, headers, body).await
    }

    async fn try_call(
        &self,
        method: Method,
        target: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> std::result::Result<Answer, Stop> {
        let credential = self.credentials.get_credential().await?;
        let mut request = Request::builder().method(method).uri(format!("{}{target}", self.base));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let mut request = request
            .body(HttpRequestBody::from(body.to_vec()))
            .map_err(|error| unavailable(&error))?;
        AwsAuthorizer::new(&credential, "s3", &self.region).try_authorize(&mut request, None)?;
        let answer = self.client.execute(request).await.map_err(|error| unavailable(&error))?;
        let (parts, body) = answer.into_parts();
        let mut stream = body.bytes_stream();
        let mut body = Vec::new();
        while let Some(chunk) = futures_util::TryStreamExt::try_next(&mut stream)
            .await
            .map_err(|error| unavailable(&error))?
        {
            body.extend_from_slice(&chunk);
            if body.len() > MAX_ANSWER {
                return Err(unavailable(&"its answer is too long"));
            }
        }
        Ok(Answer { status: parts.status, headers: parts.headers, body })
    }

    pub(super) async fn head(&self, key: &Path) -> std::result::Result<Head, Stop> {
        let told = [("x-amz-checksum-mode", "ENABLED")];
        let answer = self.call(Method::HEAD, &object(key.as_ref()), &told, &[]).await?;
        if !answer.status.is_success() {
            return Err(refused("a look at an object", answer.status));
        }
        let header = |name: &str| answer.headers.get(name)?.to_str().ok();
        Ok(Head {
            size: header("content-length").and_then(|size| size.parse().ok()),
            sha256: header(SHA256).and_then(hex),
            run: header("x-amz-meta-run").map(str::to_owned),
        })
    }

    /// Sends an object with the digest header `sha256`, in Base64.
    pub(super) async fn put(
        &self,
        key: &Path,
        bytes: &[u8],
        sha256: &str,
        condition: bool,
    ) -> std::result::Result<StatusCode, Stop> {
        let headers = [(SHA256, sha256), ("if-none-match", "*")];
        let headers = if condition { &headers[..] } else { &headers[..1] };
        Ok(self.call(Method::PUT, &object(key.as_ref()), headers, bytes).await?.status)
    }

    /// Sends a part with the digest header `sha256`, in Base64.
    pub(super) async fn put_part(
        &self,
        key: &Path,
        id: &str,
        bytes: &[u8],
        sha256: &str,
    ) -> std::result::Result<StatusCode, Stop> {
        let id = utf8_percent_encode(id, QUERY);
        let target = format!("{}?partNumber=1&uploadId={id}", object(key.as_ref()));
        Ok(self.call(Method::PUT, &target, &[(SHA256, sha256)], bytes).await?.status)
    }

    /// Gives up the unfinished upload `id`; one that is unknown is over.
    pub(super) async fn abort(
        &self,
        key: &Path,
        id: &str,
    ) -> std::result::Result<StatusCode, Stop> {
        let id = utf8_percent_encode(id, QUERY);
        let target = format!("{}?uploadId={id}", object(key.as_ref()));
        Ok(self.call(Method::DELETE, &target, &[], &[]).await?.status)
    }
}

/// An object's place after the bucket.
pub(super) fn object(key: &str) -> String {
    format!("/{}", utf8_percent_encode(key, PATH))
}

/// Base64 as S3 tells a digest; one of an object sent in parts has a number behind it.
fn hex(base64: &str) -> Option<String> {
    use base64ct::{Base64, Encoding};
    let bytes = Base64::decode_vec(base64).ok()?;
    (bytes.len() == 32).then(|| bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

/// The digest of `bytes` as S3 wants it.
pub(super) fn base64(digest: &Digest) -> String {
    use base64ct::{Base64, Encoding};
    let hex = digest.hex();
    let digits = hex.as_bytes().chunks(2).filter_map(|pair| std::str::from_utf8(pair).ok());
    let bytes: Vec<u8> = digits.filter_map(|pair| u8::from_str_radix(pair, 16).ok()).collect();
    Base64::encode_string(&bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_and_digests_are_spelled_for_s3() {
        assert_eq!(object("a b/x%20é"), "/a%20b/x%2520%C3%A9");
        let digest = Digest::of(b"x");
        assert_eq!(hex(&base64(&digest)), Some(digest.hex()));
        assert_eq!(hex("AAAA-2"), None);
    }
}
