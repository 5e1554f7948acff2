//! The syntax of objects, as ISO 32000-2 has it in 7.2 and 7.3, and nothing that readers forgive.

mod plain;

use crate::hold::{Fault, HoldCode};

use super::object::{Dict, Object};

/// Deepest nesting of arrays and dictionaries.
const MAX_DEPTH: usize = 32;
/// Longest run of white space, in bytes.
const MAX_SPACE: usize = 64;
/// Longest comment that may stand, in bytes.
const MAX_REMARK: usize = 80;
/// Most values of a file.
pub(super) const MAX_VALUES: usize = 4 << 20;

/// Reads objects one after the other.
pub(super) struct Lexer<'a> {
    bytes: &'a [u8],
    pub(super) at: usize,
    /// What messages call the bytes.
    place: String,
    /// How many values may still come.
    pub(super) values: usize,
    /// The first place with something that no program needs to say.
    pub(super) comment: Option<usize>,
    /// How comments may begin that programs write of themselves.
    pub(super) remarks: &'static [&'static str],
}

pub(super) fn is_space(byte: u8) -> bool {
    matches!(byte, b'\0' | b'\t' | b'\n' | b'\x0c' | b'\r' | b' ')
}

fn is_regular(byte: u8) -> bool {
    !is_space(byte) && !b"()<>[]{}/%".contains(&byte)
}

impl<'a> Lexer<'a> {
    pub(super) fn new(bytes: &'a [u8], place: String) -> Self {
        Self { bytes, at: 0, place, values: MAX_VALUES, comment: None, remarks: &[] }
    }

    pub(super) fn fault(&self, what: &str) -> Fault {
        Fault(HoldCode::NotPdf, format!("{}byte {} {what}", self.place, self.at))
    }

