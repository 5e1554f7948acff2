//! What doesn't work now: a line in the log when that changes, and a part of what systemd is told.

use std::{cell::RefCell, collections::BTreeMap};

/// A part of the daemon that may fail for a while.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// What a reload has read.
    Configuration,
    /// Where all is remembered: without it nothing can be done.
    Ledger,
    /// The looking for runs.
    Scan,
    /// What owners are told.
    Status,
    /// The crawler's own log of decisions.
    Audit,
}

/// The parts that fail, each with the reason.
#[derive(Debug, Default)]
pub struct Health(RefCell<BTreeMap<Part, String>>);

impl Health {
    /// Notes that a part fails; says so unless that was said. Its words may differ each time, so
    /// they are no news; but each reload is somebody's wish.
    pub fn failed(&self, part: Part, why: impl ToString) {
        let why = why.to_string();
        let before = self.0.borrow_mut().insert(part, why.clone());
        if before.is_none() || part == Part::Configuration {
            tracing::error!("{}: {why}", part.word());
        }
    }

    /// Notes that a part works; says so if it didn't.
    pub fn works(&self, part: Part) {
        if self.0.borrow_mut().remove(&part).is_some() {
            tracing::info!("{}: works again", part.word());
        }
    }

    /// Whether a part fails.
    pub fn fails(&self, part: Part) -> bool {
        self.0.borrow().contains_key(&part)
    }

    /// All that fails.
    pub fn troubles(&self) -> Vec<String> {
        self.0.borrow().iter().map(|(part, why)| format!("{}: {why}", part.word())).collect()
    }
}

impl Part {
    fn word(self) -> &'static str {
        match self {
            Self::Configuration => "configuration",
            Self::Ledger => "ledger",
            Self::Scan => "scan",
            Self::Status => "status files",
            Self::Audit => "audit log",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_fail_and_work_again() {
        let health = Health::default();
        health.failed(Part::Status, "no");
        health.failed(Part::Ledger, "full");
        assert!(health.fails(Part::Ledger));
        assert_eq!(health.troubles(), ["ledger: full", "status files: no"]);
        health.works(Part::Ledger);
        assert!(!health.fails(Part::Ledger) && health.fails(Part::Status));
    }
}
