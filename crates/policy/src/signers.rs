//! `allowed_signers`: whose key speaks for whom, in which namespaces, from when until when.
//!
//! The format is OpenSSH's, so `ssh-keygen -Y verify` reads the same file. What it would leave
//! open is refused: patterns, several principals on a line, certificate authorities, and key
//! types that are not checked here. A key stands for one principal; two signatures that count as
//! two people are then made by two keys.

use ::time::{Duration, OffsetDateTime, PrimitiveDateTime, macros::format_description};
use ssh_key::{Algorithm, EcdsaCurve, public::KeyData};

use crate::openssh;

mod edit;

pub use edit::{Limits, add, end};

/// Largest list, in bytes.
pub const MAX_BYTES: usize = 1 << 20;

/// Keys and what they may sign.
#[derive(Clone, Debug, Default)]
pub struct AllowedSigners {
    lines: Vec<Line>,
}

/// One line: a key, and for whom and what it may sign.
#[derive(Clone, Debug)]
pub struct Line {
    /// Who signs with it.
    pub principal: String,
    /// What it may sign; anything if absent.
    pub namespaces: Option<Vec<String>>,
    /// Nothing before.
    pub valid_after: Option<OffsetDateTime>,
    /// Nothing at or after.
    pub valid_before: Option<OffsetDateTime>,
    /// The public key.
    pub key: KeyData,
}

/// Why a file is not a list of signers.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SignersError {
    /// Larger than 1 MiB.
    #[error("allowed_signers is larger than 1 MiB")]
    TooLarge,
    /// Nothing there has this fingerprint.
    #[error("no line of allowed_signers has the key {0}")]
    UnknownKey(String),
    /// A line that would end later than it does.
    #[error("line {line} of allowed_signers ends already before that; a key's end is not put off")]
    EndsEarlier {
        /// Its number, from 1.
        line: usize,
    },
    /// A line that cannot be read or is not accepted.
    #[error("line {line} of allowed_signers: {why}")]
    Line {
        /// Its number, from 1.
        line: usize,
        /// What is wrong and what to write.
        why: &'static str,
    },
}

/// Whether `text` names one person or role: letters, digits and `. _ + @ -`, not starting with
/// a dot or dash, at most 128 characters. It is also the name of a signature file.
pub fn is_principal(text: &str) -> bool {
    text.len() <= 128
        && text.starts_with(|c: char| c.is_ascii_alphanumeric())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._+@-".contains(&byte))
}

impl AllowedSigners {
    /// Reads an `allowed_signers` file.
    pub fn parse(bytes: &[u8]) -> Result<Self, SignersError> {
        if bytes.len() > MAX_BYTES {
            return Err(SignersError::TooLarge);
        }
        let mut signers = Self::default();
        for (number, line) in bytes.split(|&byte| byte == b'\n').enumerate() {
            signers.add(line).map_err(|why| SignersError::Line { line: number + 1, why })?;
        }
        Ok(signers)
    }

    /// The lines in their order.
    pub fn lines(&self) -> impl Iterator<Item = &Line> {
        self.lines.iter()
    }

    fn add(&mut self, line: &[u8]) -> Result<(), &'static str> {
        let text = std::str::from_utf8(line).map_err(|_| "it is not UTF-8")?;
        let text = text.trim_matches([' ', '\t']);
        if text.is_empty() || text.starts_with('#') {
            return Ok(());
        }
        let line = parse_line(text)?;
        let shared = |other: &Line| other.key == line.key && other.principal != line.principal;
        if self.lines.iter().any(shared) {
            return Err(
                "its key already stands for another principal; each needs a key of its own",
            );
        }
        self.lines.push(line);
        Ok(())
    }
}

fn parse_line(text: &str) -> Result<Line, &'static str> {
    let (principal, rest) = text.split_once([' ', '\t']).ok_or("it has no key")?;
    if !is_principal(principal) {
        return Err("it must start with one principal of letters, digits and . _ + @ -; \
                    patterns and lists are not accepted");
    }
    let rest = rest.trim_start_matches([' ', '\t']);
    let (options, key) =
        if is_key_type(first_word(rest)) { ("", rest) } else { split_options(rest)? };
    let mut line = Line {
        principal: principal.into(),
        namespaces: None,
        valid_after: None,
        valid_before: None,
        key: parse_key(key)?,
    };
    for option in split_quoted(options) {
        line.set(option)?;
    }
    Ok(line)
}

