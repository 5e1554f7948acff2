//! The syntax of objects, as ISO 32000-2 has it in 7.2 and 7.3, and nothing that readers forgive.

use crate::hold::{Fault, HoldCode};

use super::object::{Dict, Object};

/// Deepest nesting of arrays and dictionaries.
const MAX_DEPTH: usize = 32;
/// Longest name, in bytes.
const MAX_NAME: usize = 127;
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

    /// An object that has no parts.
    fn plain(&mut self) -> Result<Object, Fault> {
        self.count()?;
        match self.rest() {
            [b'/', ..] => self.name().map(Object::Name),
            [b'(', ..] => self.literal().map(Object::Text),
            [b'<', ..] => self.hexadecimal().map(Object::Text),
            [b'0'..=b'9' | b'+' | b'-' | b'.', ..] => self.numeral(),
            [b't', ..] if self.take("true") => Ok(Object::Bool(true)),
            [b'f', ..] if self.take("false") => Ok(Object::Bool(false)),
            [b'n', ..] if self.take("null") => Ok(Object::Null),
            _ => Err(self.fault("is no object")),
        }
    }

    fn name(&mut self) -> Result<Box<[u8]>, Fault> {
        self.at += 1;
        let mut name = Vec::new();
        while let Some(&byte) = self.rest().first().filter(|&&byte| is_regular(byte)) {
            self.at += 1;
            name.push(match (byte, self.rest()) {
                (b'#', [high, low, ..]) => {
                    let byte = hex(*high).zip(hex(*low)).map(|(high, low)| high << 4 | low);
                    self.at += 2;
                    byte.ok_or_else(|| self.fault("has a name with `#` and no digits"))?
                }
                (b'#', _) => return Err(self.fault("has a name with `#` and no digits")),
                _ => byte,
            });
        }
        match name.len() <= MAX_NAME {
            true => Ok(name.into()),
            false => Err(self.fault("ends a name that is too long")),
        }
    }

    fn literal(&mut self) -> Result<Box<[u8]>, Fault> {
        self.at += 1;
        let mut text = Vec::new();
        let mut depth = 1;
        loop {
            let Some(&byte) = self.rest().first() else {
                return Err(self.fault("is the end of what nothing closes"));
            };
            self.at += 1;
            match byte {
                b'\\' => {
                    self.escape(&mut text);
                    continue;
                }
                b'(' => depth += 1,
                b')' => depth -= 1,
                _ => {}
            }
            if depth == 0 {
                return Ok(text.into());
            }
            text.push(byte);
        }
    }

    fn escape(&mut self, text: &mut Vec<u8>) {
        let rest = self.rest();
        let digits = rest.iter().take(3).take_while(|byte| (b'0'..=b'7').contains(byte)).count();
        if digits > 0 {
            let value = rest[..digits]
                .iter()
                .fold(0_u16, |value, digit| value * 8 + u16::from(digit - b'0'));
            text.push(value as u8);
            self.at += digits;
            return;
        }
        let length = match rest {
            [b'\r', b'\n', ..] => 2,
            [b'\r' | b'\n', ..] => 1,
            [byte, ..] => {
                text.push(match byte {
                    b'n' => b'\n',
                    b'r' => b'\r',
                    b't' => b'\t',
                    b'b' => b'\x08',
                    b'f' => b'\x0c',
                    byte => *byte,
                });
                1
            }
            [] => 0,
        };
        self.at += length;
    }

    fn hexadecimal(&mut self) -> Result<Box<[u8]>, Fault> {
        self.at += 1;
        let mut digits = Vec::new();
        loop {
            let Some(&byte) = self.rest().first() else {
                return Err(self.fault("is the end of what nothing closes"));
            };
            self.at += 1;
            match byte {
                b'>' => break,
                byte if is_space(byte) => {}
                byte => {
                    digits.push(hex(byte).ok_or_else(|| self.fault("is no hexadecimal digit"))?)
                }
            }
        }
        let pairs = digits.chunks(2).map(|pair| pair[0] << 4 | pair.get(1).unwrap_or(&0));
        Ok(pairs.collect())
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

    fn numeral(&mut self) -> Result<Object, Fault> {
        let rest = self.rest();
        let length = rest.iter().position(|&byte| !is_regular(byte)).unwrap_or(rest.len());
        let word = &rest[..length];
        let digits = word.strip_prefix(b"-").or(word.strip_prefix(b"+")).unwrap_or(word);
        let known = digits.iter().all(|byte| byte.is_ascii_digit() || *byte == b'.');
        let text = std::str::from_utf8(word).ok().filter(|_| known && length <= 64);
        let number = match digits.contains(&b'.') {
            true => text.and_then(|text| text.parse().ok()).map(Object::Real),
            false => text.and_then(|text| text.parse().ok()).map(Object::Int),
        };
        let number = number.ok_or_else(|| self.fault("is no number"))?;
        self.at += length;
        Ok(number)
    }
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).map(|digit| digit as u8)
}
