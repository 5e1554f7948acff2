//! JSON; what passes is the same value to another reader, with each member. The first byte chooses the size
//! of pieces.
#![no_main]

use std::io::Read;

use libfuzzer_sys::fuzz_target;
use serde_json::Value;
use sluice_policy::entry::{ContentKind, Output};
use sluice_release::check;

struct Pieces<'a>(&'a [u8], usize);

impl Read for Pieces<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let most = self.1.min(buffer.len());
        self.0.read(&mut buffer[..most])
    }
}

/// How many quotes begin or end a string.
fn quotes(text: &[u8]) -> usize {
    let (mut count, mut rest) = (0, text.iter());
    while let Some(byte) = rest.next() {
        match byte {
            b'\\' => _ = rest.next(),
            b'"' => count += 1,
            _ => {}
        }
    }
    count
}

fuzz_target!(|bytes: &[u8]| {
    let Some((&piece, content)) = bytes.split_first() else { return };
    let rule = Output {
        max_depth: Some(8),
        max_items: Some(1000),
        ..Output::new("**", ContentKind::Json, 1 << 20)
    };
    let passes = |content: &[u8], piece| {
        check(&rule, &mut Pieces(content, piece), content.len() as u64).is_ok()
    };
    let whole = passes(content, usize::MAX);
    assert_eq!(whole, passes(content, usize::from(piece) + 1), "in pieces");
    if !whole {
        return;
    }
    let again = serde_json::from_slice::<Value>(content).unwrap().to_string();
    assert!(passes(again.as_bytes(), usize::MAX), "written anew");
    assert_eq!(quotes(content), quotes(again.as_bytes()), "a member is lost");
    assert!(!passes(&[content, b" 1"].concat(), usize::MAX), "two values");
});