    pub(super) fn rest(&self) -> &'a [u8] {
        self.bytes.get(self.at..).unwrap_or_default()
    }

    /// Goes to the next byte that counts; false at the end.
    pub(super) fn skip(&mut self) -> bool {
        let mut start = self.at;
        while let Some(&byte) = self.bytes.get(self.at) {
            match byte {
                b'%' => {
                    self.skip_comment();
                    start = self.at;
                }
                byte if is_space(byte) => self.at += 1,
                _ => break,
            }
            if self.at - start > MAX_SPACE {
                self.comment.get_or_insert(start);
            }
        }
        self.at < self.bytes.len()
    }

    fn skip_comment(&mut self) {
        let rest = self.rest();
        let length = rest.iter().position(|byte| b"\r\n".contains(byte)).unwrap_or(rest.len());
        // Cairo numbers its pages so.
        let text = rest[1..length].trim_ascii();
        let number = text.len() <= 6 && text.iter().all(u8::is_ascii_digit);
        if !number
            && !self
                .remarks
                .iter()
                .any(|known| text.starts_with(known.as_bytes()) && length <= MAX_REMARK)
        {
            self.comment.get_or_insert(self.at);
        }
        self.at += length;
    }

    /// Whether the next word is this one, and goes behind it if so.
    pub(super) fn take(&mut self, word: &str) -> bool {
        let found = self.skip()
            && self.rest().starts_with(word.as_bytes())
            && !self.rest().get(word.len()).is_some_and(|&byte| is_regular(byte));
        if found {
            self.at += word.len();
        }
        found
    }

    pub(super) fn expect(&mut self, word: &str) -> Result<(), Fault> {
        match self.take(word) {
            true => Ok(()),
            false => Err(self.fault(&format!("lacks `{word}`"))),
        }
    }

    /// A whole number that is no reference.
    pub(super) fn size(&mut self) -> Result<usize, Fault> {
        self.skip();
        match self.plain()? {
            Object::Int(number) if number >= 0 => Ok(number as usize),
            _ => Err(self.fault("has no number where one belongs")),
        }
    }

    /// The next operator of a content stream, if it is one.
    pub(super) fn operator(&mut self) -> Option<&'a [u8]> {
        let rest = self.rest();
        let starts =
            rest.first().is_some_and(|byte| byte.is_ascii_alphabetic() || b"'\"".contains(byte));
        let length = rest.iter().position(|&byte| !is_regular(byte)).unwrap_or(rest.len());
        let word = &rest[..length];
        if !starts || matches!(word, b"true" | b"false" | b"null") {
            return None;
        }
        self.at += length;
        Some(word)
    }

    /// The next object.
    pub(super) fn object(&mut self) -> Result<Object, Fault> {
        self.nested(0)
    }

    fn nested(&mut self, depth: usize) -> Result<Object, Fault> {
        if depth > MAX_DEPTH {
            return Err(self.fault("is nested too deep"));
        }
        self.skip();
        match self.rest() {
            [b'<', b'<', ..] => {
                self.count()?;
                self.at += 2;
                self.dict(depth).map(Object::Dict)
            }
            [b'[', ..] => {
                self.count()?;
                self.at += 1;
                let mut items = Vec::new();
                while !self.closes(b"]")? {
                    items.push(self.nested(depth + 1)?);
                }
                Ok(Object::Array(items))
            }
            [b'0'..=b'9', ..] => {
                let number = self.plain()?;
                Ok(self.reference(&number)?.unwrap_or(number))
            }
            _ => self.plain(),
        }
    }

    fn closes(&mut self, end: &[u8]) -> Result<bool, Fault> {
        if !self.skip() {
            return Err(self.fault("is the end of what nothing closes"));
        }
        let closes = self.rest().starts_with(end);
        self.at += if closes { end.len() } else { 0 };
        Ok(closes)
    }

    fn dict(&mut self, depth: usize) -> Result<Dict, Fault> {
        let mut entries: Vec<(Box<[u8]>, Object)> = Vec::new();
        while !self.closes(b">>")? {
            let Object::Name(key) = self.plain()? else {
                return Err(self.fault("has no name where a dictionary's key belongs"));
            };
            let value = self.nested(depth + 1)?;
            entries.push((key, value));
        }
        entries.sort_unstable_by(|(one, _), (other, _)| one.cmp(other));
        // Readers differ in which of two they take.
        if entries.windows(2).any(|pair| pair[0].0 == pair[1].0) {
            return Err(self.fault("ends a dictionary that has a key twice"));
        }
        Ok(Dict(entries))
    }

    /// The reference that `number` begins, if it does.
    fn reference(&mut self, number: &Object) -> Result<Option<Object>, Fault> {
        let Object::Int(number) = number else { return Ok(None) };
        let rest = self.rest();
        let spaces = rest.iter().take_while(|&&byte| is_space(byte)).count();
        let Some((b'0', after)) = rest[spaces..].split_first() else { return Ok(None) };
        let more = after.iter().take_while(|&&byte| is_space(byte)).count();
        match after[more..] {
            [b'R', ref after @ ..] if spaces.min(more) > 0 => {
                if after.first().is_some_and(|&byte| is_regular(byte)) {
                    return Ok(None);
                }
                self.at = self.bytes.len() - after.len();
                let number =
                    u32::try_from(*number).map_err(|_| self.fault("refers to no object"))?;
                Ok(Some(Object::Ref(number)))
            }
            _ => Ok(None),
        }
    }

    fn count(&mut self) -> Result<(), Fault> {
        self.values = self
            .values
            .checked_sub(1)
            .ok_or_else(|| self.fault("has too many values before it"))?;
        Ok(())
    }

    /// Where a stream of that length is, whose dictionary ends here; goes behind its end.
    pub(super) fn stream(&mut self, length: usize) -> Result<std::ops::Range<usize>, Fault> {
        self.expect("stream")?;
        self.at += match self.rest() {
            [b'\n', ..] => 1,
            [b'\r', b'\n', ..] => 2,
            _ => return Err(self.fault("is no line end before a stream")),
        };
        let start = self.at;
        let end = start.checked_add(length).filter(|end| *end <= self.bytes.len());
        self.at = end.ok_or_else(|| self.fault("begins a stream that is cut off"))?;
        let end = self.at;
        self.at += match self.rest() {
            [b'\r', b'\n', ..] => 2,
            [b'\r' | b'\n', ..] => 1,
            _ => 0,
        };
        match self.rest().starts_with(b"endstream") && self.take("endstream") {
            true => Ok(start..end),
            false => Err(self.fault("has a stream's end elsewhere than its /Length says")),
        }
    }
}
