//! Results: the first byte chooses the kind, the second what the rule asks for. Of tables that pass no count
//! is small.
#![no_main]

use libfuzzer_sys::fuzz_target;
use serde_json::{from_value, json};
use sluice_policy::entry::{ContentKind, Output};
use sluice_release::check;

fuzz_target!(|bytes: &[u8]| {
    let [kind, asked, content @ ..] = bytes else { return };
    let kind = ContentKind::ALL[usize::from(*kind) % ContentKind::ALL.len()];
    let asks = |bit: u8| asked & 1 << bit > 0;
    let table = kind.is_table();
    let gzip = kind.is_text() && asks(7);
    let mut rule = Output {
        max_rows: table.then_some(100),
        extra_columns: table.then_some(true),
        row_names: table && asks(6),
        review: Some(false),
        gzip,
        max_unpacked_bytes: gzip.then_some(1 << 20),
        ..Output::new("**", kind, 1 << 20)
    };
    if table && asks(0) {
        let multiple = asks(1).then_some(2);
        let labels = asks(2).then_some(["group"]);
        let earlier = if labels.is_some() { "compare" } else { "ignore" };
        let counts = json!({
            "columns": ["n*"], "minimum": 3, "zero": "allow", "multiple-of": multiple,
            "labels": labels, "earlier": earlier,
        });
        rule.counts = from_value(counts).unwrap();
        let shares = json!({ "columns": ["p*"], "of": "n" });
        rule.percent = asks(2).then(|| from_value(shares).unwrap());
    }
    if table && asks(3) {
        rule.contributors = from_value(json!({ "column": "who", "minimum": 3 })).unwrap();
    }
    if table && asks(4) {
        let dominance = json!({ "largest": ["first", "second"], "total": "sum", "percent": 80 });
        rule.dominance = from_value(dominance).unwrap();
    }
    // An entry has no comments beside numbers.
    let numbers = rule.counts.is_some() || rule.contributors.is_some() || rule.dominance.is_some();
    rule.comments = (table && !numbers && asks(5)).then_some('#');
    let passes = check(&rule, &mut &content[..], content.len() as u64).is_ok();
    if passes && rule.counts.is_some() && kind == ContentKind::Csv && !rule.row_names && !gzip {
        let mut reader = csv::Reader::from_reader(content);
        let header = reader.byte_headers().unwrap().clone();
        for row in reader.byte_records().map(Result::unwrap) {
            let counts = header.iter().zip(&row).filter(|(name, _)| name.starts_with(b"n"));
            for text in counts.filter_map(|(_, cell)| std::str::from_utf8(cell).ok()) {
                assert!(!matches!(text.trim().parse::<f64>(), Ok(1.0..3.0)), "{text}");
            }
        }
    }
});
