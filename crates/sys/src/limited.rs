use std::fs::File;
use std::io::{self, Read};
use std::os::fd::OwnedFd;

/// Reads a descriptor to its end, refusing with [`io::ErrorKind::FileTooLarge`] what is longer
/// than `max` bytes.
pub fn read_limited(fd: OwnedFd, max: usize) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::from(fd).take(max as u64 + 1).read_to_end(&mut bytes)?;
    if bytes.len() > max {
        return Err(io::Error::new(
            io::ErrorKind::FileTooLarge,
            format!("longer than the limit of {max} bytes"),
        ));
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{Seek, Write};

    fn file_of(bytes: &[u8]) -> OwnedFd {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(bytes).unwrap();
        file.rewind().unwrap();
        file.into()
    }

    #[test]
    fn limit_is_inclusive() {
        assert_eq!(read_limited(file_of(b"abcd"), 4).unwrap(), b"abcd");
        let error = read_limited(file_of(b"abcde"), 4).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::FileTooLarge);
    }
}
