//! Where a text has come to.

use memchr::memchr_iter;

use crate::hold::{Fault, HoldCode};

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
        self.lines += memchr_iter(b'\n', text.as_bytes()).count() as u64;
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
