use std::fmt::Display;

use sluice_policy::time::format;
use sluice_protocol::Code;
use sluice_sys::trusted::TrustError;
use time::OffsetDateTime;

/// Why a set or an entry can't be used.
#[derive(Debug, thiserror::Error)]
pub enum SetError {
    /// Nothing is published under this name.
    #[error(
        "no allowlist is published here ({0} is missing); install one with `sluice allowlist push`"
    )]
    Missing(String),
    /// The set is older than one that was in force, or than the site demands.
    #[error(
        "the allowlist has serial {serial}, at least {floor} is required; publish the newest one"
    )]
    Behind {
        /// Its serial.
        serial: u64,
        /// The lowest accepted one.
        floor: u64,
    },
    /// The set's time is over.
    #[error("the allowlist {serial} expired at {at}; publish a new one", at = format(*at))]
    Expired {
        /// Its serial.
        serial: u64,
        /// When it ended.
        at: OffsetDateTime,
    },
    /// The set, its signatures or the keys don't hold.
    #[error("the allowlist doesn't verify: {0}; publish it again")]
    Invalid(String),
    /// The set no longer takes back what the one before it did.
    #[error(
        "the allowlist {serial} no longer takes {what} back; what was taken back stays so, publish a \
         set that says it"
    )]
    GivesBack {
        /// Its serial.
        serial: u64,
        /// The digest or key.
        what: String,
    },
    /// The node's own copies can't be read or written.
    #[error("the verified allowlist can't be kept: {0}; look after /var/lib/sluice")]
    State(String),
    /// The set has no such entry.
    #[error("{0} is not on the allowlist; ask the data controller to approve it")]
    NotListed(String),
    /// The entry doesn't parse or is somebody else's.
    #[error("the entry {id} is not valid: {why}; the data controller has to correct it")]
    EntryInvalid {
        /// `NAME@VERSION`.
        id: String,
        /// What is wrong.
        why: String,
    },
    /// The entry is of a format that comes after this version.
    #[error("{id}: {why}; upgrade Sluice on this host")]
    EntryTooNew {
        /// `NAME@VERSION`.
        id: String,
        /// Which format.
        why: String,
    },
    /// Too few controllers have signed.
    #[error("the entry {id} has {found} of {needed} signatures{why}; ask the controllers to sign")]
    Unsigned {
        /// `NAME@VERSION`.
        id: String,
        /// Signatures that count.
        found: usize,
        /// Signatures that policy asks for.
        needed: usize,
        /// What is wrong with the others.
        why: String,
    },
    /// A key or digest was taken back.
    #[error("{what} is revoked: {why}")]
    Revoked {
        /// What was taken back.
        what: String,
        /// The reason given.
        why: String,
    },
}

impl SetError {
    /// The refusal code that this error amounts to.
    pub fn code(&self) -> Code {
        match self {
            Self::Missing(_) => Code::AllowlistMissing,
            Self::Behind { .. } => Code::AllowlistBehind,
            Self::Expired { .. } => Code::AllowlistExpired,
            Self::Invalid(_) | Self::GivesBack { .. } => Code::AllowlistInvalid,
            Self::State(_) => Code::StoreUnwritable,
            Self::NotListed(_) => Code::NotListed,
            Self::EntryInvalid { .. } => Code::EntryInvalid,
            Self::EntryTooNew { .. } => Code::EntryTooNew,
            Self::Unsigned { .. } => Code::EntryUnsigned,
            Self::Revoked { .. } => Code::Revoked,
        }
    }

    pub(super) fn invalid(why: impl Display) -> Self {
        Self::Invalid(why.to_string())
    }

    pub(super) fn state(why: impl Display) -> Self {
        Self::State(why.to_string())
    }
}

impl From<TrustError> for SetError {
    fn from(error: TrustError) -> Self {
        Self::invalid(error)
    }
}
