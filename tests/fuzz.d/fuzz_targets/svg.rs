//! Drawings; what passes is one whole element, and passes a rule without a bound of points as well.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sluice_policy::entry::{ContentKind, Output};
use sluice_release::check;

fuzz_target!(|content: &[u8]| {
    let mut rule = Output::new("**", ContentKind::Svg, 1 << 20);
    rule.review = Some(false);
    rule.max_points = Some(200);
    let bounded = check(&rule, &mut &content[..], content.len() as u64).is_ok();
    rule.max_points = None;
    let passes = |content: &[u8]| check(&rule, &mut &content[..], content.len() as u64).is_ok();
    let free = passes(content);
    assert!(free || !bounded, "a bound lets more pass");
    if free {
        let short = content.trim_ascii_end();
        assert!(!passes(&short[..short.len() - 1]), "cut off");
        assert!(!passes(&[content, b"x"].concat()), "text behind it");
        assert!(!passes(&[content, b"<svg/>"].concat()), "two drawings");
    }
});
