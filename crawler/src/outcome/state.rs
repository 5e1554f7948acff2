//! Where a run stands, and where it goes from there.

use std::fmt;

use sluice_site::audit::Event;

use super::{
    code::{Cause, Code},
    stop::Stop,
};

/// Where a run stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum State {
    /// Known, not decided, or something is still to come.
    Seen,
    /// Objects may exist; its manifest.json may not be confirmed yet.
    Publishing,
    /// manifest.json is confirmed. Final.
    Published,
    /// A rule says no.
    Held,
    /// The job failed. Final.
    Failed,
    /// Being taken back.
    Withdrawing,
    /// Taken back, with a tombstone in its place. Final.
    Withdrawn,
}

impl State {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Seen,
        Self::Publishing,
        Self::Published,
        Self::Held,
        Self::Failed,
        Self::Withdrawing,
        Self::Withdrawn,
    ];

    /// The word in the ledger, and in what is printed.
    pub fn word(self) -> &'static str {
        match self {
            Self::Seen => "seen",
            Self::Publishing => "publishing",
            Self::Published => "published",
            Self::Held => "held",
            Self::Failed => "failed",
            Self::Withdrawing => "withdrawing",
            Self::Withdrawn => "withdrawn",
        }
    }

    /// Whether a run stays where it is, unless somebody asks for more.
    pub fn is_final(self) -> bool {
        matches!(self, Self::Published | Self::Failed | Self::Withdrawn)
    }

    /// The one with this word.
    pub fn of(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.word() == word)
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// How a look at a run came out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// Its manifest is in the store.
    Published,
    /// See [`Stop::Fail`].
    Failed,
    /// See [`Stop::Hold`].
    Held,
    /// See [`Stop::HoldContent`].
    Refused,
    /// See [`Stop::Wait`].
    Waiting,
    /// Its tombstone is in the store.
    Withdrawn,
    /// See [`Stop::Retry`].
    Retry,
    /// The same, where another try at once would cost much or bring nothing.
    RetryLater,
}

impl Outcome {
    /// How a run came out that ended in `verdict`.
    pub(crate) fn of(verdict: &Result<(), Stop>) -> Self {
        match verdict {
            Ok(()) => Self::Published,
            Err(Stop::Fail(_)) => Self::Failed,
            Err(Stop::Hold(_)) => Self::Held,
            Err(Stop::HoldContent(_)) => Self::Refused,
            Err(Stop::Wait(_)) => Self::Waiting,
            Err(Stop::Withdrawn(_)) => Self::Withdrawn,
            Err(Stop::Retry(reason)) => match reason.cause {
                // What is sent again may be large; a lock lasts; a right is given, or a program
                // installed, some day.
                Some(Cause::Own(
                    Code::StoreDiffers | Code::VersionsRemain | Code::RenderUnavailable,
                )) => Self::RetryLater,
                _ => Self::Retry,
            },
        }
    }

    /// Whether the run is to be tried again, with nothing said against it.
    pub(crate) fn is_retry(self) -> bool {
        matches!(self, Self::Retry | Self::RetryLater)
    }

    /// Whether nothing is decided about the run yet.
    pub(crate) fn is_open(self) -> bool {
        self == Self::Waiting || self.is_retry()
    }
}

/// When a run is looked at again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Recheck {
    /// Never by itself.
    Never,
    /// After the interval between two scans.
    Steady,
    /// After twice the pause before.
    Growing,
    /// The same; its content isn't read again before another set is in force.
    GrowingUnread,
}

/// What follows for a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Step {
    /// Where it stands from now on.
    pub(crate) state: State,
    /// When it is looked at again.
    pub(crate) recheck: Recheck,
    /// What the audit log is told before the ledger. Publications and withdrawals stand there
    /// already: they were written before their first effect.
    pub(crate) audit: Option<Event>,
}

