//! JPEGs; what passes is whole, and has nothing behind it.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sluice_policy::entry::{ContentKind, Output};
use sluice_release::check;

fuzz_target!(|content: &[u8]| {
    let mut rule = Output::new("**", ContentKind::Jpeg, 1 << 20);
    rule.review = Some(false);
    let passes = |content: &[u8]| check(&rule, &mut &content[..], content.len() as u64).is_ok();
    if passes(content) {
        assert!(!passes(&content[..content.len() - 1]));
        assert!(!passes(&[content, b"x"].concat()));
    }
});
