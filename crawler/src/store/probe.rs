//! What a server can be relied on for: S3 servers differ silently, so they are tried.

use http::{Method, StatusCode};
use object_store::{multipart::MultipartStore, path::Path};
use sluice_policy::digest::Digest;

use super::{
    api::{Answer, Api, base64, object},
    failed::{differs, refused},
    trial::{CONTENT, Place},
    versions::{self, Versions},
};
use crate::outcome::{Code, Stop};

/// What a server was found to do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Capabilities {
    /// Refuses to overwrite where it is asked not to (`If-None-Match`).
    pub conditions: bool,
    /// Refuses bytes that aren't those of the SHA-256 sent with them.
    pub checks_sha256: bool,
    /// The same of an object's parts.
    pub checks_parts: bool,
    /// Tells an object's SHA-256 when asked.
    pub tells_sha256: bool,
    /// What becomes of what is deleted.
    pub versions: Versions,
    /// Whether objects may be locked against their deletion.
    pub object_lock: bool,
    /// Whether the bucket was made now.
    pub made_bucket: bool,
}

/// Tries the server with an object of its own below `prefix`.
pub(super) async fn probe(api: &Api, prefix: &str) -> Result<Capabilities, Stop> {
    let made_bucket = bucket(api).await?;
    if !has_bucket(api).await? {
        return Err(refused("s3:ListBucket", StatusCode::NOT_FOUND));
    }
    let place = Place::below(prefix)?;
    for left in place.abandoned(&*api.s3).await? {
        may(api, "s3:DeleteObject", Method::DELETE, &object(left.as_ref())).await?;
    }
    let key = place.key();
    let found = attempt(api, &key).await;
    let gone = may(api, "s3:DeleteObject", Method::DELETE, &object(key.as_ref())).await;
    let found = found?;
    gone?;
    let versions = match versions::kept(api).await? {
        Versions::Deleted => {
            match versions::purge(api, key.as_ref(), |it| it == key.as_ref()).await {
                Ok(()) => Versions::Deleted,
                Err(stop) if stop.reason().is(Code::VersionsRemain) => Versions::Remain,
                Err(stop) => return Err(stop),
            }
        }
        other => other,
    };
    let object_lock = versions::locked(api).await?;
    let honours = Capabilities { made_bucket, versions, object_lock, ..found };
    announce(api, &honours);
    Ok(honours)
}

/// What the server does with the object `key`.
async fn attempt(api: &Api, key: &Path) -> Result<Capabilities, Stop> {
    let (bytes, other) = (CONTENT, b"another".as_slice());
    let (right, wrong) = (base64(&Digest::of(bytes)), base64(&Digest::of(other)));
    let checks_sha256 = match api.put(key, bytes, &wrong, false).await? {
        status if status.is_success() => false,
        StatusCode::BAD_REQUEST => true,
        status => return Err(lacks(api, "s3:PutObject", status)),
    };
    // A server that repeats what it was told doesn't know.
    let repeats = !checks_sha256 && api.head(key).await?.sha256 == Some(Digest::of(other).hex());
    match api.put(key, bytes, &right, false).await? {
        status if status.is_success() => {}
        status => return Err(lacks(api, "s3:PutObject", status)),
    }
    let read = may(api, "s3:GetObject", Method::GET, &object(key.as_ref())).await?;
    if read.body != bytes {
        return Err(differs(&api.endpoint));
    }
    let tells_sha256 = !repeats && api.head(key).await?.sha256 == Some(Digest::of(bytes).hex());
    let conditions = api.put(key, bytes, &right, true).await? == StatusCode::PRECONDITION_FAILED;
    let checks_parts = checks_parts(api, key, bytes, &wrong).await?;
    Ok(Capabilities {
        conditions,
        checks_sha256,
        checks_parts,
        tells_sha256,
        ..Capabilities::default()
    })
}

/// Whether a part that was changed on its way is refused; some servers check whole objects alone.
async fn checks_parts(api: &Api, key: &Path, bytes: &[u8], wrong: &str) -> Result<bool, Stop> {
    // What can't be tried is read back.
    let Ok(id) = api.s3.create_multipart(key).await else { return Ok(false) };
    let status = api.put_part(key, &id, bytes, wrong).await;
    api.abort(key, &id).await?;
    Ok(status? == StatusCode::BAD_REQUEST)
}

