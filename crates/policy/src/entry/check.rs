//! What an entry's values must be beyond their types.

use std::collections::BTreeSet;

use super::{Entry, MAX_BYTES, MaxRuns, Network, Steps, Syntax, check_output};
use crate::{
    path::{is_clean_absolute, is_clean_relative},
    template::{Template, TemplateError},
    text, toml,
};

/// The newest format that is read; newer keys of entries come with newer formats.
pub(super) const FORMAT: u32 = 2;

/// Why a file is not an entry.
#[derive(Clone, Debug, thiserror::Error)]
pub enum EntryError {
    /// Larger than [`MAX_BYTES`].
    #[error("the entry is larger than 64 KiB")]
    TooLarge,
    /// Not TOML, or not of an entry's form.
    #[error("the entry cannot be read: {0}")]
    Malformed(String),
    /// Of a format that comes after this version of Sluice. Nothing else of it is judged.
    #[error("the entry has format {0}, and this version of Sluice reads none above {FORMAT}")]
    TooNew(i64),
    /// A string that a reader would not see as it is.
    #[error("the entry has control or direction characters; write it in plain text")]
    Hidden,
    /// A value that cannot be.
    #[error("the entry's {field} is invalid: {why}")]
    Invalid {
        /// Key of the value.
        field: &'static str,
        /// What it must be.
        why: &'static str,
    },
    /// A script that is no template.
    #[error("the script of [[command]] {number} is no template: {error}")]
    Template {
        /// Position in the entry, from 1.
        number: usize,
        /// What is wrong.
        error: TemplateError,
    },
}

/// Whether `text` is `[a-z0-9][a-z0-9._-]{0,63}`.
pub fn is_name(text: &str) -> bool {
    is_word(text, |byte| byte.is_ascii_lowercase() || byte.is_ascii_digit(), b"._-")
}

/// Whether `text` is `[A-Za-z0-9][A-Za-z0-9._+-]{0,63}`.
pub fn is_version(text: &str) -> bool {
    is_word(text, |byte| byte.is_ascii_alphanumeric(), b"._+-")
}

/// Whether `text` is `NAME@VERSION`.
pub fn is_entry_id(text: &str) -> bool {
    text.split_once('@').is_some_and(|(name, version)| is_name(name) && is_version(version))
}

fn is_word(text: &str, plain: impl Fn(u8) -> bool, also: &[u8]) -> bool {
    let bytes = text.as_bytes();
    (1..=64).contains(&bytes.len())
        && plain(bytes[0])
        && bytes.iter().all(|&byte| plain(byte) || also.contains(&byte))
}

pub(super) fn parse(bytes: &[u8]) -> Result<Entry, EntryError> {
    if bytes.len() > MAX_BYTES {
        return Err(EntryError::TooLarge);
    }
    let table: ::toml::Table = toml::read(bytes).map_err(EntryError::Malformed)?;
    if let Some(&::toml::Value::Integer(format)) = table.get("format")
        && format > i64::from(FORMAT)
    {
        return Err(EntryError::TooNew(format));
    }
    let table = ::toml::Value::Table(table);
    if text::hides(&table) {
        return Err(EntryError::Hidden);
    }
    let mut entry: Entry = toml::read(bytes).map_err(EntryError::Malformed)?;
    check_identity(&entry)?;
    if entry.format == 1 {
        check_output::as_format_1(&mut entry.output, &table)?;
    }
    let slurm = entry.network == Network::Slurm;
    const TOGETHER: &str = "`inside` and network = \"slurm\" need each other";
    require(slurm == (entry.steps == Steps::Inside), "steps", TOGETHER)?;
    check_places(&entry)?;
    entry.output.iter().try_for_each(check_output::check)?;
    check_commands(&entry)?;
    Ok(entry)
}

pub(super) fn require(
    holds: bool,
    field: &'static str,
    why: &'static str,
) -> Result<(), EntryError> {
    if holds { Ok(()) } else { Err(EntryError::Invalid { field, why }) }
}

