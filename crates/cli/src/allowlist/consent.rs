//! A person's word at a terminal.

use std::io::{self, BufRead, IsTerminal, Read, Write};

use crate::exit::{Doing, Result};

/// Longest answer, in bytes.
const MAX_ANSWER: u64 = 1024;

/// Whether somebody sees the question and can answer it.
pub(super) fn can_ask() -> bool {
    io::stdin().is_terminal() && io::stderr().is_terminal()
}

/// Asks; whatever isn't a yes, the end of the input too, is a no.
pub(super) fn ask(question: &str) -> Result<bool> {
    let mut answer = String::new();
    write!(io::stderr(), "{question} [y/N] ")
        .and_then(|()| io::stdin().lock().take(MAX_ANSWER).read_line(&mut answer))
        .doing(|| "ask on the terminal")?;
    Ok(matches!(answer.trim(), "y" | "Y" | "yes"))
}
