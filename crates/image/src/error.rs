use std::io;

/// Why a file is no image, or not one that may be used.
#[derive(Debug, thiserror::Error)]
pub enum ImageError {
    /// It can't be read.
    #[error("the image can't be read: {0}")]
    Io(#[from] io::Error),
    /// It begins like no file system that an image may be.
    #[error(
        "this is neither a squashfs nor an erofs file system; make one with sluice image build"
    )]
    Unrecognised,
    /// It holds more than is read.
    #[error(
        "the image holds too much: at most 1,000,000 entries, 256 MiB of paths, and content of 1000 times \
         its size"
    )]
    TooLarge,
    /// What was read of it can't be written elsewhere.
    #[error("the copy can't be written: {0}")]
    Copy(#[source] io::Error),
    /// Its bytes contradict the format, or ask for more than is read.
    #[error("the image is damaged or not supported: {0}")]
    Malformed(String),
}

impl ImageError {
    pub(crate) fn malformed(why: impl Into<String>) -> Self {
        Self::Malformed(why.into())
    }
}
