//! Strings: no more than a reader shows, escapes included.

use super::{Wrong, wrong};
use crate::{
    hidden::{Watch, reason},
    hold::HoldCode,
};

/// Longest string, in bytes of UTF-8.
const MAX_LENGTH: usize = 64 << 10;

/// A string, as far as it was read.
#[derive(Default)]
pub(super) struct Quoted {
    text: String,
    escape: Escape,
    /// Whether any was written as an escape; the rest was found visible already.
    escaped: bool,
    /// The first half of a pair, which only another escape can end.
    half: Option<u32>,
}

#[derive(Default)]
enum Escape {
    #[default]
    None,
    /// Behind the backslash.
    Begun,
    /// Behind `\u`: how many digits there were, and their value.
    Code(u32, u32),
}

impl Quoted {
    pub(super) fn begin(&mut self) {
        self.text.clear();
        (self.escape, self.escaped, self.half) = (Escape::None, false, None);
    }

    /// Reads from the start of `rest`: how much, and whether the string ended.
    pub(super) fn read(&mut self, rest: &str) -> Result<(usize, bool), Wrong> {
        match self.escape {
            Escape::None => self.plain(rest),
            Escape::Begun => self.begun(rest.as_bytes()[0]).map(|()| (1, false)),
            Escape::Code(count, value) => {
                self.digit(rest.as_bytes()[0], count, value).map(|()| (1, false))
            }
        }
    }

    fn plain(&mut self, rest: &str) -> Result<(usize, bool), Wrong> {
        let stops = |byte: u8| matches!(byte, b'"' | b'\\' | 0..=0x1f);
        let length = rest.bytes().position(stops).unwrap_or(rest.len());
        if length > 0 {
            self.whole()?;
            if self.text.len() + length > MAX_LENGTH {
                return wrong(format!("has a string of more than {MAX_LENGTH} bytes"));
            }
            self.text.push_str(&rest[..length]);
            return Ok((length, false));
        }
        match rest.as_bytes()[0] {
            b'"' => Ok((1, true)),
            b'\\' => {
                self.escape = Escape::Begun;
                Ok((1, false))
            }
            _ => wrong("has a line end or tab inside a string; write \\n or \\t"),
        }
    }

    fn begun(&mut self, byte: u8) -> Result<(), Wrong> {
        self.escape = Escape::None;
        let c = match byte {
            b'u' => {
                self.escape = Escape::Code(0, 0);
                return Ok(());
            }
            b'"' | b'\\' | b'/' => char::from(byte),
            b'b' => '\x08',
            b'f' => '\x0c',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            _ => return wrong("has an escape that JSON doesn't have; write \\\\ for a backslash"),
        };
        self.whole()?;
        self.push(c)
    }

    fn digit(&mut self, byte: u8, count: u32, value: u32) -> Result<(), Wrong> {
        let Some(digit) = char::from(byte).to_digit(16) else {
            return wrong("has an escape without four hexadecimal digits");
        };
        let value = value << 4 | digit;
        if count < 3 {
            self.escape = Escape::Code(count + 1, value);
            return Ok(());
        }
        self.escape = Escape::None;
        let code = match (self.half.take(), value) {
            (None, 0xd800..=0xdbff) => {
                self.half = Some(value);
                return Ok(());
            }
            (Some(half), 0xdc00..=0xdfff) => 0x10000 + ((half - 0xd800) << 10) + (value - 0xdc00),
            (None, code) => code,
            (Some(_), _) => return wrong(HALF),
        };
        match char::from_u32(code) {
            Some(c) => self.push(c),
            None => wrong(HALF),
        }
    }

    fn push(&mut self, c: char) -> Result<(), Wrong> {
        if self.text.len() + c.len_utf8() > MAX_LENGTH {
            return wrong(format!("has a string of more than {MAX_LENGTH} bytes"));
        }
        self.escaped = true;
        self.text.push(c);
        Ok(())
    }

    /// No half of a pair waits for the other.
    fn whole(&self) -> Result<(), Wrong> {
        if self.half.is_some() { wrong(HALF) } else { Ok(()) }
    }

    /// The string that was meant.
    pub(super) fn end(&self) -> Result<&str, Wrong> {
        self.whole()?;
        if self.escaped
            && let Some(hidden) = first_hidden(&self.text)
        {
            let what = format!("ends a string with an escape of {hidden}");
            return Err((HoldCode::NotText, what));
        }
        Ok(&self.text)
    }
}

const HALF: &str = "has half of a surrogate pair, which is no character; write the other half too";

/// The first thing in a string that doesn't show as itself, but for line ends and tabs.
fn first_hidden(text: &str) -> Option<String> {
    let mut watch = Watch::default();
    let mut characters = text.chars().peekable();
    while let Some(c) = characters.next() {
        match c {
            '\n' | '\t' => watch.begin(),
            '\r' if characters.peek() == Some(&'\n') => {}
            '\r' => return Some(reason(c)),
            c => {
                if let Some(what) = watch.see(c) {
                    return Some(what);
                }
            }
        }
    }
    None
}
