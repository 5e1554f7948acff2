//! Text that shows all that it holds.

use crate::{
    hidden::{Watch, reason},
    hold::{Fault, HoldCode},
    place::Place,
    source::Source,
};

/// How much must be there before a file is told by its start, in bytes.
const START: usize = 3;
/// What UTF-8 may begin with.
const MARK: &str = "\u{feff}";
/// How much is looked at at once, in bytes.
const BLOCK: usize = 64;

/// Printable UTF-8 with line ends and tabs, piece by piece.
pub(crate) struct Printable<'s, 'r> {
    source: &'s mut Source<'r>,
    /// What was given out last.
    text: String,
    /// What stands behind it: a part of a character or of a line end.
    rest: Vec<u8>,
    place: Place,
    watch: Watch,
    /// Whether nothing was read yet, and what a mark of byte order would then be.
    start: Option<Mark>,
}

/// Whether a byte order mark may stand at the very start.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Mark {
    Held,
    Skipped,
}

impl<'s, 'r> Printable<'s, 'r> {
    pub(crate) fn new(source: &'s mut Source<'r>) -> Self {
        Self {
            source,
            text: String::new(),
            rest: Vec::new(),
            place: Place::default(),
            watch: Watch::default(),
            start: Some(Mark::Held),
        }
    }

    /// One byte order mark at the very start is allowed, and not given out.
    pub(crate) fn skip_mark(mut self) -> Self {
        self.start = Some(Mark::Skipped);
        self
    }

    /// The next text, which ends at a character; none at the end.
    pub(crate) fn next(&mut self) -> Result<&str, Fault> {
        loop {
            let mut bytes = std::mem::take(&mut self.text).into_bytes();
            bytes.clear();
            bytes.append(&mut self.rest);
            let piece = self.source.next()?;
            let last = piece.is_empty();
            bytes.extend_from_slice(piece);
            if let Some(mark) = self.start {
                if bytes.len() < START && !last {
                    self.rest = bytes;
                    continue;
                }
                self.start = None;
                begin(&mut bytes, mark)?;
            }
            self.examine(bytes, last)?;
            if last || !self.text.is_empty() {
                break;
            }
        }
        Ok(&self.text)
    }

    /// Takes over what is whole and printable.
    fn examine(&mut self, bytes: Vec<u8>, last: bool) -> Result<(), Fault> {
        let (mut text, error) = match String::from_utf8(bytes) {
            Ok(text) => (text, None),
            Err(error) => {
                let what = error.utf8_error();
                let mut bytes = error.into_bytes();
                self.rest = bytes.split_off(what.valid_up_to());
                (String::from_utf8(bytes).unwrap_or_default(), Some(what))
            }
        };
        // A line end may be cut in two.
        if !last && self.rest.is_empty() && text.ends_with('\r') {
            text.pop();
            self.rest.push(b'\r');
        }
        if let Some((at, what)) = first_hidden(&mut self.watch, &text, self.rest.first()) {
            return Err(self.place.fault(HoldCode::NotText, &text[..at], &format!("has {what}")));
        }
        let cut = error.is_some_and(|error| error.error_len().is_none());
        if let Some(&byte) = self.rest.first().filter(|_| error.is_some() && (last || !cut)) {
            return Err(self.place.fault(HoldCode::NotText, &text, &no_utf8(byte, cut)));
        }
        self.place.pass(&text);
        self.text = text;
        Ok(())
    }
}

/// Looks at what a file starts with, and takes off a mark that may stand there.
fn begin(start: &mut Vec<u8>, mark: Mark) -> Result<(), Fault> {
    let whole = |what: &str| Err(Fault(HoldCode::NotText, what.into()));
    match start.as_slice() {
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => {
            whole("it starts with the mark of UTF-16; write UTF-8")
        }
        [0x1f, 0x8b, ..] => {
            whole("it is compressed with gzip; write it plain, or ask for `gzip = true`")
        }
        [0xef, 0xbb, 0xbf, ..] if mark == Mark::Skipped => {
            start.drain(..MARK.len());
            Ok(())
        }
        [0xef, 0xbb, 0xbf, ..] => whole(
            "it starts with a byte order mark; write UTF-8 without (`utf-8`, not `utf-8-sig`)",
        ),
        _ => Ok(()),
    }
}

/// The first thing that doesn't show as itself; `next` is the byte behind the text.
fn first_hidden(watch: &mut Watch, text: &str, next: Option<&u8>) -> Option<(usize, String)> {
    let bytes = text.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        let plain = plain(&bytes[at..]);
        if plain > 0 {
            at += plain;
            match bytes[at - 1] {
                b'\n' | b'\t' => watch.begin(),
                _ => watch.pass_plain(),
            }
        }
        // A block, character by character.
        let end = at + BLOCK;
        for c in text[at..].chars() {
            match c {
                '\n' | '\t' => watch.begin(),
                // It counts only as part of a line end: alone it overwrites what is shown.
                '\r' if bytes.get(at + 1).or(next) == Some(&b'\n') => {}
                '\r' => return Some((at, reason(c))),
                c => {
                    if let Some(what) = watch.see(c) {
                        return Some((at, what));
                    }
                }
            }
            at += c.len_utf8();
            if at >= end {
                break;
            }
        }
    }
    None
}

/// How many bytes at the start need no second look, in blocks.
fn plain(bytes: &[u8]) -> usize {
    // With the byte behind the block, which a carriage return needs. No branches, for speed.
    let blocks = bytes.windows(BLOCK + 1).step_by(BLOCK);
    let plain = |block: &&[u8]| {
        let pairs = block.iter().zip(&block[1..]);
        pairs.fold(true, |all, (&byte, &next)| all & is_plain(byte, next))
    };
    blocks.take_while(plain).count() * BLOCK
}

fn is_plain(byte: u8, next: u8) -> bool {
    let visible = byte.wrapping_sub(b' ') <= b'~' - b' ';
    let line_end = (byte == b'\n') | (byte == b'\r') & (next == b'\n');
    visible | line_end | (byte == b'\t')
}

/// What a byte is that is no UTF-8, or `cut` off from what should follow it.
fn no_utf8(byte: u8, cut: bool) -> String {
    match cut {
        true => format!("begins a character with the byte 0x{byte:02X}, but the file ends there"),
        false => format!(
            "has the byte 0x{byte:02X}, which is no UTF-8 there, as in Latin-1 or Windows-1252; \
             write UTF-8"
        ),
    }
}
