//! Whether a file's content is what its release rule says.
//!
//! A check passes what it understands wholly and holds everything else for a person. What it says
//! is for those who judge the file: even a row's number is the job's to choose, and so are a code's
//! worth of bits. The run's owner learns a [`Rule`](sluice_policy::entry::Rule) at most.
#![forbid(unsafe_code)]

mod crc;
mod disclosure;
mod earlier;
mod gzip;
mod hidden;
mod hold;
mod jpeg;
mod json;
mod pdf;
mod picture;
mod place;
mod png;
mod printable;
mod prose;
mod row;
mod source;
mod svg;
mod table;

use std::io::Read;

use sluice_policy::entry::{ContentKind, Output};

pub use disclosure::Outcome;
pub use earlier::{Cell, Cells, Key, MAX_COUNTS, Memory};
use gzip::Gunzip;
use hold::Fault;
pub use hold::{Hold, HoldCode};
pub use picture::png;
use printable::Printable;
use source::{Exactly, Source};

/// What is said of a file that its rule lets out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Passed {
    /// What was checked of a table's numbers.
    pub disclosure: Vec<Outcome>,
    /// Its counts, to be compared with earlier ones.
    pub cells: Cells,
}

/// Checks a file of `size` bytes against `rule`. Unless the file is too large or can't be read it
/// is read to its end, whatever is found.
///
/// A rasterised file never passes: its picture does, by the rule's
/// [`of_picture`](sluice_policy::entry::Output::of_picture).
pub fn check(rule: &Output, reader: &mut dyn Read, size: u64) -> Result<Passed, Hold> {
    let found = match size > rule.max_bytes {
        true => {
            Err(Fault(HoldCode::TooLarge, format!("it has more than {} bytes", rule.max_bytes)))
        }
        false => read(rule, &mut Source::new(&mut Exactly { reader, left: size })),
    };
    found.map_err(|Fault(code, message)| Hold { code, message })
}

fn read(rule: &Output, source: &mut Source<'_>) -> Result<Passed, Fault> {
    let found = match rule.gzip {
        true => {
            let mut unpacked = Gunzip::new(source, rule.max_content_bytes());
            examine(rule, &mut Source::new(&mut unpacked))
        }
        false => examine(rule, source),
    };
    if let Err(fault @ Fault(HoldCode::Unreadable | HoldCode::Changed, _)) = found {
        return Err(fault);
    }
    // Whoever hashes what is read needs the rest, too.
    while !source.next()?.is_empty() {}
    found
}

fn examine(rule: &Output, source: &mut Source<'_>) -> Result<Passed, Fault> {
    let mut passed = Passed::default();
    match rule.kind {
        _ if rule.rasterise => {
            return Err(Fault(HoldCode::NotDrawn, "its picture alone may leave".into()));
        }
        ContentKind::Csv | ContentKind::Tsv => {
            passed = table::check(&mut Printable::new(source).skip_mark(), rule)?;
        }
        ContentKind::Json => json::check(Printable::new(source), rule)?,
        ContentKind::Svg => svg::check(&whole(Printable::new(source))?, rule.max_points)?,
        ContentKind::Png => png::check(&source.whole()?, &mut { png::MAX_UNFOLDED })?,
        ContentKind::Pdf => pdf::check(&source.whole()?)?,
        ContentKind::Text | ContentKind::Md | ContentKind::Yaml | ContentKind::Log => {
            prose::check(Printable::new(source).skip_mark(), rule.kind)?;
        }
        ContentKind::Jpeg => jpeg::check(&source.whole()?, &mut { png::MAX_UNFOLDED })?,
        ContentKind::Other => {}
    }
    if rule.needs_review() {
        return Err(Fault(
            HoldCode::ReviewRequired,
            "its rule asks for a person's decision".into(),
        ));
    }
    Ok(passed)
}

/// All of a text, in memory.
fn whole(mut text: Printable<'_, '_>) -> Result<String, Fault> {
    let mut whole = String::new();
    loop {
        match text.next()? {
            "" => return Ok(whole),
            piece => whole += piece,
        }
    }
}

#[cfg(test)]
mod tests;
