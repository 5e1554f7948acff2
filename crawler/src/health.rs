//! What doesn't work now: a line in the log when that changes, and a part of what systemd is told.

use std::{cell::RefCell, collections::BTreeMap};

/// A part of the daemon that may fail for a while.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// What a reload has read.
    Configuration,
}

/// The parts that fail, each with the reason.
#[derive(Debug, Default)]
pub struct Health(RefCell<BTreeMap<Part, String>>);

impl Health {
    /// Notes that a part fails; says so unless that was said.
    pub fn failed(&self, part: Part, why: impl ToString) {
        let why = why.to_string();
        let before = self.0.borrow_mut().insert(part, why.clone());
        if before.as_ref() != Some(&why) {
            tracing::error!("{}: {why}", part.word());
        }
    }

    /// Notes that a part works; says so if it didn't.
    pub fn works(&self, part: Part) {
        if self.0.borrow_mut().remove(&part).is_some() {
            tracing::info!("{}: works again", part.word());
        }
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
        }
    }
}