/// Makes the bucket if it isn't there; says whether it did.
async fn bucket(api: &Api) -> Result<bool, Stop> {
    let (bucket, endpoint) = (&api.bucket, &api.endpoint);
    match api.call(Method::HEAD, "", &[], &[]).await?.status {
        status if status.is_success() => Ok(false),
        StatusCode::NOT_FOUND => match api.call(Method::PUT, "", &[], &[]).await?.status {
            status if status.is_success() => Ok(true),
            status => Err(Stop::retry(
                Code::StoreDenied,
                format!(
                    "there is no bucket {bucket} at {endpoint} and the crawler's key may not make \
                     it ({status}): make it, or grant s3:CreateBucket"
                ),
            )),
        },
        StatusCode::FORBIDDEN | StatusCode::UNAUTHORIZED => Err(Stop::retry(
            Code::StoreDenied,
            format!(
                "{endpoint} doesn't let the crawler's key into the bucket {bucket}: check the key, \
                 or grant it s3:ListBucket, s3:GetObject, s3:PutObject and s3:DeleteObject"
            ),
        )),
        status => Err(refused("a look at the bucket", status)),
    }
}

/// Whether the bucket is there, by the words of an S3 server that lets the key list it: a page in
/// front of one may answer with any status.
pub(super) async fn has_bucket(api: &Api) -> Result<bool, Stop> {
    let answer = api.call(Method::GET, "?list-type=2&max-keys=1", &[], &[]).await?;
    let says = |word: &str| answer.text().contains(word);
    match answer.status {
        status if status.is_success() && says("<ListBucketResult") => Ok(true),
        StatusCode::NOT_FOUND if says("NoSuchBucket") => Ok(false),
        status if status.is_success() || status == StatusCode::NOT_FOUND => Err(Stop::retry(
            Code::StoreUnavailable,
            format!("{} answers {status}, but not as an S3 server does", api.endpoint),
        )),
        status => Err(lacks(api, "s3:ListBucket", status)),
    }
}

async fn may(api: &Api, right: &str, method: Method, target: &str) -> Result<Answer, Stop> {
    match api.call(method, target, &[], &[]).await? {
        answer if answer.status.is_success() => Ok(answer),
        Answer { status, .. } => Err(lacks(api, right, status)),
    }
}

fn lacks(api: &Api, right: &str, status: StatusCode) -> Stop {
    let Api { bucket, endpoint, .. } = api;
    match status {
        StatusCode::FORBIDDEN | StatusCode::UNAUTHORIZED => Stop::retry(
            Code::StoreDenied,
            format!(
                "the crawler's key lacks {right} on the bucket {bucket} at {endpoint}: grant it"
            ),
        ),
        _ => refused(right, status),
    }
}

fn announce(api: &Api, honours: &Capabilities) {
    let Capabilities { conditions, checks_sha256, checks_parts, tells_sha256, .. } = *honours;
    let endpoint = &api.endpoint;
    if honours.made_bucket {
        tracing::info!(endpoint, bucket = api.bucket, "the bucket was made");
    }
    tracing::info!(
        endpoint,
        conditions,
        checks_sha256,
        checks_parts,
        tells_sha256,
        "what the store can be relied on for"
    );
    if !checks_sha256 && !tells_sha256 {
        tracing::warn!(endpoint, "the store checks nothing: every object is read back");
    }
    if honours.versions == Versions::Remain {
        tracing::warn!(
            endpoint,
            bucket = api.bucket,
            "the bucket keeps versions that the crawler can't delete: what is withdrawn stays \
             readable; grant s3:GetBucketVersioning, s3:ListBucketVersions and \
             s3:DeleteObjectVersion, or take a bucket without versions"
        );
    }
    if honours.object_lock {
        tracing::warn!(
            endpoint,
            bucket = api.bucket,
            "the bucket has object lock: what is locked can't be withdrawn before its lock ends"
        );
    }
}
