//! `index.toml`: serial, validity and the digest of every other file of an allowlist set.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use crate::{digest::Digest, set, toml};

/// Largest index, in bytes.
pub const MAX_BYTES: usize = 32 << 20;

/// The namespace its signatures are made in.
pub const NAMESPACE: &str = "sluice-index@v1";

/// What a set consists of and how long it holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Index {
    /// Always 1.
    pub format: u32,
    /// Grows with every set; a smaller one is a rollback.
    pub serial: u64,
    /// When the set was made.
    #[serde(with = "crate::time::rfc3339")]
    pub issued: OffsetDateTime,
    /// When it ceases to hold.
    #[serde(with = "crate::time::rfc3339")]
    pub expires: OffsetDateTime,
    /// Digest of each other file of the set by its path in it.
    #[serde(default)]
    pub files: BTreeMap<String, Digest>,
}

/// Why a file is not an index.
#[derive(Clone, Debug, thiserror::Error)]
pub enum IndexError {
    /// Larger than 32 MiB.
    #[error("index.toml is larger than 32 MiB")]
    TooLarge,
    /// Not TOML of this form.
    #[error("index.toml cannot be read: {0}")]
    Malformed(String),
    /// A value that cannot be.
    #[error("index.toml: {0}")]
    Invalid(&'static str),
    /// A file that no set has.
    #[error("index.toml lists {0:?}, which is no file of an allowlist set")]
    UnknownFile(String),
}

impl Index {
    /// Reads `index.toml`; signature, serial floor and expiry are the caller's to check.
    pub fn parse(bytes: &[u8]) -> Result<Self, IndexError> {
        if bytes.len() > MAX_BYTES {
            return Err(IndexError::TooLarge);
        }
        let text = std::str::from_utf8(bytes).map_err(IndexError::malformed)?;
        let (head, files) = text.split_once("\n[files]\n").unwrap_or((text, ""));
        let mut index: Self = toml::read(head.as_bytes()).map_err(IndexError::Malformed)?;
        index.add_files(files)?;
        if index.format != 1 {
            return Err(IndexError::Invalid("format must be 1"));
        }
        if index.expires <= index.issued {
            return Err(IndexError::Invalid("expires must be later than issued"));
        }
        match index.files.iter().find(|(path, digest)| !set::is_listable(path, digest)) {
            Some((path, _)) => Err(IndexError::UnknownFile(path.clone())),
            None => Ok(index),
        }
    }

    /// Writes what [`Self::parse`] reads.
    pub fn to_toml(&self) -> Result<String, IndexError> {
        ::toml::to_string(self).map_err(IndexError::malformed)
    }

    /// Reads the lines below `[files]` in the one form that [`Self::to_toml`] writes. It is TOML,
    /// but a set of 10,000 entries takes a general parser longer than a job may wait.
    fn add_files(&mut self, lines: &str) -> Result<(), IndexError> {
        let lines = lines.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
        let listed = self.files.len() + lines.clone().count();
        let mut files: BTreeMap<_, _> = lines.map(parse_file).collect::<Result<_, _>>()?;
        self.files.append(&mut files);
        match self.files.len() == listed {
            true => Ok(()),
            false => Err(IndexError::Invalid("a file is listed twice")),
        }
    }
}

fn parse_file(line: &str) -> Result<(String, Digest), IndexError> {
    let (path, digest) = line
        .strip_prefix('"')
        .and_then(|line| line.strip_suffix('"')?.split_once("\" = \""))
        .ok_or(IndexError::Invalid("a file is written \"PATH\" = \"sha256:HEX\""))?;
    Ok((path.to_owned(), digest.parse().map_err(IndexError::malformed)?))
}

impl IndexError {
    fn malformed(error: impl ToString) -> Self {
        Self::Malformed(error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::datetime;

    fn sample() -> Index {
        let digest = Digest::of(b"x");
        Index {
            format: 1,
            serial: 3,
            issued: datetime!(2026-07-01 12:00 UTC),
            expires: datetime!(2026-08-01 12:00 UTC),
            files: [
                "entries/a@1.0.toml".into(),
                "entries/a@1.0.toml.sig.d/controller@lab.sig".into(),
                format!("manifests/{}", digest.hex()),
                "revoked.toml".into(),
                "revoked.toml.sig.d/controller@lab.sig".into(),
            ]
            .map(|path| (path, digest))
            .into(),
        }
    }

    #[test]
    fn reads_what_it_writes() {
        let text = sample().to_toml().unwrap();
        assert_eq!(Index::parse(text.as_bytes()).unwrap(), sample());
        assert_eq!(toml::read::<Index>(text.as_bytes()).unwrap(), sample(), "it is TOML");
        let commented = text.replace("\n[files]\n", "\n[files]\n\n# x\n");
        assert_eq!(Index::parse(commented.as_bytes()).unwrap(), sample());
    }

    #[test]
    fn knows_the_files_of_a_set() {
        for path in [
            "index.toml",
            "index.toml.sig.d/controller@lab.sig",
            "manifests/00",
            "entries/a.toml",
            "entries/A@1.toml",
            "entries/a@1.toml.sig.d/",
            "entries/a@1.toml.sig.d/x",
            "entries/a@1.toml.sig.d/../../x.sig",
            "entries/a@1.toml.sig.d/x/y.sig",
            "entries/../a@1.toml",
            "entries/a@../x.toml",
            "/revoked.toml",
            "extra.toml",
        ] {
            let mut index = sample();
            index.files.insert(path.into(), Digest::of(b"x"));
            let text = index.to_toml().unwrap();
            assert!(
                matches!(Index::parse(text.as_bytes()), Err(IndexError::UnknownFile(f)) if f == path),
                "{path}"
            );
        }
    }

    #[test]
    fn refuses_other_forms() {
        let good = sample().to_toml().unwrap();
        for (from, to) in [
            ("format = 1", "format = 2"),
            ("serial = 3", "serial = -3"),
            ("serial = 3", "serial = 3\nserial = 4"),
            ("serial = 3", "serial = 3\nextra = 4"),
            ("serial = 3\n", ""),
            ("2026-08-01", "2026-06-01"),
            ("2026-08-01T12:00:00Z", "2026-08-01T12:00:00+00:00"),
            ("sha256:", "md5:"),
            ("\"revoked.toml\" = \"", "\"entries/a@1.0.toml\" = \""),
            ("\"revoked.toml\"", "revoked.toml"),
            ("\"revoked.toml\"", "\"revoked\\u002etoml\""),
            ("\"revoked.toml\"", "[more]\n\"revoked.toml\""),
            ("[files]\n", "[files]\n[files]\n"),
        ] {
            let bad = good.replacen(from, to, 1);
            assert_ne!(bad, good, "{from}");
            assert!(Index::parse(bad.as_bytes()).is_err(), "{bad}");
        }
    }
}
