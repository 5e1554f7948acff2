//! A bucket for each owner: some servers grant keys on whole buckets and know no policies.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use async_trait::async_trait;
use object_store::{ObjectStore, Result, path::Path};

use super::{
    backend::{Backend, Own},
    bucket::Bucket,
    connect,
    probe::{self, Capabilities},
};
use crate::{
    config::S3,
    outcome::{Code, Stop},
};

/// What stands for the owner in a bucket's name.
const OWNER: &str = "{owner}";

/// Nobody's name: an owner of a trial.
const TRIAL: &str = "sluice-probe";

/// The buckets of all owners that were met so far.
pub(super) struct Owners {
    s3: S3,
    /// A bucket that needn't be there, since no owner is called so.
    trial: Bucket,
    met: Mutex<HashMap<String, Arc<Bucket>>>,
}

impl Owners {
    /// Whether each owner has a bucket.
    pub(super) fn are_in(s3: &S3) -> bool {
        s3.bucket.contains(OWNER)
    }

    pub(super) fn new(s3: &S3) -> Result<Self> {
        let trial = connect::bucket(&named(s3, TRIAL))?;
        Ok(Self { s3: s3.clone(), trial, met: Mutex::default() })
    }

    fn checked(&self, owner: &str) -> std::result::Result<S3, Stop> {
        let own = named(&self.s3, owner);
        if is_bucket(&own.bucket) {
            return Ok(own);
        }
        Err(Stop::hold(
            Code::NameRefused,
            format!("{:?} can't be a bucket's name: {owner} needs another store", own.bucket),
        ))
    }
}

#[async_trait(?Send)]
impl Backend for Owners {
    fn objects(&self) -> &dyn ObjectStore {
        self.trial.objects()
    }

    fn of(&self, owner: &str) -> std::result::Result<Option<Own>, Stop> {
        let s3 = self.checked(owner)?;
        let mut met = self.met.lock().unwrap_or_else(PoisonError::into_inner);
        let backend = match met.get(owner) {
            Some(bucket) => Arc::clone(bucket),
            None => Arc::new(connect::bucket(&s3)?),
        };
        met.insert(owner.to_owned(), Arc::clone(&backend));
        Ok(Some(Own { backend, url: connect::url(&s3) }))
    }

    /// None can be listed.
    async fn owners(&self, _prefix: &Path) -> Result<Vec<String>> {
        Ok(Vec::new())
    }

    /// Only that the server is there and lets the key in: whose buckets there will be isn't known.
    async fn preflight(&self) -> std::result::Result<Option<Capabilities>, Stop> {
        self.checked(TRIAL)?;
        probe::has_bucket(&self.trial.api).await?;
        Ok(Some(Capabilities::default()))
    }
}

fn named(s3: &S3, owner: &str) -> S3 {
    S3 { bucket: s3.bucket.replace(OWNER, owner), ..s3.clone() }
}

/// The names that every S3 server takes. Two owners never share one, since none is changed to fit.
fn is_bucket(name: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    (3..=63).contains(&name.len())
        && name.bytes().all(plain)
        && !name.starts_with('-')
        && !name.ends_with('-')
}

#[cfg(test)]
mod tests {
    use super::is_bucket;

    #[test]
    fn only_plain_names_are_buckets() {
        assert!(is_bucket("results-alice"));
        for name in ["ab", "Results", "a_b", "-ab", "ab-", "a.b", "a%40b", &"a".repeat(64)] {
            assert!(!is_bucket(name), "{name}");
        }
    }
}
