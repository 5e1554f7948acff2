//! Which runs are known, and when those that may still change are to be looked at again. All of
//! it can be made anew from the ledger.

use std::{
    collections::{HashMap, HashSet},
    path::PathBuf,
    time::{Duration, Instant},
};

use sluice_policy::digest::Digest;

/// A run that goes on waiting is looked at after this long, doubling up to [`SLOWEST`].
const SOON: Duration = Duration::from_secs(1);
/// As above: what it waits for may come without an event.
const SLOWEST: Duration = Duration::from_secs(600);

/// A run in memory: half of its name's digest, which is shorter than any name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Id([u8; 16]);

impl Id {
    /// Of the run that the ledger has under `name`.
    pub fn of(name: &str) -> Self {
        let digest = Digest::of(name.as_bytes());
        let (half, _) = digest.as_bytes().split_at(16);
        let mut id = [0; 16];
        id.copy_from_slice(half);
        Self(id)
    }
}

/// What a crawler keeps in memory: a few bytes for each run that ever was.
#[derive(Default)]
pub(crate) struct Roll {
    known: HashSet<Id>,
    open: HashMap<Id, Open>,
}

struct Open {
    name: String,
    due: Instant,
    pause: Duration,
    /// Serial of the set under which its content was refused.
    refused: Option<u64>,
    /// Directories in which something is awaited.
    places: Vec<PathBuf>,
}

impl Roll {
    pub(crate) fn new(known: HashSet<Id>) -> Self {
        Self { known, open: HashMap::new() }
    }

    pub(crate) fn knows(&self, run: Id) -> bool {
        self.known.contains(&run)
    }

    /// Enters a run that is to be looked at.
    pub(crate) fn add(&mut self, name: String) {
        let run = Id::of(&name);
        self.known.insert(run);
        let open =
            Open { name, due: Instant::now(), pause: SOON, refused: None, places: Vec::new() };
        self.open.insert(run, open);
    }

    /// Takes a run off that won't change any more.
    pub(crate) fn close(&mut self, run: Id) {
        self.open.remove(&run);
    }

    /// Has a run looked at later, each time at twice the distance; `steady` keeps the distance.
    pub(crate) fn postpone(&mut self, run: Id, refused: Option<u64>, steady: Option<Duration>) {
        if let Some(open) = self.open.get_mut(&run) {
            open.due = Instant::now() + steady.unwrap_or(open.pause);
            open.pause = (open.pause * 2).min(SLOWEST);
            open.refused = refused;
        }
    }

    /// Notes where something is awaited of a run.
    pub(crate) fn wait_at(&mut self, run: Id, places: Vec<PathBuf>) {
        if let Some(open) = self.open.get_mut(&run) {
            open.places = places;
        }
    }

    /// Whether something is awaited of a run.
    pub(crate) fn waits(&self, run: Id) -> bool {
        self.open.get(&run).is_some_and(|open| !open.places.is_empty())
    }

    /// Runs, and where something is awaited of them.
    pub(crate) fn places(&self) -> Vec<(String, Vec<PathBuf>)> {
        let waiting = self.open.values().filter(|open| !open.places.is_empty());
        waiting.map(|open| (open.name.clone(), open.places.clone())).collect()
    }

    /// Has a run looked at now, since something about it changed.
    pub(crate) fn hurry(&mut self, run: Id) {
        if let Some(open) = self.open.get_mut(&run) {
            (open.due, open.pause) = (Instant::now(), SOON);
        }
    }

    /// The same for all that are open: the rules have changed.
    pub(crate) fn hurry_all(&mut self) {
        let now = Instant::now();
        self.open.values_mut().for_each(|open| (open.due, open.pause) = (now, SOON));
    }

    /// Whether the content of a run was refused under the set `serial` already.
    pub(crate) fn refused(&self, run: Id, serial: u64) -> bool {
        self.open.get(&run).is_some_and(|open| open.refused == Some(serial))
    }

    /// Up to `limit` runs to look at now.
    pub(crate) fn due(&self, limit: usize) -> Vec<String> {
        let now = Instant::now();
        let due = self.open.values().filter(|open| open.due <= now);
        due.take(limit).map(|open| open.name.clone()).collect()
    }

    /// When the next run is due.
    pub(crate) fn next(&self) -> Option<Instant> {
        self.open.values().map(|open| open.due).min()
    }
}
