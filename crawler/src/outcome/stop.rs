//! What keeps a run from being published, and why: for the site's log, its audit log, the ledger and
//! reviewers. What a run's owner learns of it is a [`Notice`](super::notice::Notice).

use sluice_policy::entry::Rule;

use super::code::{Cause, Code};

/// Why a run is where it is: a stable code for programs, a sentence for people. Code and sentence
/// tell what the job left, down to a row's number, so they are for reviewers alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reason {
    /// For programs; none where there is nothing to say, or another version's word.
    pub cause: Option<Cause>,
    /// One sentence; names files and places in them, never a value from a result.
    pub message: String,
    /// The rule that holds the run.
    pub rule: Option<Rule>,
}

/// What keeps a run from being published now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stop {
    /// Something is still to come; the run is looked at again in every pass.
    Wait(Reason),
    /// A rule says no. Decided again in every pass, since it costs little and may change.
    Hold(Reason),
    /// A rule says no after the files were read. Decided again when the allowlist changes.
    HoldContent(Reason),
    /// The run itself failed: nothing will ever be published.
    Fail(Reason),
    /// The run was published and taken back: nothing of it will ever be published again.
    Withdrawn(Reason),
    /// The store or a disk did not do its part; tried again in the next pass.
    Retry(Reason),
}

impl Reason {
    /// A reason out of its two parts.
    pub fn new(cause: impl Into<Cause>, message: impl Into<String>) -> Self {
        Self { cause: Some(cause.into()), message: message.into(), rule: None }
    }

    /// Nothing to say.
    pub fn none() -> Self {
        Self { cause: None, message: String::new(), rule: None }
    }

    /// The code's word; empty for none.
    pub fn code(&self) -> &'static str {
        self.cause.map_or("", Cause::word)
    }

    /// Whether this is the reason's code.
    pub fn is(&self, code: Code) -> bool {
        self.cause == Some(code.into())
    }
}

impl Stop {
    /// Why.
    pub fn reason(&self) -> &Reason {
        match self {
            Self::Wait(reason)
            | Self::Hold(reason)
            | Self::HoldContent(reason)
            | Self::Fail(reason)
            | Self::Withdrawn(reason)
            | Self::Retry(reason) => reason,
        }
    }

    /// The same, held by `rule`.
    pub(crate) fn under(mut self, rule: Option<Rule>) -> Self {
        if let Self::Hold(reason) | Self::HoldContent(reason) = &mut self {
            reason.rule = rule;
        }
        self
    }

    /// See [`Stop::Wait`].
    pub fn wait(code: impl Into<Cause>, message: impl Into<String>) -> Self {
        Self::Wait(Reason::new(code, message))
    }

    /// See [`Stop::Hold`].
    pub fn hold(code: impl Into<Cause>, message: impl Into<String>) -> Self {
        Self::Hold(Reason::new(code, message))
    }

    /// See [`Stop::HoldContent`].
    pub fn content(code: impl Into<Cause>, message: impl Into<String>) -> Self {
        Self::HoldContent(Reason::new(code, message))
    }

    /// See [`Stop::Fail`].
    pub fn fail(code: impl Into<Cause>, message: impl Into<String>) -> Self {
        Self::Fail(Reason::new(code, message))
    }

    /// See [`Stop::Withdrawn`].
    pub fn withdrawn(why: &str) -> Self {
        Self::Withdrawn(Reason::new(Code::Withdrawn, why))
    }

    /// See [`Stop::Retry`].
    pub fn retry(code: impl Into<Cause>, message: impl Into<String>) -> Self {
        Self::Retry(Reason::new(code, message))
    }

    /// A panic in the reading and judging of one run is that run's alone.
    pub(crate) fn broken(error: impl std::fmt::Display) -> Self {
        Self::hold(Code::InternalError, format!("the crawler failed at this run: {error}"))
    }
}
