//! Compressed texts, whose checksum and size are made right; what passes is one member of a text that passes.
//! The first byte chooses the size of pieces.
#![no_main]

use std::io::Read;

use libfuzzer_sys::fuzz_target;
use miniz_oxide::inflate::stream::{InflateState, inflate};
use miniz_oxide::{DataFormat, MZFlush};
use sluice_policy::entry::{ContentKind, Output};
use sluice_release::check;

const MOST: usize = 1 << 16;

struct Pieces<'a>(&'a [u8], usize);

impl Read for Pieces<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let most = self.1.min(buffer.len());
        self.0.read(&mut buffer[..most])
    }
}

fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0, |crc, &byte| {
        (0..8).fold(crc ^ u32::from(byte), |crc: u32, _| {
            crc >> 1 ^ if crc & 1 == 1 { 0xedb8_8320 } else { 0 }
        })
    })
}

/// Where a member's packed content begins.
fn head(bytes: &[u8]) -> usize {
    let name = bytes.get(10..).filter(|_| bytes[3] & 8 > 0);
    let name = name.and_then(|rest| rest.iter().position(|&byte| byte == 0));
    name.map_or(10, |length| 10 + length + 1).min(bytes.len())
}

/// The member with its numbers right, and what it unpacks to.
fn summed(bytes: &[u8]) -> (Vec<u8>, Vec<u8>) {
    let (mut content, mut text) = (bytes.to_vec(), vec![0; MOST]);
    let start = head(bytes);
    let mut state = InflateState::new_boxed(DataFormat::Raw);
    let done = inflate(&mut state, &bytes[start..], &mut text, MZFlush::None);
    text.truncate(done.bytes_written);
    let end = start + done.bytes_consumed;
    let numbers = [crc32(&text), text.len() as u32].map(u32::to_le_bytes).concat();
    if let Some(place) = content.get_mut(end..end + 8) {
        place.copy_from_slice(&numbers);
    }
    (content, text)
}

fuzz_target!(|bytes: &[u8]| {
    let Some((&piece, packed)) = bytes.split_first() else { return };
    let plain =
        Output { review: Some(false), ..Output::new("**", ContentKind::Text, MOST as u64) };
    let rule = Output { gzip: true, max_unpacked_bytes: Some(MOST as u64), ..plain.clone() };
    let passes = |rule: &Output, content: &[u8], piece| {
        check(rule, &mut Pieces(content, piece), content.len() as u64).is_ok()
    };
    let (content, text) = summed(packed);
    let whole = passes(&rule, &content, usize::MAX);
    assert_eq!(whole, passes(&rule, &content, usize::from(piece) + 1), "in pieces");
    if whole {
        assert!(passes(&plain, &text, usize::MAX), "what is in it");
        assert!(!passes(&rule, &content[..content.len() - 1], usize::MAX), "cut off");
        assert!(!passes(&rule, &[content.as_slice(), b"\0"].concat(), usize::MAX), "more behind it");
        assert!(!passes(&rule, &[content.as_slice(), &content].concat(), usize::MAX), "two members");
    }
});
