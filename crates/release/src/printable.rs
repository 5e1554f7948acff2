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
    /// A piece, behind what the one before left of a character or of a line end.
    text: Vec<u8>,
    /// How much of it was given out.
    given: usize,
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
            text: Vec::new(),
            given: 0,
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
            self.text.drain(..self.given);
            self.given = 0;
            let piece = self.source.next()?;
            let last = piece.is_empty();
            self.text.extend_from_slice(piece);
            if let Some(mark) = self.start {
                if self.text.len() < START && !last {
                    continue;
                }
                self.begin(mark)?;
            }
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

    fn begin(&mut self, mark: Mark) -> Result<(), Fault> {
        self.start = None;
        let whole = |what: &str| Err(Fault(HoldCode::NotText, what.into()));
        match self.text.as_slice() {
            [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => {
                whole("it starts with the mark of UTF-16; write UTF-8")
            }
            [0x1f, 0x8b, ..] => {
                whole("it is compressed with gzip; write it plain, or ask for `gzip = true`")
            }
            [0xef, 0xbb, 0xbf, ..] if mark == Mark::Skipped => {
                self.text.drain(..MARK.len());
                Ok(())
            }
            [0xef, 0xbb, 0xbf, ..] => whole(
                "it starts with a byte order mark; write UTF-8 without (`utf-8`, not `utf-8-sig`)",
            ),
            _ => Ok(()),
        }
    }

    /// How much of the text is whole and printable.
    fn examine(&mut self, last: bool) -> Result<usize, Fault> {
        let (valid, rest, error) = match std::str::from_utf8(&self.text) {
            Ok(text) => (text, &[][..], None),
            Err(error) => {
                let (valid, rest) = self.text.split_at(error.valid_up_to());
                (std::str::from_utf8(valid).unwrap_or_default(), rest, Some(error))
            }
        };
        // A line end may be cut in two.
        let whole = match valid.strip_suffix('\r') {
            Some(before) if !last && rest.is_empty() => before,
            _ => valid,
        };
        let next = self.text.get(whole.len()).copied();
        if let Some((at, what)) = first_hidden(&mut self.watch, whole, next) {
            return Err(self.place.fault(HoldCode::NotText, &whole[..at], &format!("has {what}")));
        }
        let cut = error.is_some_and(|error| error.error_len().is_none());
        if let [byte, ..] = rest
            && (last || !cut)
        {
            return Err(self.place.fault(HoldCode::NotText, whole, &no_utf8(*byte, cut)));
        }
        self.place.pass(whole);
        Ok(whole.len())
    }
}

/// The first thing that doesn't show as itself; `next` is the byte behind the text.
fn first_hidden(watch: &mut Watch, text: &str, next: Option<u8>) -> Option<(usize, String)> {
    let bytes = text.as_bytes();
    let plain = |block: &[u8]| block.iter().fold(true, |all, &byte| all & is_plain(byte));
    let mut at = 0;
    while at < bytes.len() {
        let block = &bytes[at..bytes.len().min(at + BLOCK)];
        if plain(block) {
            at += block.len();
            match block.last() {
                Some(b'\n' | b'\t') => watch.begin(),
                _ => watch.pass_plain(),
            }
            continue;
        }
        // To the end of the block, character by character.
        let end = at + block.len();
        for c in text[at..].chars() {
            match c {
                '\n' | '\t' => watch.begin(),
                // It counts only as part of a line end: alone it overwrites what is shown.
                '\r' if bytes.get(at + 1).copied().or(next) == Some(b'\n') => {}
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

/// What needs no second look.
fn is_plain(byte: u8) -> bool {
    matches!(byte, b' '..=b'~' | b'\n' | b'\t')
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
