//! Which keys the open objects have.

use std::{
    collections::HashSet,
    hash::{BuildHasher, RandomState},
};

/// Up to how many keys of an object are compared one by one.
const FEW: usize = 16;

/// The keys of the open objects, by a hash that who wrote them can't foretell: a long key takes
/// no more room than a short one, and two that differ are taken for one by no more than chance,
/// which holds the file.
#[derive(Default)]
pub(super) struct Keys {
    state: RandomState,
    /// Hashes, those of the innermost object last.
    hashes: Vec<u64>,
    /// Where each open object's begin.
    starts: Vec<usize>,
    /// Those of objects with many keys, each hashed with its object.
    many: HashSet<(usize, u64)>,
}

impl Keys {
    pub(super) fn open(&mut self) {
        self.starts.push(self.hashes.len());
    }

    pub(super) fn close(&mut self) {
        let start = self.starts.pop().unwrap_or_default();
        let closed = self.hashes.drain(start..);
        if closed.len() > FEW {
            closed.for_each(|hash| {
                self.many.remove(&(start, hash));
            });
        }
    }

    /// Whether the innermost object didn't have this key.
    pub(super) fn insert(&mut self, key: &str) -> bool {
        let hash = self.state.hash_one(key);
        let start = self.starts.last().copied().unwrap_or_default();
        let own = &self.hashes[start..];
        let new = if own.len() < FEW {
            !own.contains(&hash)
        } else {
            if own.len() == FEW {
                self.many.extend(own.iter().map(|&hash| (start, hash)));
            }
            self.many.insert((start, hash))
        };
        self.hashes.push(hash);
        new
    }
}
