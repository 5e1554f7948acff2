use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::FileExt;

/// A part of an open file: the whole of it, or one partition.
#[derive(Clone, Copy, Debug)]
pub struct Part<'a> {
    file: &'a File,
    start: u64,
    size: u64,
}

impl<'a> Part<'a> {
    /// The whole file.
    pub fn whole(file: &'a File) -> io::Result<Self> {
        Ok(Self { file, start: 0, size: file.metadata()?.len() })
    }

    /// Length in bytes.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Where it begins in its file.
    pub fn start(&self) -> u64 {
        self.start
    }

    /// Reads it from its beginning, wherever the file was read to.
    pub fn reader(self) -> impl Read + 'a {
        Reader { part: self, at: 0 }
    }

    /// A part of this part, if it lies in it.
    pub fn within(&self, start: u64, size: u64) -> Option<Self> {
        let end = start.checked_add(size)?;
        (end <= self.size).then_some(Self { file: self.file, start: self.start + start, size })
    }

    /// Fills `buffer` from `at`; what lies behind the part is not there.
    pub(crate) fn read_at(&self, at: u64, buffer: &mut [u8]) -> io::Result<()> {
        match at.checked_add(buffer.len() as u64) {
            Some(end) if end <= self.size => self.file.read_exact_at(buffer, self.start + at),
            _ => Err(io::ErrorKind::UnexpectedEof.into()),
        }
    }
}

struct Reader<'a> {
    part: Part<'a>,
    at: u64,
}

impl Read for Reader<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let left = usize::try_from(self.part.size - self.at).unwrap_or(usize::MAX);
        let wanted = left.min(buffer.len());
        let read = self.part.file.read_at(&mut buffer[..wanted], self.part.start + self.at)?;
        self.at += read as u64;
        Ok(read)
    }
}
