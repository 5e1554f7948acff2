//! `revoked.toml`: digests and keys taken back.

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use crate::{digest::Digest, text, toml};

/// Largest list, in bytes.
pub const MAX_BYTES: usize = 4 << 20;

/// The namespace its signatures are made in: that of entries, since taking back is the
/// counterpart of approving.
pub const NAMESPACE: &str = crate::entry::NAMESPACE;

/// What is taken back. The default takes nothing back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Revoked {
    /// Always 1.
    pub format: u32,
    /// Bundles and runtimes that must not run any more.
    #[serde(rename = "digest", default, skip_serializing_if = "Vec::is_empty")]
    pub digests: Vec<RevokedDigest>,
    /// Keys whose signatures count no more.
    #[serde(rename = "key", default, skip_serializing_if = "Vec::is_empty")]
    pub keys: Vec<RevokedKey>,
}

/// A digest taken back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RevokedDigest {
    /// Digest of a bundle or runtime.
    pub digest: Digest,
    /// Why, for people.
    pub why: String,
    /// When it was taken back.
    #[serde(with = "crate::time::rfc3339")]
    pub at: OffsetDateTime,
}

/// A key taken back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RevokedKey {
    /// OpenSSH's `SHA256:…` fingerprint.
    pub fingerprint: String,
    /// Why, for people.
    pub why: String,
    /// When it was taken back.
    #[serde(with = "crate::time::rfc3339")]
    pub at: OffsetDateTime,
}

/// Why a file is not a list of revocations.
#[derive(Clone, Debug, thiserror::Error)]
pub enum RevokedError {
    /// Larger than 4 MiB.
    #[error("revoked.toml is larger than 4 MiB")]
    TooLarge,
    /// Not TOML of this form.
    #[error("revoked.toml cannot be read: {0}")]
    Malformed(String),
    /// A value that says nothing.
    #[error("revoked.toml: {0}")]
    Invalid(&'static str),
}

impl Default for Revoked {
    fn default() -> Self {
        Self { format: 1, digests: Vec::new(), keys: Vec::new() }
    }
}

impl Revoked {
    /// Reads `revoked.toml`; its signature is the caller's to check.
    pub fn parse(bytes: &[u8]) -> Result<Self, RevokedError> {
        if bytes.len() > MAX_BYTES {
            return Err(RevokedError::TooLarge);
        }
        let revoked: Self = toml::read(bytes).map_err(RevokedError::Malformed)?;
        let mut whys = revoked.digests.iter().map(|digest| &digest.why);
        if revoked.format != 1 {
            Err(RevokedError::Invalid("format must be 1"))
        } else if revoked.keys.iter().any(|key| !is_fingerprint(&key.fingerprint)) {
            Err(RevokedError::Invalid(
                "a key's fingerprint is SHA256: and 43 characters, as `ssh-keygen -l` prints it",
            ))
        } else if !whys.all(|why| text::is_prose(why))
            || !revoked.keys.iter().all(|key| text::is_prose(&key.why))
        {
            Err(RevokedError::Invalid("a reason has control or direction characters"))
        } else {
            Ok(revoked)
        }
    }

    /// Writes what [`Self::parse`] reads.
    pub fn to_toml(&self) -> Result<String, RevokedError> {
        ::toml::to_string(self).map_err(|error| RevokedError::Malformed(error.to_string()))
    }

    /// Something that `before` took back and this doesn't, if there is any. What was taken back
    /// once stays so: whoever may only sign an index must not be able to give it back by leaving it
    /// out.
    pub fn gives_back(&self, before: &Self) -> Option<String> {
        let digests = before.digests.iter().map(|taken| &taken.digest);
        let digest = digests.filter(|digest| self.digest(digest).is_none()).map(Digest::to_string);
        let keys = before.keys.iter().map(|taken| &taken.fingerprint);
        let key = keys.filter(|key| self.key(key).is_none()).cloned();
        digest.chain(key).next()
    }

    /// Why `digest` was taken back, if it was.
    pub fn digest(&self, digest: &Digest) -> Option<&str> {
        self.digests.iter().find(|entry| entry.digest == *digest).map(|entry| entry.why.as_str())
    }

    /// Why the key with this `SHA256:…` fingerprint was taken back, if it was.
    pub fn key(&self, fingerprint: &str) -> Option<&str> {
        self.keys.iter().find(|key| key.fingerprint == fingerprint).map(|key| key.why.as_str())
    }
}

/// A fingerprint with a typing error would silently revoke nothing.
fn is_fingerprint(text: &str) -> bool {
    text.parse::<ssh_key::Fingerprint>()
        .is_ok_and(|parsed| parsed.is_sha256() && parsed.to_string() == text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::datetime;

    const KEY: &str = "SHA256:UCUiLr7Pjs9wFFJMDByLgc3NrtdU344OgUM45wZPcIQ";

    fn sample() -> Revoked {
        let (why, at) = ("a wrong filter".to_string(), datetime!(2026-07-01 12:00 UTC));
        Revoked {
            digests: vec![RevokedDigest { digest: Digest::of(b"x"), why: why.clone(), at }],
            keys: vec![RevokedKey { fingerprint: KEY.into(), why, at }],
            ..Revoked::default()
        }
    }

    #[test]
    fn reads_what_it_writes_and_finds_it() {
        let revoked = Revoked::parse(sample().to_toml().unwrap().as_bytes()).unwrap();
        assert_eq!(revoked, sample());
        assert_eq!(revoked.digest(&Digest::of(b"x")), Some("a wrong filter"));
        assert_eq!(revoked.digest(&Digest::of(b"y")), None);
        assert_eq!(revoked.key(KEY), Some("a wrong filter"));
        assert_eq!(revoked.key("SHA256:x"), None);
        assert_eq!(Revoked::parse(b"format = 1").unwrap(), Revoked::default());
    }

    #[test]
    fn what_is_given_back_is_named() {
        let (all, none) = (sample(), Revoked::default());
        assert_eq!((all.gives_back(&all), all.gives_back(&none)), (None, None));
        assert_eq!(none.gives_back(&all), Some(Digest::of(b"x").to_string()));
        let keyless = Revoked { keys: Vec::new(), ..sample() };
        assert_eq!(keyless.gives_back(&all).as_deref(), Some(KEY));
    }

    #[test]
    fn refuses_what_would_revoke_nothing() {
        let good = sample().to_toml().unwrap();
        for (from, to) in [
            ("format = 1", "format = 2"),
            ("format = 1", ""),
            ("format = 1", "format = 1\nextra = 1"),
            ("[[key]]", "[[keys]]"),
            ("SHA256:UCU", "SHA256:UCU="),
            ("SHA256:UCU", "sha256:UCU"),
            ("SHA256:UCUi", "SHA256:"),
            ("sha256:", "SHA256:"),
            ("2026-07-01T12:00:00Z", "yesterday"),
            ("a wrong filter", "a \\u202e filter"),
        ] {
            let bad = good.replacen(from, to, 1);
            assert_ne!(bad, good, "{from}");
            assert!(Revoked::parse(bad.as_bytes()).is_err(), "{bad}");
        }
        assert!(matches!(Revoked::parse(&vec![b'#'; MAX_BYTES + 1]), Err(RevokedError::TooLarge)));
    }
}
