use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;

use crate::survivors::Namespace;

/// What a job's tasks on a node share, as its record says. Tasks lock the file, shared, while they
/// join the namespaces, and the job's end, exclusively, while it kills.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Space {
    /// Nothing is made yet, or it is half made.
    Unmade,
    /// Its namespaces are pinned; this is the user namespace.
    Made(Namespace),
    /// The job has ended on this node, and nobody may join any more.
    Closed,
}

const CLOSED: &str = "closed\n";

impl Space {
    /// Reads the open file, wherever its offset is.
    pub fn read(file: &File) -> io::Result<Self> {
        let mut words = [0; 64];
        let length = file.read_at(&mut words, 0)?;
        let words = std::str::from_utf8(&words[..length]).unwrap_or_default();
        match words {
            _ if length == 0 => Ok(Self::Unmade),
            // What a writer that was killed had not cut off yet means nothing.
            _ if words.starts_with(CLOSED) => Ok(Self::Closed),
            _ => namespace(words)
                .map(Self::Made)
                .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, "it names no namespace")),
        }
    }

    /// Replaces what the open file says.
    pub fn write(self, file: &File) -> io::Result<()> {
        let words = match self {
            Self::Unmade => String::new(),
            Self::Made(Namespace { device, inode }) => format!("{device}:{inode}\n"),
            Self::Closed => CLOSED.into(),
        };
        file.write_all_at(words.as_bytes(), 0)?;
        file.set_len(words.len() as u64)
    }
}

/// Reads `DEVICE:INODE`.
fn namespace(words: &str) -> Option<Namespace> {
    let (device, inode) = words.trim_end().split_once(':')?;
    Some(Namespace { device: device.parse().ok()?, inode: inode.parse().ok()? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let file = tempfile::tempfile().unwrap();
        assert_eq!(Space::read(&file).unwrap(), Space::Unmade);
        let largest = Space::Made(Namespace { device: u64::MAX, inode: u64::MAX });
        let least = Space::Made(Namespace { device: 0, inode: 4 });
        for space in [largest, least, Space::Closed, Space::Unmade, largest] {
            space.write(&file).unwrap();
            assert_eq!(Space::read(&file).unwrap(), space);
        }
    }

    #[test]
    fn a_writer_that_was_killed_has_closed_it() {
        let file = tempfile::tempfile().unwrap();
        file.write_all_at(b"closed\n531837\n", 0).unwrap();
        assert_eq!(Space::read(&file).unwrap(), Space::Closed);
    }

    #[test]
    fn anything_else_is_an_error() {
        for words in [&b"4"[..], b"4:x\n", b"close", b"\xff"] {
            let file = tempfile::tempfile().unwrap();
            file.write_all_at(words, 0).unwrap();
            assert!(Space::read(&file).is_err(), "{words:?}");
        }
    }
}
