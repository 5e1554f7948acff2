//! Text that shows all that it holds.

use sluice_policy::text;

use crate::{
    hold::{Fault, HoldCode},
    source::Source,
};

/// Longest character in UTF-8, in bytes.
const LONGEST: usize = 4;

/// Printable UTF-8 with line ends and tabs, piece by piece.
pub(crate) struct Printable<'s, 'r> {
    source: &'s mut Source<'r>,
    /// A piece, behind what the one before left of a character or of a line end.
    text: Vec<u8>,
    /// How much of it was given out.
    given: usize,
    line: u64,
}

impl<'s, 'r> Printable<'s, 'r> {
    pub(crate) fn new(source: &'s mut Source<'r>) -> Self {
        Self { source, text: Vec::new(), given: 0, line: 1 }
    }

    /// The next text, which ends at a character; none at the end.
    pub(crate) fn next(&mut self) -> Result<&str, Fault> {
        loop {
            self.text.drain(..self.given);
            self.given = 0;
            let piece = self.source.next()?;
            let last = piece.is_empty();
            self.text.extend_from_slice(piece);
            if last && self.text.is_empty() {
                return Ok("");
            }
            self.given = self.examine(last)?;
            if self.given > 0 {
                break;
            }
        }
        // It was found valid just now.
        Ok(std::str::from_utf8(&self.text[..self.given]).unwrap_or_default())
    }

    /// How much of the text is whole and printable.
    fn examine(&mut self, last: bool) -> Result<usize, Fault> {
        let valid = match std::str::from_utf8(&self.text) {
            Ok(text) => text,
            Err(error) => {
                let (valid, rest) = self.text.split_at(error.valid_up_to());
                if last || error.error_len().is_some() || rest.len() >= LONGEST {
                    return Err(self.fault(valid.len(), "is not UTF-8"));
                }
                std::str::from_utf8(valid).unwrap_or_default()
            }
        };
        // A line end may be cut in two.
        let whole = match valid.strip_suffix('\r') {
            Some(before) if !last => before.len(),
            _ => valid.len(),
        };
        let text = &valid[..whole];
        let next = self.text.get(whole).copied();
        if let Some((at, c)) = first_hidden(text, next) {
            return Err(self.fault(at, &format!("has {}", name(c))));
        }
        self.line += text.bytes().filter(|&byte| byte == b'\n').count() as u64;
        Ok(whole)
    }

    fn fault(&self, at: usize, what: &str) -> Fault {
        let before = self.text[..at].iter().filter(|&&byte| byte == b'\n').count() as u64;
        Fault(HoldCode::NotText, format!("line {} {what}", self.line + before))
    }
}

/// The first character that doesn't show as itself; `next` is the byte behind the text.
fn first_hidden(text: &str, next: Option<u8>) -> Option<(usize, char)> {
    text.char_indices().find(|&(at, c)| match c {
        '\n' | '\t' => false,
        // A carriage return counts only as part of a line end: alone it overwrites what is shown.
        '\r' => text.as_bytes().get(at + 1).copied().or(next) != Some(b'\n'),
        ' '..='~' => false,
        c => !text::is_visible(c),
    })
}

/// What a character is called.
fn name(c: char) -> String {
    format!("the character U+{:04X}, which doesn't show", u32::from(c))
}