impl Line {
    /// Whether the key is valid at that time.
    pub fn is_valid(&self, at: OffsetDateTime) -> bool {
        self.valid_after.is_none_or(|from| from <= at)
            && self.valid_before.is_none_or(|until| at < until)
    }

    fn set(&mut self, option: &str) -> Result<(), &'static str> {
        let quoted = |value: &'_ str| -> Option<String> {
            Some(value.strip_prefix('"')?.strip_suffix('"')?.to_owned())
        };
        let (name, value) = option.split_once('=').unwrap_or((option, ""));
        let value = quoted(value).ok_or(match name {
            "cert-authority" => "certificate authorities are not accepted; list each key",
            _ => "an option is written name=\"value\"",
        })?;
        match name {
            "namespaces" if self.namespaces.is_none() => {
                let namespaces: Vec<_> = value.split(',').map(str::to_owned).collect();
                if namespaces.iter().any(|name| name.is_empty() || name.contains(['*', '?', '!'])) {
                    return Err("namespaces are written out; patterns are not accepted");
                }
                self.namespaces = Some(namespaces);
            }
            "valid-after" if self.valid_after.is_none() => {
                self.valid_after = Some(parse_time(&value, Duration::hours(12))?);
            }
            "valid-before" if self.valid_before.is_none() => {
                self.valid_before = Some(parse_time(&value, Duration::hours(-14))?);
            }
            "namespaces" | "valid-after" | "valid-before" => return Err("an option stands twice"),
            _ => return Err("it has an unknown option"),
        }
        Ok(())
    }
}

fn parse_key(text: &str) -> Result<KeyData, &'static str> {
    let key = openssh::public_key(text).ok_or("its key cannot be read")?;
    match key.algorithm() {
        Algorithm::Ed25519
        | Algorithm::SkEd25519
        | Algorithm::SkEcdsaSha2NistP256
        | Algorithm::Ecdsa { curve: EcdsaCurve::NistP256 } => Ok(key.key_data().clone()),
        _ => Err("its key type is not accepted; use Ed25519 or ECDSA P-256"),
    }
}

fn is_key_type(word: &str) -> bool {
    ["ssh-", "ecdsa-", "sk-"].iter().any(|prefix| word.starts_with(prefix))
}

fn first_word(text: &str) -> &str {
    text.split([' ', '\t']).next().unwrap_or_default()
}

/// Splits at the first blank outside quotes.
fn split_options(text: &str) -> Result<(&str, &str), &'static str> {
    let mut quoted = false;
    for (at, c) in text.char_indices() {
        match c {
            '"' => quoted = !quoted,
            ' ' | '\t' if !quoted => return Ok((&text[..at], text[at..].trim_start())),
            _ => {}
        }
    }
    Err("it has no key")
}

fn split_quoted(options: &str) -> impl Iterator<Item = &str> {
    let mut quoted = false;
    options
        .split(move |c| {
            quoted ^= c == '"';
            c == ',' && !quoted
        })
        .filter(|option| !option.is_empty())
}

/// Reads `YYYYMMDD[HHMM[SS]][Z]`.
///
/// Without `Z` OpenSSH means the zone of whichever host verifies. `leeway` shifts such a time to
/// the zone on earth where the key is valid for least, so none is accepted that OpenSSH refuses.
fn parse_time(text: &str, leeway: Duration) -> Result<OffsetDateTime, &'static str> {
    let (digits, shift) = match text.strip_suffix('Z') {
        Some(digits) => (digits, Duration::ZERO),
        None => (text, leeway),
    };
    let padded = match digits.len() {
        8 => format!("{digits}000000"),
        12 => format!("{digits}00"),
        14 => digits.to_owned(),
        _ => return Err("a time is written YYYYMMDD[HHMM[SS]]Z"),
    };
    let format = format_description!("[year][month][day][hour][minute][second]");
    PrimitiveDateTime::parse(&padded, format)
        .ok()
        .and_then(|time| time.assume_utc().checked_add(shift))
        .ok_or("a time is written YYYYMMDD[HHMM[SS]]Z")
}

#[cfg(test)]
mod tests;