/// What follows from `outcome` for a run that stands at `state`; `begun` says whether objects of it
/// may exist.
pub(crate) fn next(state: State, begun: bool, outcome: Outcome) -> Step {
    let open = if begun { State::Publishing } else { State::Seen };
    let to = match (state, outcome) {
        // What was taken back never returns, and a job that failed doesn't succeed later.
        (State::Withdrawn | State::Failed, _) => state,
        // Nothing but a tombstone ends these.
        (State::Withdrawing | State::Published, outcome) if outcome != Outcome::Withdrawn => state,
        (_, Outcome::Withdrawn) => State::Withdrawn,
        (_, Outcome::Published) => State::Published,
        (_, Outcome::Failed) => State::Failed,
        (_, Outcome::Held | Outcome::Refused) => State::Held,
        (_, Outcome::Waiting | Outcome::Retry | Outcome::RetryLater) => open,
    };
    let recheck = match outcome {
        _ if to.is_final() => Recheck::Never,
        Outcome::Retry => Recheck::Steady,
        Outcome::Refused => Recheck::GrowingUnread,
        _ => Recheck::Growing,
    };
    let changed = !state.is_final() && matches!(to, State::Held | State::Failed);
    Step { state: to, recheck, audit: changed.then_some(Event::Hold) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OUTCOMES: [Outcome; 8] = [
        Outcome::Published,
        Outcome::Failed,
        Outcome::Held,
        Outcome::Refused,
        Outcome::Waiting,
        Outcome::Withdrawn,
        Outcome::Retry,
        Outcome::RetryLater,
    ];

    /// A row for each state, a column for each outcome in the order above: the state that follows,
    /// the next look (`.` never, `=` steady, `<` growing, `~` growing unread), and `!` where the
    /// audit log is told. `o` is the open state, which objects that may exist decide.
    const TABLE: [(State, &str); 7] = [
        (State::Seen, "published.  failed.!  held<!  held~!  o<  withdrawn.  o=  o<"),
        (State::Publishing, "published.  failed.!  held<!  held~!  o<  withdrawn.  o=  o<"),
        (State::Held, "published.  failed.!  held<!  held~!  o<  withdrawn.  o=  o<"),
        (
            State::Withdrawing,
            "withdrawing<  withdrawing<  withdrawing<  withdrawing~  withdrawing<  withdrawn.  \
             withdrawing=  withdrawing<",
        ),
        (
            State::Published,
            "published.  published.  published.  published.  published.  withdrawn.  published.  \
             published.",
        ),
        (State::Failed, "failed.  failed.  failed.  failed.  failed.  failed.  failed.  failed."),
        (
            State::Withdrawn,
            "withdrawn.  withdrawn.  withdrawn.  withdrawn.  withdrawn.  withdrawn.  withdrawn.  \
             withdrawn.",
        ),
    ];

    #[test]
    fn every_pair_has_one_step() {
        assert!(State::ALL.iter().all(|state| TABLE.iter().any(|(row, _)| row == state)));
        for (state, row) in TABLE {
            let cells: Vec<&str> = row.split_whitespace().collect();
            assert_eq!(cells.len(), OUTCOMES.len(), "{state}");
            for (begun, open) in [(false, "seen"), (true, "publishing")] {
                for (outcome, cell) in OUTCOMES.into_iter().zip(&cells) {
                    let step = next(state, begun, outcome);
                    let recheck = match step.recheck {
                        Recheck::Never => '.',
                        Recheck::Steady => '=',
                        Recheck::Growing => '<',
                        Recheck::GrowingUnread => '~',
                    };
                    let audit = match step.audit {
                        None => "",
                        Some(Event::Hold) => "!",
                        Some(other) => panic!("{other}"),
                    };
                    let word = if step.state.word() == open { "o" } else { step.state.word() };
                    // A run that is on its way stands where an open one does.
                    assert_eq!(format!("{word}{recheck}{audit}"), *cell, "{state} {outcome:?}");
                }
            }
        }
    }
}
