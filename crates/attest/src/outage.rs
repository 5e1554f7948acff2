//! Something that a worker waits for and others have to mend.

use std::time::{Duration, Instant};

/// How long it has lasted, and whether that was said.
#[derive(Default)]
pub(crate) struct Outage {
    since: Option<Instant>,
    said: bool,
}

impl Outage {
    /// It is there, still. True once it has lasted for `patience`, and then not again: a daemon that
    /// is restarted is no news, and one outage is one line in the log.
    pub(crate) fn goes_on(&mut self, now: Instant, patience: Duration) -> bool {
        let since = *self.since.get_or_insert(now);
        let is_news = !self.said && now.duration_since(since) >= patience;
        self.said |= is_news;
        is_news
    }

    /// It is over; true if anybody was told of it.
    pub(crate) fn ends(&mut self) -> bool {
        std::mem::take(self).said
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_outage_is_said_once_and_only_if_it_lasts() {
        const PATIENCE: Duration = Duration::from_secs(60);
        let start = Instant::now();
        let mut outage = Outage::default();
        let mut goes_on = |second| outage.goes_on(start + Duration::from_secs(second), PATIENCE);
        assert_eq!([0, 30, 60, 90, 9000].map(&mut goes_on), [false, false, true, false, false]);
        assert!(outage.ends());
        assert!(!outage.ends());
        // A short one is never said; a new one counts from its own beginning.
        let mut goes_on = |second| outage.goes_on(start + Duration::from_secs(second), PATIENCE);
        assert_eq!([9000, 9059].map(&mut goes_on), [false, false]);
        assert!(!outage.ends());
        let mut goes_on = |second| outage.goes_on(start + Duration::from_secs(second), PATIENCE);
        assert_eq!([9060, 9119, 9120].map(&mut goes_on), [false, false, true]);
    }
}
