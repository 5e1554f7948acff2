use std::fmt::{self, Display};
use std::str::FromStr;

/// One start of a job; a requeued job keeps its number and starts again. Written `JOB.RESTART`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Incarnation {
    /// Job id.
    pub job: u32,
    /// How often it had been requeued.
    pub restart: u32,
}

/// The name of a record: `JOB.RESTART`, or `JOB.RESTART-trial` for the steps that run on trial, whose
/// sandbox is not the job's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RecordName {
    /// Whose it is.
    pub incarnation: Incarnation,
    /// Whether it is that of steps on trial.
    pub trial: bool,
}

/// Why a name is not that of a job's start.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not JOB.RESTART")]
pub struct ParseError(String);

const TRIAL: &str = "-trial";

impl Display for Incarnation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.job, self.restart)
    }
}

impl FromStr for Incarnation {
    type Err = ParseError;

    /// Only the spelling that is printed, so that one start has one name.
    fn from_str(text: &str) -> Result<Self, ParseError> {
        let parse = || {
            let (job, restart) = text.split_once('.')?;
            Some(Self { job: job.parse().ok()?, restart: restart.parse().ok()? })
        };
        parse().filter(|it| it.to_string() == text).ok_or_else(|| ParseError(text.into()))
    }
}

impl From<Incarnation> for RecordName {
    fn from(incarnation: Incarnation) -> Self {
        Self { incarnation, trial: false }
    }
}

impl Display for RecordName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let tail = if self.trial { TRIAL } else { "" };
        write!(f, "{}{tail}", self.incarnation)
    }
}

impl FromStr for RecordName {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        let head = text.strip_suffix(TRIAL);
        let incarnation = head.unwrap_or(text).parse().map_err(|_| ParseError(text.into()))?;
        Ok(Self { incarnation, trial: head.is_some() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_is_printed_parses(job: u32, restart: u32, trial: bool) {
            let incarnation = Incarnation { job, restart };
            prop_assert_eq!(incarnation.to_string().parse(), Ok(incarnation));
            let name = RecordName { incarnation, trial };
            prop_assert_eq!(name.to_string().parse(), Ok(name));
            prop_assert_eq!(name.to_string().parse::<Incarnation>().is_ok(), !trial);
        }

        #[test]
        fn nothing_else_parses(text in "[0-9.+-]{0,9}(-trial){0,2}|\\PC{0,12}") {
            if let Ok(name) = text.parse::<RecordName>() {
                prop_assert_eq!(name.to_string(), text);
            }
        }
    }

    #[test]
    fn other_spellings_are_refused() {
        for text in [
            "",
            ".",
            "7",
            "7.",
            ".0",
            "07.0",
            "7.00",
            "+7.0",
            "7.+0",
            "-7.0",
            " 7.0",
            "7.0 ",
            "7.0.0",
            "4294967296.0",
            "7.4294967296",
            "7.0-trial-trial",
            "7.0-Trial",
            "-trial",
            "7.0\0",
            "٧.0",
        ] {
            assert_eq!(text.parse::<RecordName>(), Err(ParseError(text.into())));
            assert!(text.parse::<Incarnation>().is_err(), "{text:?}");
        }
    }
}
