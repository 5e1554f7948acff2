//! A bucket for each owner: some servers grant keys on whole buckets and know no policies.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use super::Store;
use crate::{
    config::S3,
    outcome::{Code, Stop},
};

/// What stands for the owner in a bucket's name.
const OWNER: &str = "{owner}";

/// Nobody's name: an owner of a trial.
const TRIAL: &str = "sluice-probe";

/// The stores of all owners that were met so far.
#[derive(Clone)]
pub(super) struct Owners {
    s3: Arc<S3>,
    met: Arc<Mutex<HashMap<String, Store>>>,
}

impl Owners {
    /// None where all owners share a bucket.
    pub(super) fn new(s3: &S3) -> Option<Self> {
        s3.bucket.contains(OWNER).then(|| Self { s3: Arc::new(s3.clone()), met: Arc::default() })
    }

    /// A bucket that needn't be there, since no owner is called so.
    pub(super) fn trial(&self) -> Result<Store, Stop> {
        self.store(TRIAL)
    }

    pub(super) fn store(&self, owner: &str) -> Result<Store, Stop> {
        let mut met = self.met.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(store) = met.get(owner) {
            return Ok(store.clone());
        }
        let bucket = self.s3.bucket.replace(OWNER, owner);
        if !is_bucket(&bucket) {
            return Err(Stop::hold(
                Code::NameRefused,
                format!("{bucket:?} can't be a bucket's name: {owner} needs another store"),
            ));
        }
        let store = Store::s3(&S3 { bucket, ..(*self.s3).clone() })?;
        met.insert(owner.to_owned(), store.clone());
        Ok(store)
    }
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
