//! Text for people to read: plain, Markdown, YAML, logs.

use memchr::memchr_iter;
use sluice_policy::entry::ContentKind;

use crate::{
    hold::{Fault, HoldCode},
    printable::Printable,
};

/// Longest line, in bytes: beyond it a person can't look at the file.
const MAX_LINE: usize = 64 << 10;
/// Longest name of a language, in bytes.
const MAX_LANGUAGE: u8 = 16;

pub(crate) fn check(mut text: Printable<'_, '_>, kind: ContentKind) -> Result<(), Fault> {
    let mut line =
        Line { number: 1, length: 0, markdown: (kind == ContentKind::Md).then(Markdown::new) };
    loop {
        let piece = text.next()?.as_bytes();
        if piece.is_empty() {
            return Ok(());
        }
        let mut start = 0;
        for end in memchr_iter(b'\n', piece).map(|at| at + 1).chain([piece.len()]) {
            line.see(&piece[start..end])?;
            start = end;
        }
    }
}

/// The line that is read.
struct Line {
    number: u64,
    length: usize,
    markdown: Option<Markdown>,
}

impl Line {
    /// Reads on, up to a line end at most.
    fn see(&mut self, part: &[u8]) -> Result<(), Fault> {
        let ends = part.ends_with(b"\n");
        let length = self.length + part.len() - usize::from(ends);
        let long = length > MAX_LINE;
        // What stands before is judged before.
        let shown = if long { &part[..MAX_LINE - self.length] } else { part };
        if let Some(markdown) = &mut self.markdown
            && let Some((code, what)) = shown.iter().find_map(|&byte| markdown.see(byte))
        {
            return Err(self.fault(code, what));
        }
        if long {
            return Err(self.fault(HoldCode::NotText, "has over 65,536 bytes; write shorter lines"));
        }
        (self.number, self.length) =
            if ends { (self.number + 1, 0) } else { (self.number, length) };
        Ok(())
    }

    fn fault(&self, code: HoldCode, what: &str) -> Fault {
        Fault(code, format!("line {} {what}", self.number))
    }
}

/// What Markdown doesn't show of its own text when it is displayed, or what it loads. Looked for in
/// code as well: where code begins, readers of Markdown don't agree.
struct Markdown {
    before: u8,
    /// Whether the line is the first of a fenced block.
    fence: Fence,
}

/// How far the first line of a fenced block has come.
#[derive(Clone, Copy, PartialEq)]
enum Fence {
    /// So many marks, after blanks and signs of a list or quotation.
    Marks(u8),
    /// Behind three or more, so many bytes into the one word that says which language it is.
    Language(u8),
    /// The line is none.
    Other,
}

impl Markdown {
    fn new() -> Self {
        Self { before: b'\n', fence: Fence::Marks(0) }
    }

    fn see(&mut self, byte: u8) -> Option<(HoldCode, &'static str)> {
        self.fence = match (byte, self.fence) {
            (b'\n', _) => Fence::Marks(0),
            (b'`' | b'~', Fence::Marks(count)) => Fence::Marks(count.saturating_add(1)),
            // Signs of a list or a quotation, in which a block may stand.
            (b' ' | b'\t' | b'>' | b'-' | b'*' | b'+', Fence::Marks(0)) => Fence::Marks(0),
            (b'0'..=b'9' | b'.' | b')', Fence::Marks(0)) => Fence::Marks(0),
            (b' ' | b'\t', Fence::Marks(3..)) => Fence::Marks(3),
            (_, Fence::Marks(3..)) => Fence::Language(1),
            (b' ' | b'\t', Fence::Language(_)) | (_, Fence::Language(MAX_LANGUAGE)) => {
                return Some((HoldCode::HiddenContent, INFO));
            }
            (_, Fence::Language(length)) => Fence::Language(length + 1),
            _ => Fence::Other,
        };
        let before = std::mem::replace(&mut self.before, byte);
        match (before, byte) {
            (b'<', b'!' | b'?') => Some((HoldCode::HiddenContent, COMMENT)),
            (b'<', b'/' | b'a'..=b'z' | b'A'..=b'Z') => Some((HoldCode::ActiveContent, TAG)),
            (b'!', b'[') => Some((HoldCode::ActiveContent, PICTURE)),
            (b']', b'(') => Some((HoldCode::HiddenContent, LINK)),
            (b']', b':') => Some((HoldCode::HiddenContent, DEFINITION)),
            _ => None,
        }
    }
}

const COMMENT: &str = "has a comment or instruction of HTML, which nothing shows; leave it out";
const TAG: &str = "has a tag of HTML or an address in `<`; write `&lt;` for a sign, or a blank behind it, and no \
                   HTML";
const PICTURE: &str = "has a picture, which is loaded when it is shown; publish it as a file";
const LINK: &str = "has a link whose address nothing shows; write the address as text";
const DEFINITION: &str =
    "has `]:`, which may define an address that nothing shows; write a blank between the two";
const INFO: &str = "has words where a block's language stands, which nothing shows; leave them out";
