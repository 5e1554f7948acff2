//! Tar archives as GNU tar writes them, which mksquashfs reads: names that don't fit stand in an entry of
//! their own before. (From extended headers of POSIX, mksquashfs 4.5 takes `..` off links' targets.)

use std::io::{self, Write};

const BLOCK: usize = 512;
/// Room for a name.
const NAME: usize = 100;
/// Largest size that eleven octal digits have room for.
const MAX_OCTAL: u64 = (1 << 33) - 1;

/// An archive that is being written; everything is root's, of 1970, and has one of three modes.
pub struct Tar<W> {
    out: W,
    /// Bytes of the last file.
    written: u64,
}

/// What an entry is.
#[derive(Clone, Copy)]
enum Kind {
    File = b'0' as isize,
    Link = b'2' as isize,
    Directory = b'5' as isize,
    LongTarget = b'K' as isize,
    LongName = b'L' as isize,
}

impl<W: Write> Tar<W> {
    /// An empty one.
    pub fn new(out: W) -> Self {
        Self { out, written: 0 }
    }

    /// A directory.
    pub fn directory(&mut self, path: &str) -> io::Result<()> {
        self.entry(Kind::Directory, path, "", 0o755, 0)
    }

    /// A regular file, whose content has to follow.
    pub fn file(&mut self, path: &str, executable: bool, size: u64) -> io::Result<()> {
        self.entry(Kind::File, path, "", if executable { 0o755 } else { 0o644 }, size)
    }

    /// A piece of a file's content.
    pub fn content(&mut self, piece: &[u8]) -> io::Result<()> {
        self.written += piece.len() as u64;
        self.out.write_all(piece)
    }

    /// Fills up the last block of a file.
    pub fn end_of_file(&mut self) -> io::Result<()> {
        let rest = (self.written % BLOCK as u64) as usize;
        self.written = 0;
        if rest == 0 { Ok(()) } else { self.out.write_all(&[0; BLOCK][rest..]) }
    }

    /// A symbolic link.
    pub fn link(&mut self, path: &str, target: &str) -> io::Result<()> {
        self.entry(Kind::Link, path, target, 0o777, 0)
    }

    /// Two empty blocks end an archive.
    pub fn finish(mut self) -> io::Result<()> {
        self.out.write_all(&[0; 2 * BLOCK])?;
        self.out.flush()
    }

    fn entry(
        &mut self,
        kind: Kind,
        path: &str,
        target: &str,
        mode: u32,
        size: u64,
    ) -> io::Result<()> {
        self.long(Kind::LongTarget, target)?;
        self.long(Kind::LongName, path)?;
        self.header(kind, path, target, mode, size)
    }

    /// An entry with a text for the next one, if that has no room for it.
    fn long(&mut self, kind: Kind, text: &str) -> io::Result<()> {
        if text.len() <= NAME {
            return Ok(());
        }
        self.header(kind, "././@LongLink", "", 0o644, text.len() as u64 + 1)?;
        self.content(text.as_bytes())?;
        self.content(&[0])?;
        self.end_of_file()
    }

    fn header(
        &mut self,
        kind: Kind,
        path: &str,
        target: &str,
        mode: u32,
        size: u64,
    ) -> io::Result<()> {
        let mut block = [0; BLOCK];
        let mut put = |at: usize, bytes: &[u8]| block[at..at + bytes.len()].copy_from_slice(bytes);
        put(0, cut(path));
        put(100, format!("{mode:07o}").as_bytes());
        put(108, b"0000000");
        put(116, b"0000000");
        if size > MAX_OCTAL {
            put(124, &[0x80]);
            put(128, &size.to_be_bytes());
        } else {
            put(124, format!("{size:011o}").as_bytes());
        }
        put(136, b"00000000000");
        put(148, b"        ");
        put(156, &[kind as u8]);
        put(157, cut(target));
        put(257, b"ustar  \0");
        let sum: u32 = block.iter().map(|&byte| u32::from(byte)).sum();
        block[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
        self.out.write_all(&block)
    }
}

fn cut(text: &str) -> &[u8] {
    &text.as_bytes()[..text.len().min(NAME)]
}
