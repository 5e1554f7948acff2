//! JSON that every reader reads alike: RFC 8259, each key once, numbers that a double holds.

mod bare;
mod keys;
mod quoted;

use sluice_policy::entry::Output;

use crate::{
    hold::{Fault, HoldCode},
    place::Place,
    printable::Printable,
};
use keys::Keys;
use quoted::Quoted;

/// Checks one value, as it is read.
pub(crate) fn check(mut text: Printable<'_, '_>, rule: &Output) -> Result<(), Fault> {
    let mut json = Json {
        place: Place::default(),
        expected: Expected::Value,
        token: Token::None,
        bare: String::new(),
        quoted: Quoted::default(),
        open: Vec::new(),
        keys: Keys::default(),
        max_depth: rule.max_depth(),
        items_left: rule.max_items(),
        max_items: rule.max_items(),
    };
    loop {
        match text.next()? {
            "" => return json.end(),
            piece => json.feed(piece)?,
        }
    }
}

/// What is wrong, before its place is known.
type Wrong = (HoldCode, String);

fn wrong<T>(what: impl Into<String>) -> Result<T, Wrong> {
    Err((HoldCode::NotJson, what.into()))
}

struct Json {
    place: Place,
    expected: Expected,
    token: Token,
    /// A word or number, as far as it was read.
    bare: String,
    quoted: Quoted,
    /// Whether what is open is an object, from outside in.
    open: Vec<bool>,
    keys: Keys,
    max_depth: u32,
    items_left: u64,
    max_items: u64,
}

/// What may come next.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Expected {
    Value,
    ValueOrEnd,
    Key,
    KeyOrEnd,
    Colon,
    CommaOrEnd,
    Nothing,
}

/// What has begun and not ended.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Token {
    None,
    Bare,
    Quoted,
}

impl Json {
    fn feed(&mut self, piece: &str) -> Result<(), Fault> {
        let mut at = 0;
        while at < piece.len() {
            match self.step(&piece[at..]) {
                Ok(length) => at += length,
                Err((code, what)) => return Err(self.place.fault(code, &piece[..at], &what)),
            }
        }
        self.place.pass(piece);
        Ok(())
    }

    fn end(mut self) -> Result<(), Fault> {
        let ended = self.end_bare().and_then(|()| match (self.expected, self.token) {
            (Expected::Nothing, _) => Ok(()),
            (Expected::Value, Token::None) if self.open.is_empty() => {
                wrong("has no value: the file is empty")
            }
            _ => wrong("is its end, but what was opened is not closed: the file is cut off"),
        });
        ended.map_err(|(code, what)| self.place.fault(code, "", &what))
    }

    /// Reads from the start of `rest`, which isn't empty, and says how much.
    fn step(&mut self, rest: &str) -> Result<usize, Wrong> {
        let first = rest.as_bytes()[0];
        match self.token {
            Token::Quoted => {
                let (length, ended) = self.quoted.read(rest)?;
                if ended {
                    self.end_quoted()?;
                }
                return Ok(length);
            }
            Token::Bare => {
                let length = bare::length(rest);
                if length > 0 {
                    bare::push(&mut self.bare, &rest[..length])?;
                    return Ok(length);
                }
                self.end_bare()?;
            }
            Token::None => {}
        }
        match first {
            b' ' | b'\t' | b'\r' | b'\n' => {
                let spaces =
                    rest.bytes().position(|byte| !matches!(byte, b' ' | b'\t' | b'\r' | b'\n'));
                return Ok(spaces.unwrap_or(rest.len()));
            }
            b'[' | b'{' => self.open(first == b'{')?,
            b']' | b'}' => self.close(first == b'}')?,
            b',' => self.comma()?,
            b':' if self.expected == Expected::Colon => self.expected = Expected::Value,
            b':' => return wrong("has a colon where none belongs"),
            b'"' => {
                match self.expected {
                    Expected::Key | Expected::KeyOrEnd => self.count()?,
                    _ => self.begin_value()?,
                }
                self.quoted.begin();
                self.token = Token::Quoted;
            }
            _ => {
                let length = bare::length(rest);
                if length == 0 {
                    return wrong(bare::stray(rest));
                }
                if matches!(self.expected, Expected::Key | Expected::KeyOrEnd) {
                    return wrong("has a key without quotes; write \"key\": value");
                }
                self.begin_value()?;
                self.bare.clear();
                bare::push(&mut self.bare, &rest[..length])?;
                self.token = Token::Bare;
                return Ok(length);
            }
        }
        Ok(1)
    }

    fn begin_value(&mut self) -> Result<(), Wrong> {
        match self.expected {
            Expected::Value | Expected::ValueOrEnd => self.count(),
            Expected::Nothing => wrong(
                "begins a second value; this looks like JSON lines: write one array, [ … , … ]",
            ),
            Expected::Key | Expected::KeyOrEnd => wrong("has a value where a key belongs"),
            Expected::Colon => wrong("lacks the colon after the key"),
            Expected::CommaOrEnd => wrong("lacks a comma, or a quote before was not escaped"),
        }
    }

    fn count(&mut self) -> Result<(), Wrong> {
        let most = self.max_items;
        self.items_left = self.items_left.checked_sub(1).ok_or_else(|| {
            (HoldCode::TooManyItems, format!("is past {most} values and members"))
        })?;
        Ok(())
    }

    fn end_value(&mut self) {
        self.expected = if self.open.is_empty() { Expected::Nothing } else { Expected::CommaOrEnd };
    }

    fn open(&mut self, object: bool) -> Result<(), Wrong> {
        self.begin_value()?;
        if self.open.len() as u64 >= u64::from(self.max_depth) {
            let what = format!("is nested deeper than {}", self.max_depth);
            return Err((HoldCode::TooDeep, what));
        }
        self.open.push(object);
        if object {
            self.keys.open();
        }
        self.expected = if object { Expected::KeyOrEnd } else { Expected::ValueOrEnd };
        Ok(())
    }

    fn close(&mut self, object: bool) -> Result<(), Wrong> {
        match self.expected {
            Expected::CommaOrEnd | Expected::ValueOrEnd | Expected::KeyOrEnd => {}
            Expected::Value if self.open.last() == Some(&false) => {
                return wrong("has a comma with no value after it");
            }
            Expected::Key => return wrong("has a comma with no member after it"),
            _ => return wrong("closes what was not opened"),
        }
        if self.open.pop() != Some(object) {
            return wrong("closes an array with } or an object with ]");
        }
        if object {
            self.keys.close();
        }
        self.end_value();
        Ok(())
    }

    fn comma(&mut self) -> Result<(), Wrong> {
        match (self.expected, self.open.last()) {
            (Expected::CommaOrEnd, Some(true)) => self.expected = Expected::Key,
            (Expected::CommaOrEnd, Some(false)) => self.expected = Expected::Value,
            _ => return wrong("has a comma where none belongs"),
        }
        Ok(())
    }

    fn end_bare(&mut self) -> Result<(), Wrong> {
        if self.token == Token::Bare {
            bare::check(&self.bare)?;
            self.token = Token::None;
            self.end_value();
        }
        Ok(())
    }

    fn end_quoted(&mut self) -> Result<(), Wrong> {
        self.token = Token::None;
        let text = self.quoted.end()?;
        match self.expected {
            Expected::Key | Expected::KeyOrEnd if !self.keys.insert(text) => {
                wrong("ends a key that this object has already; readers take one or the other")
            }
            Expected::Key | Expected::KeyOrEnd => {
                self.expected = Expected::Colon;
                Ok(())
            }
            _ => {
                self.end_value();
                Ok(())
            }
        }
    }
}
