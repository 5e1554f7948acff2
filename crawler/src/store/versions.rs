//! Buckets that keep what was deleted: an earlier version stays readable for whoever knows its id.

use std::collections::HashSet;

use http::{Method, StatusCode};
use percent_encoding::utf8_percent_encode;
use serde::Deserialize;

use super::{
    api::{Api, QUERY, object},
    failed::refused,
};
use crate::outcome::{Code, Stop};

/// Versions that are named one by one.
const NAMED: usize = 10;

/// What a bucket does with what is deleted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Versions {
    /// It is gone.
    #[default]
    None,
    /// It is gone: the server has no call about versions.
    Unsupported,
    /// It stays as an earlier version until that is deleted, too, which the crawler does.
    Deleted,
    /// It stays as an earlier version, which the crawler can't delete.
    Remain,
}

#[derive(Deserialize)]
struct Listing {
    #[serde(rename = "$value", default)]
    items: Vec<Item>,
}

#[derive(Deserialize)]
enum Item {
    Version(Version),
    DeleteMarker(Version),
    IsTruncated(bool),
    NextKeyMarker(String),
    NextVersionIdMarker(String),
    #[serde(other)]
    Other,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Version {
    key: String,
    version_id: String,
}

/// What there is below a prefix.
#[derive(Default)]
struct Found {
    versions: Vec<Version>,
    /// What hides the versions of a key.
    markers: Vec<Version>,
}

/// Whether the bucket keeps versions, or kept them once; `Deleted` where it may.
pub(super) async fn kept(api: &Api) -> Result<Versions, Stop> {
    let answer = api.call(Method::GET, "?versioning=", &[], &[]).await?;
    match answer.status {
        StatusCode::FORBIDDEN | StatusCode::UNAUTHORIZED => Ok(Versions::Deleted),
        status if !status.is_success() => Ok(Versions::Unsupported),
        _ => {
            // Servers call the element around it by several names.
            let text = answer.text();
            let kept = ["Enabled", "Suspended"].map(|word| format!("<Status>{word}</Status>"));
            Ok(match kept.iter().any(|status| text.contains(status)) {
                true => Versions::Deleted,
                false if text.contains("<VersioningConfiguration") => Versions::None,
                false => Versions::Unsupported,
            })
        }
    }
}

/// Whether objects of the bucket may be locked.
pub(super) async fn locked(api: &Api) -> Result<bool, Stop> {
    let answer = api.call(Method::GET, "?object-lock=", &[], &[]).await?;
    let enabled = "<ObjectLockEnabled>Enabled</ObjectLockEnabled>";
    Ok(answer.status.is_success() && answer.text().contains(enabled))
}

/// Deletes every version of the keys that are `ours` and begin with `prefix`; what stays is said.
pub(super) async fn purge(
    api: &Api,
    prefix: &str,
    ours: impl Fn(&str) -> bool,
) -> Result<(), Stop> {
    if !matches!(kept(api).await?, Versions::Deleted) {
        return Ok(());
    }
    let found = list(api, prefix, &ours).await?;
    let mut answer = None;
    let mut left = HashSet::new();
    for version in &found.versions {
        let status = delete(api, version).await?;
        if !status.is_success() && status != StatusCode::NOT_FOUND {
            answer = Some(status);
            left.insert(&version.key);
        }
    }
    // A marker that goes before what it hides would show that again.
    for marker in found.markers.iter().filter(|marker| !left.contains(&marker.key)) {
        delete(api, marker).await?;
    }
    if found.versions.is_empty() {
        return Ok(());
    }
    let left = list(api, prefix, &ours).await?.versions;
    if left.is_empty() { Ok(()) } else { Err(remain(&left, answer)) }
}

fn remain(left: &[Version], answer: Option<StatusCode>) -> Stop {
    let named: Vec<String> = left
        .iter()
        .take(NAMED)
        .map(|Version { key, version_id }| format!("{key} (version {version_id})"))
        .collect();
    let more = left.len().checked_sub(named.len()).filter(|more| *more > 0);
    let more = more.map_or_else(String::new, |more| format!(" and {more} more"));
    let answer = answer.map_or_else(String::new, |status| format!("; the store answers {status}"));
    Stop::retry(
        Code::VersionsRemain,
        format!(
            "the bucket keeps {} earlier versions readable: {}{more}{answer}: wait for the end of \
             their lock, or grant s3:DeleteObjectVersion",
            left.len(),
            named.join(", ")
        ),
    )
}

async fn delete(api: &Api, version: &Version) -> Result<StatusCode, Stop> {
    let id = utf8_percent_encode(&version.version_id, QUERY);
    let target = format!("{}?versionId={id}", object(&version.key));
    Ok(api.call(Method::DELETE, &target, &[], &[]).await?.status)
}

async fn list(api: &Api, prefix: &str, ours: impl Fn(&str) -> bool) -> Result<Found, Stop> {
    let mut found = Found::default();
    let mut marker = (String::new(), String::new());
    loop {
        let mut query = format!("?versions=&prefix={}", utf8_percent_encode(prefix, QUERY));
        for (name, value) in [("key-marker", &marker.0), ("version-id-marker", &marker.1)] {
            if !value.is_empty() {
                query += &format!("&{name}={}", utf8_percent_encode(value, QUERY));
            }
        }
        let answer = api.call(Method::GET, &query, &[], &[]).await?;
        if matches!(answer.status, StatusCode::FORBIDDEN | StatusCode::UNAUTHORIZED) {
            return Err(Stop::retry(
                Code::VersionsRemain,
                "the bucket may keep earlier versions readable, and the crawler's key may not list \
                 them: grant s3:GetBucketVersioning and s3:ListBucketVersions",
            ));
        }
        if !answer.status.is_success() {
            return Err(refused("a list of versions", answer.status));
        }
        let page = Page::read(&answer.text())?;
        let own = |versions: Vec<Version>| {
            versions.into_iter().filter(|it| it.key.starts_with(prefix) && ours(&it.key))
        };
        found.versions.extend(own(page.found.versions));
        found.markers.extend(own(page.found.markers));
        match page.next {
            None => return Ok(found),
            Some(next) if next == marker => return Err(unreadable()),
            Some(next) => marker = next,
        }
    }
}

struct Page {
    found: Found,
    next: Option<(String, String)>,
}

impl Page {
    fn read(text: &str) -> Result<Self, Stop> {
        if !text.contains("<ListVersionsResult") {
            return Err(unreadable());
        }
        let listing: Listing = quick_xml::de::from_str(text).map_err(|_| unreadable())?;
        let (mut found, mut next, mut truncated) =
            (Found::default(), (String::new(), String::new()), false);
        for item in listing.items {
            match item {
                Item::Version(version) => found.versions.push(version),
                Item::DeleteMarker(marker) => found.markers.push(marker),
                Item::IsTruncated(more) => truncated = more,
                Item::NextKeyMarker(key) => next.0 = key,
                Item::NextVersionIdMarker(id) => next.1 = id,
                Item::Other => {}
            }
        }
        Ok(Self { found, next: truncated.then_some(next) })
    }
}

fn unreadable() -> Stop {
    Stop::retry(Code::StoreUnavailable, "the store's list of versions can't be understood")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_of_versions_are_read() {
        let text = "<?xml version=\"1.0\"?><ListVersionsResult xmlns=\"x\"><Name>b</Name><Prefix/>
            <KeyMarker></KeyMarker><MaxKeys>1000</MaxKeys><IsTruncated>true</IsTruncated>
            <NextKeyMarker>c</NextKeyMarker><NextVersionIdMarker>9</NextVersionIdMarker>
            <Version><Key>a&amp;b</Key><VersionId>1</VersionId><IsLatest>false</IsLatest>
              <Owner><ID>o</ID></Owner></Version>
            <DeleteMarker><Key>a&amp;b</Key><VersionId>2</VersionId></DeleteMarker>
            <Version><Key>c</Key><VersionId>null</VersionId></Version></ListVersionsResult>";
        let page = Page::read(text).unwrap();
        let version =
            |key: &str, id: &str| Version { key: key.to_owned(), version_id: id.to_owned() };
        assert_eq!(page.found.versions, [version("a&b", "1"), version("c", "null")]);
        assert_eq!(page.found.markers, [version("a&b", "2")]);
        assert_eq!(page.next, Some(("c".to_owned(), "9".to_owned())));
        assert!(Page::read("<ListBucketResult></ListBucketResult>").is_err());
    }
}
