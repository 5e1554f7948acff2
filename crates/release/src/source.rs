//! A file as it is read, piece by piece.

use std::io::{ErrorKind, Read};

use crate::hold::{Fault, HoldCode};

/// How much is read at a time, in bytes.
const PIECE: usize = 64 << 10;

/// Bytes that must be exactly as many as were attested.
pub(crate) struct Source<'a> {
    reader: &'a mut dyn Read,
    left: u64,
    piece: Vec<u8>,
}

impl<'a> Source<'a> {
    pub(crate) fn new(reader: &'a mut dyn Read, size: u64) -> Self {
        Self { reader, left: size, piece: vec![0; PIECE] }
    }

    /// The next bytes; none at the end.
    pub(crate) fn next(&mut self) -> Result<&[u8], Fault> {
        let read = loop {
            match self.reader.read(&mut self.piece) {
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(unreadable(&error)),
                Ok(read) => break read,
            }
        };
        match self.left.checked_sub(read as u64) {
            Some(left) if read > 0 || left == 0 => self.left = left,
            _ => return Err(changed()),
        }
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

fn unreadable(error: &std::io::Error) -> Fault {
    Fault(HoldCode::Unreadable, format!("it cannot be read: {}", error.kind()))
}

fn changed() -> Fault {
    Fault(HoldCode::Changed, "its size is not the attested one".into())
}
