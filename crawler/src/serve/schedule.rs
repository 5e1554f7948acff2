//! Which runs are known, and when those that may still change are to be looked at again. All of
//! it can be made anew from the ledger.

use std::{
    collections::{HashMap, HashSet},
    path::PathBuf,
    time::{Duration, Instant},
};

use crate::{ledger::Id, outcome::Recheck};

/// Between two looks at a run, however often something about it changes.
const CALM: Duration = Duration::from_millis(100);
/// A run that goes on waiting is looked at after this long, doubling up to [`SLOWEST`].
const SOON: Duration = Duration::from_secs(1);
/// As above: what it waits for may come without an event.
const SLOWEST: Duration = Duration::from_secs(600);

/// What a crawler keeps in memory: a few bytes for each run that ever was.
#[derive(Default)]
pub(crate) struct Schedule {
    known: HashSet<Id>,
    open: HashMap<Id, Open>,
}

struct Open {
    name: String,
    due: Instant,
    pause: Duration,
    /// Whether it is being looked at.
    in_hand: bool,
    /// Whether something about it changed meanwhile.
    hurried: bool,
    /// Whether the store was asked for it.
    asked: bool,
    /// Serial of the set under which its content was refused.
    refused: Option<u64>,
    /// Directories in which something is awaited.
    places: Vec<PathBuf>,
}

impl Schedule {
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
        let open = Open {
            name,
            due: Instant::now(),
            pause: SOON,
            in_hand: false,
            hurried: false,
            asked: false,
            refused: None,
            places: Vec::new(),
        };
        self.open.insert(run, open);
    }

    /// Has a run looked at once more that may be closed already.
    pub(crate) fn reopen(&mut self, name: String) {
        let run = Id::of(&name);
        if self.open.contains_key(&run) {
            self.hurry(run);
        } else {
            self.add(name);
        }
    }

    /// Puts a run back that was in hand; `interval` is the steady pause, `serial` that of the set
    /// in force.
    pub(crate) fn put_back(
        &mut self,
        run: Id,
        recheck: Recheck,
        interval: Duration,
        serial: Option<u64>,
    ) {
        match recheck {
            Recheck::Never => self.close(run),
            Recheck::Steady => self.postpone(run, None, Some(interval)),
            Recheck::Growing => self.postpone(run, None, None),
            Recheck::GrowingUnread => self.postpone(run, serial, None),
        }
    }

    /// Takes a run off that won't change any more, unless something came up meanwhile.
    fn close(&mut self, run: Id) {
        if self.open.get(&run).is_some_and(|open| open.hurried) {
            self.postpone(run, None, None);
        } else {
            self.open.remove(&run);
        }
    }

    /// Has a run looked at later, each time at twice the distance; `steady` keeps the distance.
    fn postpone(&mut self, run: Id, refused: Option<u64>, steady: Option<Duration>) {
        if let Some(open) = self.open.get_mut(&run) {
            let later = Instant::now() + steady.unwrap_or(open.pause);
            // Something may have changed since it was taken in hand.
            open.due = if open.hurried { Instant::now() + CALM } else { later };
            open.pause = (open.pause * 2).min(SLOWEST);
            open.refused = refused;
            (open.in_hand, open.hurried) = (false, false);
        }
    }

    /// Whether the store was asked for a run; also for one that isn't open.
    pub(crate) fn asked(&self, run: Id) -> bool {
        self.open.get(&run).is_none_or(|open| open.asked)
    }

    /// Notes that it was.
    pub(crate) fn note_asked(&mut self, run: Id) {
        if let Some(open) = self.open.get_mut(&run) {
            open.asked = true;
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

    /// Has a run looked at soon, since something about it changed. Its user can make that happen
    /// at any rate.
    pub(crate) fn hurry(&mut self, run: Id) {
        if let Some(open) = self.open.get_mut(&run) {
            open.hurried |= open.in_hand;
            (open.due, open.pause) = (open.due.min(Instant::now() + CALM), SOON);
        }
    }

    /// The same for all that are open: the rules have changed.
    pub(crate) fn hurry_all(&mut self) {
        let now = Instant::now();
        for open in self.open.values_mut() {
            open.hurried |= open.in_hand;
            (open.due, open.pause) = (now, SOON);
        }
    }

    /// Whether the content of a run was refused under the set `serial` already.
    pub(crate) fn refused(&self, run: Id, serial: u64) -> bool {
        self.open.get(&run).is_some_and(|open| open.refused == Some(serial))
    }

    /// Takes up to `limit` runs in hand that are to be looked at now: they aren't due again until
    /// they are put back, by [`Self::put_back`].
    pub(crate) fn take_due(&mut self, limit: usize) -> Vec<String> {
        let now = Instant::now();
        let due = self.open.values_mut().filter(|open| !open.in_hand && open.due <= now);
        due.take(limit)
            .map(|open| {
                (open.in_hand, open.due) = (true, now + SLOWEST);
                open.name.clone()
            })
            .collect()
    }

    /// When the next run is due.
    pub(crate) fn next(&self) -> Option<Instant> {
        self.open.values().filter(|open| !open.in_hand).map(|open| open.due).min()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn schedule() -> (Schedule, Id) {
        let mut schedule = Schedule::default();
        schedule.add("run".into());
        (schedule, Id::of("run"))
    }

    #[test]
    fn a_run_in_hand_is_not_due_again() {
        let (mut schedule, run) = schedule();
        assert_eq!(schedule.take_due(9), ["run"]);
        schedule.hurry_all();
        assert!(schedule.take_due(9).is_empty() && schedule.next().is_none());
        // What came up meanwhile is seen to soon, even if the run was thought to be through.
        schedule.close(run);
        assert!(schedule.next().is_some_and(|due| due < Instant::now() + SOON));
        schedule.close(run);
        assert!(schedule.next().is_none() && schedule.knows(run));
    }

    #[test]
    fn changes_at_any_rate_are_looked_at_at_a_steady_one() {
        let (mut schedule, run) = schedule();
        schedule.postpone(run, None, None);
        let before = Instant::now();
        (0..1000).for_each(|_| schedule.hurry(run));
        assert!(schedule.next().is_some_and(|due| due >= before + CALM && due < before + SOON));
        assert!(schedule.take_due(9).is_empty());
    }
}
