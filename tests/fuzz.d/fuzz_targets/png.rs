//! PNGs, whose checksums are made right; what passes is whole, and has nothing behind it.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sluice_policy::entry::{ContentKind, Output};
use sluice_release::check;

fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0, |crc, &byte| {
        (0..8).fold(crc ^ u32::from(byte), |crc: u32, _| {
            crc >> 1 ^ if crc & 1 == 1 { 0xedb8_8320 } else { 0 }
        })
    })
}

fn summed(bytes: &[u8]) -> Vec<u8> {
    let mut content = bytes.to_vec();
    let mut at = 8;
    while let Some(length) = content.get(at..at + 4) {
        let length = u32::from_be_bytes(length.try_into().unwrap()) as usize;
        let end = at + 8 + length;
        let Some(covered) = content.get(at + 4..end) else { break };
        let sum = crc32(covered).to_be_bytes();
        let Some(place) = content.get_mut(end..end + 4) else { break };
        place.copy_from_slice(&sum);
        at = end + 4;
    }
    content
}

fuzz_target!(|bytes: &[u8]| {
    let mut rule = Output::new("**", ContentKind::Png, 1 << 20);
    rule.review = Some(false);
    let passes = |content: &[u8]| check(&rule, &mut &content[..], content.len() as u64).is_ok();
    let content = summed(bytes);
    if passes(&content) {
        assert!(!passes(&content[..content.len() - 1]));
        assert!(!passes(&[content.as_slice(), b"x"].concat()));
    }
});
