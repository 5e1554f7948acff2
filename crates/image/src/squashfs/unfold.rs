//! Decompression within bounds.

use miniz_oxide::inflate::{TINFLStatus, core};
use ruzstd::decoding::{BlockDecodingStrategy, FrameDecoder};

use super::malformed;
use crate::ImageError;

/// How an image is compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Compression {
    /// What mksquashfs calls gzip.
    Zlib,
    Zstd,
}

impl Compression {
    pub(super) fn numbered(number: u16) -> Result<Self, ImageError> {
        match number {
            1 => Ok(Self::Zlib),
            6 => Ok(Self::Zstd),
            _ => Err(malformed(
                "compressed with neither zstd nor gzip, which is all that can be listed",
            )),
        }
    }

    /// Unfolds all of `packed`, one stream, to `most` bytes or fewer. Bytes behind the stream are refused:
    /// the kernel would leave them out.
    pub(super) fn unfold(self, packed: &[u8], most: usize) -> Result<Vec<u8>, ImageError> {
        let unfolded = match self {
            Self::Zlib => zlib(packed, most),
            Self::Zstd => zstd(packed, most),
        };
        unfolded.ok_or_else(|| malformed("a block can't be unfolded"))
    }
}

fn zlib(packed: &[u8], most: usize) -> Option<Vec<u8>> {
    use core::inflate_flags::{
        TINFL_FLAG_PARSE_ZLIB_HEADER, TINFL_FLAG_USING_NON_WRAPPING_OUTPUT_BUF,
    };
    let flags = TINFL_FLAG_PARSE_ZLIB_HEADER | TINFL_FLAG_USING_NON_WRAPPING_OUTPUT_BUF;
    let mut unfolded = vec![0; most];
    let mut state = Box::<core::DecompressorOxide>::default();
    let (status, read, written) = core::decompress(&mut state, packed, &mut unfolded, 0, flags);
    unfolded.truncate(written);
    (status == TINFLStatus::Done && read == packed.len()).then_some(unfolded)
}

fn zstd(packed: &[u8], most: usize) -> Option<Vec<u8>> {
    let mut rest = packed;
    let mut decoder = FrameDecoder::new();
    decoder.init(&mut rest).ok()?;
    while !decoder.is_finished() {
        // Each turn unfolds one block, of 128 KiB at most.
        decoder.decode_blocks(&mut rest, BlockDecodingStrategy::UptoBlocks(1)).ok()?;
        if decoder.can_collect() > most {
            return None;
        }
    }
    let unfolded = decoder.collect()?;
    (rest.is_empty() && unfolded.len() <= most).then_some(unfolded)
}

#[cfg(test)]
mod tests {
    use super::*;
    use ruzstd::encoding::{CompressionLevel, compress_to_vec};

    fn packed(compression: Compression, content: &[u8]) -> Vec<u8> {
        match compression {
            Compression::Zlib => miniz_oxide::deflate::compress_to_vec_zlib(content, 6),
            Compression::Zstd => compress_to_vec(content, CompressionLevel::Fastest),
        }
    }

    #[test]
    fn one_stream_and_no_more() {
        let content = b"abc ".repeat(1000);
        for compression in [Compression::Zlib, Compression::Zstd] {
            let whole = packed(compression, &content);
            assert_eq!(compression.unfold(&whole, 4000).unwrap(), content);
            assert_eq!(compression.unfold(&whole, 8192).unwrap(), content);
            assert!(compression.unfold(&whole, 3999).is_err(), "too long");
            assert!(compression.unfold(&whole[..whole.len() - 1], 8192).is_err(), "cut");
            assert!(
                compression.unfold(&[&whole[..], &[0]].concat(), 8192).is_err(),
                "a byte behind"
            );
            assert!(
                compression.unfold(&[&whole[..], &whole].concat(), 8192).is_err(),
                "two streams"
            );
            assert!(compression.unfold(&[], 8192).is_err(), "nothing");
            let bomb = packed(compression, &vec![0; 64 << 20]);
            assert!(compression.unfold(&bomb, 8192).is_err(), "a bomb");
        }
        let skipped = [&0x184d_2a50_u32.to_le_bytes()[..], &[0; 4]].concat();
        let behind = [&skipped[..], &packed(Compression::Zstd, &content)].concat();
        assert!(Compression::Zstd.unfold(&behind, 8192).is_err(), "a frame to skip");
    }
}
