//! gzip: one member (RFC 1952) and nothing behind it, unpacked as it is read.

use miniz_oxide::{
    DataFormat, MZFlush, MZStatus,
    inflate::stream::{InflateState, inflate},
};

use crate::{
    crc::Crc,
    hold::{Fault, HoldCode},
    source::{Feed, Source},
};

/// Longest name of the packed file, in bytes; gzip and pandas write it.
const MAX_NAME: usize = 64;
/// The flag of a name in the head; all others say that something else stands there.
const NAMED: u8 = 8;
/// Bytes of the head before the name.
const HEAD: usize = 10;
/// Bytes behind the packed content: its checksum and its size.
const TAIL: usize = 8;
/// What packing may add: a head of codes, or five bytes for a block of 16 kB.
const MAX_ADDED: u64 = 512;

/// What a file of one member unpacks to.
pub(crate) struct Gunzip<'s, 'r> {
    source: &'s mut Source<'r>,
    packed: Vec<u8>,
    /// How much of it was unpacked.
    used: usize,
    stream: Box<InflateState>,
    begun: bool,
    ended: bool,
    /// Packed bytes that were unpacked.
    consumed: u64,
    most: u64,
    size: u64,
    checksum: Crc,
}

impl<'s, 'r> Gunzip<'s, 'r> {
    /// Unpacks `source`, to `most` bytes at most.
    pub(crate) fn new(source: &'s mut Source<'r>, most: u64) -> Self {
        Self {
            source,
            packed: Vec::new(),
            used: 0,
            stream: InflateState::new_boxed(DataFormat::Raw),
            begun: false,
            ended: false,
            consumed: 0,
            most,
            size: 0,
            checksum: Crc::new(),
        }
    }

    /// Reads more; whether there was any.
    fn more(&mut self) -> Result<bool, Fault> {
        self.packed.drain(..self.used);
        self.used = 0;
        let piece = self.source.next()?;
        self.packed.extend_from_slice(piece);
        Ok(!piece.is_empty())
    }

    fn head(&mut self) -> Result<(), Fault> {
        while self.packed.len() < HEAD {
            if !self.more()? {
                return Err(fault("is no gzip file, or cut off in its head"));
            }
        }
        let [0x1f, 0x8b, method, flags, _, _, _, _, level, system] = self.packed[..HEAD] else {
            return Err(fault("does not start as a gzip file; write it plain, or compress it"));
        };
        // Deflate; no level or the best or the fastest; the systems that zlib and others name.
        let system_known = matches!(system, 0 | 3 | 10 | 11 | 19 | 255);
        if method != 8 || !matches!(level, 0 | 2 | 4) || !system_known {
            return Err(fault("has a head that gzip doesn't write; compress it with `gzip -n`"));
        }
        if flags & !NAMED != 0 {
            return Err(fault(
                "has a comment or other words in its head, as bgzip writes them; compress it as \
                 one member, with `gzip -n`",
            ));
        }
        self.used = HEAD;
        if flags & NAMED != 0 {
            self.name()?;
        }
        self.begun = true;
        Ok(())
    }

    fn name(&mut self) -> Result<(), Fault> {
        loop {
            let rest = &self.packed[self.used..];
            let end = rest.iter().position(|&byte| byte == 0);
            let name = &rest[..end.unwrap_or(rest.len())];
            let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"._-+".contains(byte);
            if name.len() > MAX_NAME || !name.iter().all(plain) {
                return Err(fault(
                    "has a name in its head that is long or has odd letters; compress it with \
                     `gzip -n`",
                ));
            }
            if end.is_some() {
                self.used += name.len() + 1;
                return Ok(());
            }
            if !self.more()? {
                return Err(fault("is cut off in its head"));
            }
        }
    }

    fn tail(&mut self) -> Result<(), Fault> {
        while self.packed.len() - self.used < TAIL {
            if !self.more()? {
                return Err(fault("is cut off before its checksum"));
            }
        }
        if self.consumed > self.size + self.size / 1024 + MAX_ADDED {
            return Err(fault(
                "is larger than its content: there are blocks with nothing in them; compress it \
                 with `gzip -n`",
            ));
        }
        let tail = &self.packed[self.used..];
        let (numbers, behind) = tail.split_at(TAIL);
        let wanted = [self.checksum.value(), (self.size & u64::from(u32::MAX)) as u32];
        if numbers != wanted.map(u32::to_le_bytes).concat() {
            return Err(fault("has a checksum or size that is not its content's; it is damaged"));
        }
        if !behind.is_empty() || !self.source.next()?.is_empty() {
            return Err(fault(
                "has a second member or something else behind its end; compress it at once, with \
                 `gzip -n`, not bgzip",
            ));
        }
        Ok(())
    }
}

impl Feed for Gunzip<'_, '_> {
    fn read(&mut self, into: &mut [u8]) -> Result<usize, Fault> {
        if !self.begun {
            self.head()?;
        }
        while !self.ended {
            let result = inflate(&mut self.stream, &self.packed[self.used..], into, MZFlush::None);
            self.used += result.bytes_consumed;
            self.consumed += result.bytes_consumed as u64;
            match result.status {
                Ok(MZStatus::StreamEnd) => self.ended = true,
                Ok(_) | Err(miniz_oxide::MZError::Buf) => {}
                Err(_) => return Err(fault("is damaged: what is in it can't be unpacked")),
            }
            let written = result.bytes_written;
            if written > 0 {
                self.size += written as u64;
                if self.size > self.most {
                    let what = format!("it unpacks to more than {} bytes", self.most);
                    return Err(Fault(HoldCode::TooLarge, what));
                }
                self.checksum.add(&into[..written]);
            }
            if self.ended {
                self.tail()?;
            }
            if written > 0 {
                return Ok(written);
            }
            if self.ended {
                break;
            }
            if self.used < self.packed.len() {
                if result.bytes_consumed == 0 {
                    return Err(fault("is damaged: what is in it can't be unpacked"));
                }
            } else if !self.more()? {
                return Err(fault("is cut off"));
            }
        }
        Ok(0)
    }
}

fn fault(what: &str) -> Fault {
    Fault(HoldCode::NotGzip, format!("it {what}"))
}
