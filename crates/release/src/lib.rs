//! Whether a file's content is what its release rule says.
//!
//! A check passes what it understands wholly and holds everything else for a person. What it says
//! is for those who judge the file: even a row's number is the job's to choose, and so are a code's
//! worth of bits. The run's owner learns a [`Rule`](sluice_policy::entry::Rule) at most.
#![forbid(unsafe_code)]

mod pdf;
mod png;
mod svg;
mod table;

use std::io::Read;

use serde::de::IgnoredAny;
use sluice_policy::{
    entry::{ContentKind, Output},
    text,
};

/// Why a file is held back, for reviewers.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Hold {
    /// For programs.
    pub code: HoldCode,
    /// What is wrong and where in the file, never a value.
    pub message: String,
}

sluice_protocol::codes! {
    /// What a file is held back for.
    pub enum HoldCode {
        ActiveContent = "active-content": "the file can load or run something when it is opened",
        Changed = "changed": "the file's size is not the attested one",
        ColumnForbidden = "column-forbidden": "the table has a column that the rule forbids",
        ColumnMissing = "column-missing": "the table lacks a column that the rule asks for",
        HiddenContent = "hidden-content": "the drawing has words that it does not show",
        NotCsv = "not-csv": "the file is no well-formed csv",
        NotJson = "not-json": "the file is no JSON",
        NotPdf = "not-pdf": "the file is no PDF that can be checked",
        NotPng = "not-png": "the file is no PNG of pixels alone",
        NotSvg = "not-svg": "the file is no SVG of known elements",
        NotText = "not-text": "the file is not printable UTF-8",
        NotTsv = "not-tsv": "the file is no well-formed tsv",
        OtherDelimiter = "other-delimiter": "the header has a delimiter that is not the table's own",
        ReviewRequired = "review-required": "the rule asks for a person's decision",
        TooLarge = "too-large": "the file is larger than the rule allows",
        TooManyRows = "too-many-rows": "the file has more rows than the rule allows",
        Unreadable = "unreadable": "the file cannot be read",
    }
}

/// What a content check found.
struct Fault(HoldCode, String);

/// Checks a file of `size` bytes against `rule`; reads at most a byte more.
pub fn check(rule: &Output, reader: &mut dyn Read, size: u64) -> Result<(), Hold> {
    examine(rule, reader, size).map_err(|Fault(code, message)| Hold { code, message })
}

fn examine(rule: &Output, reader: &mut dyn Read, size: u64) -> Result<(), Fault> {
    if size > rule.max_bytes {
        return Err(Fault(
            HoldCode::TooLarge,
            format!("it has more than {} bytes", rule.max_bytes),
        ));
    }
    let mut content = Vec::new();
    let read = reader.take(size.saturating_add(1)).read_to_end(&mut content);
    match read {
        Err(error) => {
            return Err(Fault(
                HoldCode::Unreadable,
                format!("it cannot be read: {}", error.kind()),
            ));
        }
        Ok(read) if read as u64 != size => {
            return Err(Fault(HoldCode::Changed, "its size is not the attested one".into()));
        }
        Ok(_) => {}
    }
    match rule.kind {
        ContentKind::Csv => table::check_csv(printable(&content)?, rule)?,
        ContentKind::Tsv => table::check_tsv(printable(&content)?, rule)?,
        ContentKind::Json => check_json(printable(&content)?)?,
        ContentKind::Svg => svg::check(printable(&content)?)?,
        ContentKind::Png => png::check(&content, &mut { png::MAX_UNFOLDED })?,
        ContentKind::Pdf => pdf::check(&content)?,
        ContentKind::Text => drop(printable(&content)?),
    }
    if rule.needs_review() {
        return Err(Fault(
            HoldCode::ReviewRequired,
            "its rule asks for a person's decision".into(),
        ));
    }
    Ok(())
}

/// Printable UTF-8 with line ends and tabs.
fn printable(content: &[u8]) -> Result<&str, Fault> {
    let fault = |before: &[u8]| {
        let line = 1 + before.iter().filter(|&&byte| byte == b'\n').count();
        Fault(HoldCode::NotText, format!("line {line} is not printable UTF-8"))
    };
    let text =
        std::str::from_utf8(content).map_err(|error| fault(&content[..error.valid_up_to()]))?;
    // A carriage return counts only as part of a line end: alone it overwrites what is shown.
    let mut hidden = text.char_indices().filter(|&(at, c)| match c {
        '\n' | '\t' => false,
        '\r' => content.get(at + 1) != Some(&b'\n'),
        c => !text::is_visible(c),
    });
    match hidden.next() {
        Some((at, _)) => Err(fault(&content[..at])),
        None => Ok(text),
    }
}

fn check_json(text: &str) -> Result<(), Fault> {
    serde_json::from_str::<IgnoredAny>(text).map(drop).map_err(|error| {
        Fault(
            HoldCode::NotJson,
            format!("line {}, column {} is not JSON", error.line(), error.column()),
        )
    })
}

#[cfg(test)]
mod tests;
