//! A file as it is read, piece by piece.

use std::io::{ErrorKind, Read};

use crate::hold::{Fault, HoldCode};

/// How much is read at a time, in bytes.
const PIECE: usize = 64 << 10;

/// Where bytes come from.
pub(crate) trait Feed {
    /// The next bytes, as `Read` has it; none at the end.
    fn read(&mut self, into: &mut [u8]) -> Result<usize, Fault>;
}

/// Bytes, piece by piece.
pub(crate) struct Source<'a> {
    feed: &'a mut dyn Feed,
    piece: Vec<u8>,
}

impl<'a> Source<'a> {
    pub(crate) fn new(feed: &'a mut dyn Feed) -> Self {
        Self { feed, piece: vec![0; PIECE] }
    }

    /// The next bytes; none at the end.
    pub(crate) fn next(&mut self) -> Result<&[u8], Fault> {
        let read = self.feed.read(&mut self.piece)?;
        Ok(&self.piece[..read])
    }

    /// All that is left, in memory.
    pub(crate) fn whole(&mut self) -> Result<Vec<u8>, Fault> {
        let mut content = Vec::new();
        loop {
            match self.next()? {
                [] => return Ok(content),
                piece => content.extend_from_slice(piece),
            }
        }
    }
}

/// Bytes that must be exactly as many as were attested.
pub(crate) struct Exactly<'a> {
    pub(crate) reader: &'a mut dyn Read,
    pub(crate) left: u64,
}

impl Feed for Exactly<'_> {
    fn read(&mut self, into: &mut [u8]) -> Result<usize, Fault> {
        let read = loop {
            match self.reader.read(into) {
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(unreadable(&error)),
                Ok(read) => break read,
            }
        };
        match self.left.checked_sub(read as u64) {
            Some(left) if read > 0 || left == 0 => self.left = left,
            _ => return Err(changed()),
        }
        Ok(read)
    }
}

fn unreadable(error: &std::io::Error) -> Fault {
    Fault(HoldCode::Unreadable, format!("it cannot be read: {}", error.kind()))
}

fn changed() -> Fault {
    Fault(HoldCode::Changed, "its size is not the attested one".into())
}
