//! What the store has of a run, whatever the ledger says: a ledger may be lost, or older than that.

use std::collections::BTreeSet;

use futures_util::TryStreamExt;
use object_store::{ObjectStoreExt, path::Path};

use super::Store;
use crate::{
    key::{MANIFEST, TOMBSTONE},
    outcome::Stop,
    store::{Manifest, Tombstone},
};

/// Bytes that are read of an object of the crawler's own; one that goes on is no such object.
const LONGEST: usize = 64 << 20;

/// What the store has.
#[derive(Debug)]
pub enum Standing {
    /// Nothing that says anything.
    Unknown,
    /// A manifest: the results are public.
    Published(Box<Manifest>),
    /// A tombstone, and why.
    Withdrawn(String),
}

impl Store {
    /// Asks for a run: one list, and its manifest or tombstone where there is one.
    pub async fn standing(&self, owner: &str, run_id: &str) -> Result<Standing, Stop> {
        let present = self.list(owner, run_id).await?;
        let [manifest, tombstone] = [MANIFEST, TOMBSTONE].map(|name| self.key(owner, run_id, name));
        let (manifest, tombstone) = (manifest?, tombstone?);
        if present.contains_key(&tombstone) {
            let why = Tombstone::why(&self.beginning(&tombstone).await?);
            return Ok(Standing::Withdrawn(why));
        }
        if !present.contains_key(&manifest) {
            return Ok(Standing::Unknown);
        }
        // What doesn't parse is a remnant: whoever publishes sends it again.
        let found = Manifest::parse(&self.beginning(&manifest).await?);
        let ours = found.filter(|found| found.run_id == run_id);
        Ok(ours.map_or(Standing::Unknown, |found| Standing::Published(Box::new(found))))
    }

    /// Owner and standing of a run, named by its id or `OWNER/RUN-ID`; none where there is nothing of
    /// it.
    pub async fn locate(&self, run: &str) -> Result<Option<(String, Standing)>, Stop> {
        let (owners, run_id) = match run.split_once('/') {
            Some((owner, run_id)) => (vec![owner.to_owned()], run_id),
            None => (self.all_owners().await?, run),
        };
        for owner in owners {
            match self.of(&owner)?.standing(&owner, run_id).await? {
                Standing::Unknown => {}
                standing => return Ok(Some((owner, standing))),
            }
        }
        Ok(None)
    }

    /// Owners that have results here; none can be listed where each has a bucket.
    pub async fn all_owners(&self) -> Result<Vec<String>, Stop> {
        let prefix = Path::parse(&self.prefix).map_err(object_store::Error::from)?;
        Ok(self.backend.owners(&prefix).await?)
    }

    /// Run ids of all runs of an owner with a manifest or a tombstone.
    pub async fn runs_of(&self, owner: &str) -> Result<BTreeSet<String>, Stop> {
        let store = self.of(owner)?;
        let place = Path::parse(store.run(owner, "")).map_err(object_store::Error::from)?;
        let mut runs = BTreeSet::new();
        let mut list = store.backend.objects().list(Some(&place));
        while let Some(object) = list.try_next().await? {
            let mut below = object.location.prefix_match(&place).into_iter().flatten();
            if let (Some(run), Some(name), None) = (below.next(), below.next(), below.next())
                && [MANIFEST, TOMBSTONE].contains(&name.as_ref())
            {
                runs.insert(run.as_ref().to_owned());
            }
        }
        Ok(runs)
    }

    /// An object's bytes, up to a bound.
    pub async fn beginning(&self, key: &Path) -> Result<Vec<u8>, Stop> {
        let mut stream = self.backend.objects().get(key).await?.into_stream();
        let mut bytes = Vec::new();
        while bytes.len() <= LONGEST
            && let Some(chunk) = stream.try_next().await?
        {
            bytes.extend_from_slice(&chunk);
        }
        Ok(bytes)
    }
}
