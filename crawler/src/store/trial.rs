//! Objects that try a store. No run is called as their place is.

use std::{process, time::Duration};

use object_store::{Error, ObjectStore, path::Path};

use crate::{clock, outcome::Stop};

/// What such an object holds.
pub(super) const CONTENT: &[u8] = b"probe";
/// A trial takes seconds.
const ABANDONED: Duration = Duration::from_secs(3600);

/// Where they lie.
pub(super) struct Place {
    dir: Path,
    /// What their names begin with.
    names: &'static str,
}

impl Place {
    /// A place of their own.
    pub(super) fn below(prefix: &str) -> Result<Self, Stop> {
        let prefix = Path::parse(prefix).map_err(Error::from)?;
        Ok(Self { dir: prefix.join("sluice-probe"), names: "" })
    }

    /// Right in a directory: one below it could have another owner.
    pub(super) fn within(prefix: &str) -> Result<Self, Stop> {
        let dir = Path::parse(prefix).map_err(Error::from)?;
        Ok(Self { dir, names: "sluice-probe-" })
    }

    /// A key that nobody else has: another run, or another crawler, may be trying the store now.
    pub(super) fn key(&self) -> Path {
        self.dir.clone().join(format!("{}{}-{}", self.names, nanoseconds(), process::id()))
    }

    /// What trials that were killed left: the name says when each was made.
    pub(super) async fn abandoned(&self, store: &dyn ObjectStore) -> Result<Vec<Path>, Stop> {
        let past = nanoseconds() - ABANDONED.as_nanos() as i128;
        let found = store.list_with_delimiter(Some(&self.dir)).await?.objects;
        let made = |key: &Path| {
            key.filename()?.strip_prefix(self.names)?.split_once('-')?.0.parse::<i128>().ok()
        };
        let keys = found.into_iter().map(|meta| meta.location);
        // Some servers list more than they were asked for.
        let ours = keys.filter(|key| key.prefix_matches(&self.dir));
        Ok(ours.filter(|key| made(key).is_some_and(|made| made < past)).collect())
    }
}

fn nanoseconds() -> i128 {
    clock::now().unix_timestamp_nanos()
}
