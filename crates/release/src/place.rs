//! Where a text has come to.

use crate::hold::{Fault, HoldCode};

/// How many bytes are counted at once.
const BLOCK: usize = 64;

/// A line and a column, in characters.
#[derive(Default)]
pub(crate) struct Place {
    /// Line ends before.
    lines: u64,
    /// Characters before, in this line.
    characters: u64,
}

impl Place {
    /// Goes behind `text`.
    pub(crate) fn pass(&mut self, text: &str) {
        self.lines += lines(text);
        let line = match text.rsplit_once('\n') {
            Some((_, line)) => {
                self.characters = 0;
                line
            }
            None => text,
        };
        self.characters += line.chars().count() as u64;
    }

    /// What is wrong behind `before`.
    pub(crate) fn fault(&mut self, code: HoldCode, before: &str, what: &str) -> Fault {
        self.pass(before);
        let (line, column) = (self.lines + 1, self.characters + 1);
        Fault(code, format!("line {line}, column {column} {what}"))
    }
}

/// How many line ends there are; in blocks whose sum fits a byte, for speed.
fn lines(text: &str) -> u64 {
    let ends = |block: &[u8]| block.iter().map(|&byte| u8::from(byte == b'\n')).sum::<u8>();
    text.as_bytes().chunks(BLOCK).map(|block| u64::from(ends(block))).sum()
}
