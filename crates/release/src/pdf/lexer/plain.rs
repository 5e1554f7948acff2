//! Objects that have no parts: numbers, names, texts.

use super::{Lexer, is_regular, is_space};
use crate::hold::Fault;
use crate::pdf::object::Object;

/// Longest name, in bytes.
const MAX_NAME: usize = 127;

impl Lexer<'_> {
    /// An object that has no parts.
    pub(super) fn plain(&mut self) -> Result<Object, Fault> {
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
