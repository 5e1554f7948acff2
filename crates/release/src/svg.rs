//! SVG: what draws, and shows what it draws. Scripts, animation, foreign content, links to anywhere
//! else, what nobody sees and everything unknown is held.
//!
//! `scan` reads the markup so strictly that XML and HTML parsers agree on it, `draw` follows what a
//! viewer would paint.

mod attribute;
mod clip;
mod count;
mod draw;
mod geometry;
mod paint;
mod property;
mod scan;
mod state;
mod style;
mod tag;
mod text;
mod value;
mod vocabulary;
mod words;

use roxmltree::{Document, Error, ParsingOptions};

use super::{Fault, HoldCode, jpeg, png};

/// Most elements, comments and texts of a drawing.
const MAX_NODES: u32 = 1 << 20;

const MALFORMED: HoldCode = HoldCode::NotSvg;
const ACTIVE: HoldCode = HoldCode::ActiveContent;
const HIDDEN: HoldCode = HoldCode::HiddenContent;

/// What is wrong, and the byte where.
struct Finding {
    code: HoldCode,
    at: usize,
    what: String,
}

type Outcome<T = ()> = Result<T, Finding>;

/// A finding without its place.
struct Wrong(HoldCode, String);

impl Wrong {
    fn at(self, at: usize) -> Finding {
        Finding { code: self.0, at, what: self.1 }
    }
}

fn wrong<T>(code: HoldCode, what: impl Into<String>) -> Result<T, Wrong> {
    Err(Wrong(code, what.into()))
}

pub(super) fn check(text: &str, max_points: Option<u64>) -> Result<(), Fault> {
    examine(text, max_points).map_err(|Finding { code, at, what }| {
        let before = text.as_bytes().iter().take(at).filter(|&&byte| byte == b'\n').count();
        Fault(code, format!("line {}: {what}", before + 1))
    })
}

fn examine(text: &str, max_points: Option<u64>) -> Outcome {
    let plain = scan::scan(text)?;
    let options = ParsingOptions { allow_dtd: false, nodes_limit: MAX_NODES, ..Default::default() };
    let tree = Document::parse_with_options(&plain, options).map_err(|error| match error {
        Error::NodesLimitReached => Wrong(
            HoldCode::TooManyPoints,
            format!("it has more than {MAX_NODES} elements; draw fewer, or write a PNG"),
        )
        .at(0),
        error => {
            Wrong(MALFORMED, format!("it is no well-formed XML: {error}")).at(place(&plain, &error))
        }
    })?;
    words::check(&tree)?;
    draw::check(&tree, max_points)
}

fn place(text: &str, error: &Error) -> usize {
    let line = error.pos().row.saturating_sub(1) as usize;
    text.split_inclusive('\n').take(line).map(str::len).sum()
}

/// A name of the file's, short enough for a message.
fn short(name: &str) -> String {
    let cut: String = name.chars().take(40).collect();
    if cut.len() < name.len() { format!("`{cut}…`") } else { format!("`{cut}`") }
}
