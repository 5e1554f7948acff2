//! Results: the first byte chooses the kind, and whether a text is compressed.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sluice_policy::entry::{ContentKind, Output};
use sluice_release::check;

fuzz_target!(|bytes: &[u8]| {
    let Some((&first, mut content)) = bytes.split_first() else { return };
    let kind = ContentKind::ALL[usize::from(first) % ContentKind::ALL.len()];
    let table = kind.is_table();
    let gzip = kind.is_text() && first >= 128;
    let mut rule = Output {
        max_rows: table.then_some(100),
        extra_columns: table.then_some(true),
        review: Some(false),
        gzip,
        max_unpacked_bytes: gzip.then_some(1 << 20),
        ..Output::new("**", kind, 1 << 20)
    };
    if table && first % 128 >= 64 {
        let numbers = serde_json::json!({ "columns": ["n*"], "minimum": 3, "zero": "allow" });
        rule.counts = serde_json::from_value(numbers).unwrap();
        let shares = serde_json::json!({ "columns": ["p*"], "of": "n" });
        rule.percent = (first % 64 >= 32).then(|| serde_json::from_value(shares).unwrap());
    }
    let size = content.len() as u64;
    let _ = check(&rule, &mut content, size);
});