fn check_identity(entry: &Entry) -> Result<(), EntryError> {
    const NAME: &str = "1 to 64 of a-z 0-9 . _ -, starting with a letter or digit";
    const VERSION: &str = "1 to 64 of A-Z a-z 0-9 . _ + -, starting with a letter or digit";
    require((1..=FORMAT).contains(&entry.format), "format", "it must be 1 or 2")?;
    require(is_name(&entry.name), "name", NAME)?;
    require(is_version(&entry.version), "version", VERSION)?;
    if let Some(source) = &entry.source {
        let hex = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        let commit = source.commit.len() == 40 && source.commit.bytes().all(hex);
        require(commit, "source.commit", "40 lower-case hexadecimal digits")?;
        let url = source.url.starts_with("https://");
        require(url, "source.url", "it must start with https://")?;
        let tag = source.tag.as_deref().is_none_or(is_tag);
        require(tag, "source.tag", "a plain tag name of A-Z a-z 0-9 . _ + / -")?;
    }
    if let Some(runtime) = &entry.runtime {
        require(is_name(&runtime.name), "runtime.name", NAME)?;
        require(is_version(&runtime.version), "runtime.version", VERSION)?;
    }
    if let (Some(from), Some(to)) = (entry.scope.not_before, entry.scope.not_after) {
        require(from < to, "scope.not-after", "it must be later than not-before")?;
    }
    if let Some(MaxRuns { per_user, days }) = entry.scope.max_runs {
        require((1..=1_000_000).contains(&per_user), "scope.max-runs.per-user", "1 to 1000000")?;
        require((1..=3650).contains(&days), "scope.max-runs.days", "1 to 3650")?;
    }
    if let Some(previous) = &entry.approval.previous {
        let own = previous.split_once('@').is_some_and(|(name, version)| {
            name == entry.name && is_version(version) && version != entry.version
        });
        require(own, "approval.previous", "NAME@VERSION of an earlier version of this workflow")?;
    }
    let both = entry.approval.previous.is_some() || entry.approval.diff.is_none();
    require(
        both,
        "approval.diff",
        "it says what changed since approval.previous, which is missing",
    )?;
    Ok(())
}

/// What git takes for a tag and nothing takes for an option.
fn is_tag(tag: &str) -> bool {
    (1..=128).contains(&tag.len())
        && tag.starts_with(|c: char| c.is_ascii_alphanumeric())
        && tag.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._+/-".contains(&byte))
        && is_clean_relative(tag)
        && !tag.contains("..")
}

fn check_places(entry: &Entry) -> Result<(), EntryError> {
    let links = entry.system.links.iter().all(|link| is_clean_absolute(link) && link != "/");
    require(links, "system.links", "absolute paths without `.`, `..` or empty components")?;
    let mut names = BTreeSet::new();
    let mut places = BTreeSet::new();
    for data in &entry.data {
        require(is_name(&data.name), "data.name", "1 to 64 of a-z 0-9 . _ -")?;
        require(names.insert(&data.name), "data.name", "a data set is listed twice")?;
        let clean = is_clean_absolute(&data.at) && data.at != "/";
        require(clean, "data.at", "an absolute path without `.`, `..` or empty components")?;
        // With its slash, a place sorts directly before what lies below it.
        require(places.insert(format!("{}/", data.at)), "data.at", "two data sets share it")?;
    }
    let nested = places.iter().zip(places.iter().skip(1)).any(|(a, b)| b.starts_with(a.as_str()));
    require(!nested, "data.at", "one data set lies in another")
}

fn check_commands(entry: &Entry) -> Result<(), EntryError> {
    require(!entry.command.is_empty(), "command", "at least one [[command]] is needed")?;
    for (index, command) in entry.command.iter().enumerate() {
        let template = Template::parse(&command.script)
            .map_err(|error| EntryError::Template { number: index + 1, error })?;
        let runtime = entry.runtime.is_some() || !template.needs_runtime();
        require(runtime, "command", "a script names {runtime}, but there is no [runtime]")?;
        if entry.parameters.is_some() {
            let files = template.file_endings();
            let one = files.iter().filter(|ending| Syntax::of(&format!("x{ending}")).is_some());
            const ONE: &str = "each script must name one {file:.yaml}, {file:.yml} or {file:.json}";
            require(one.count() == 1, "parameters", ONE)?;
        }
    }
    if let Some(parameters) = &entry.parameters {
        let clean = is_clean_relative(&parameters.schema);
        require(clean, "parameters.schema", "a clean path in the bundle")?;
    }
    Ok(())
}
