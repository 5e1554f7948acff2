//! Results: the first byte chooses the kind.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sluice_policy::entry::{ContentKind, Output};
use sluice_release::check;

const KINDS: [ContentKind; 7] = [
    ContentKind::Csv,
    ContentKind::Tsv,
    ContentKind::Json,
    ContentKind::Svg,
    ContentKind::Png,
    ContentKind::Pdf,
    ContentKind::Text,
];

fuzz_target!(|bytes: &[u8]| {
    let Some((&first, mut content)) = bytes.split_first() else { return };
    let kind = KINDS[usize::from(first) % KINDS.len()];
    let table = matches!(kind, ContentKind::Csv | ContentKind::Tsv);
    let mut rule: Output = serde_json::from_value(serde_json::json!({
        "glob": "**", "kind": kind, "max-bytes": 1 << 20, "max-rows": table.then_some(100),
    }))
    .unwrap();
    if table && first >= 128 {
        let numbers = serde_json::json!({ "columns": ["n*"], "minimum": 3, "zero": "allow" });
        rule.counts = serde_json::from_value(numbers).unwrap();
        let shares = serde_json::json!({ "columns": ["p*"], "of": "n" });
        rule.percent = (first >= 192).then(|| serde_json::from_value(shares).unwrap());
    }
    let size = content.len() as u64;
    let _ = check(&rule, &mut content, size);
});
