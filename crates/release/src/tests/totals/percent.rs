//! Percentages beside totals.

use serde_json::json;

use super::{REVEALS, verdict};
use crate::tests::Output;

/// The column that percentages are of is a total, too.
#[test]
fn totals_of_percentages() {
    let counts = json!({
        "columns": ["n", "a", "b"], "minimum": 10, "zero": "allow", "earlier": "ignore",
    });
    let percent = json!({ "columns": ["p_*"], "of": "n" });
    let rule: Output = serde_json::from_value(json!({
        "glob": "x", "kind": "csv", "max-bytes": 4096, "extra-columns": true, "counts": counts,
        "percent": percent,
    }))
    .unwrap();
    for (row, wanted) in [
        ("100,60,40,60,20,20", "ok"),
        ("100,60,,60,,", "ok"),
        ("100,95,,95.0,,", "percent-reveals"),
        ("100,85,,85.0,,", "ok"),
        // One is of a count that isn't shown.
        ("100,60,,60,20,20", "percent-reveals"),
        ("100,95,,,,", REVEALS),
        ("100,60,40,60,,36", REVEALS),
        ("100,60,40,60,,20", "ok"),
        ("100,60,40,,,60", "ok"),
        // These don't exclude each other.
        ("100,60,40,60,,70", "ok"),
    ] {
        assert_eq!(verdict(&rule, &format!("g,n,a,b,p_x,p_y,p_z\nA,{row}\n")), wanted, "{row}");
    }
}

/// What a percentage stands for is a count, down a column as well.
#[test]
fn percentages_have_totals() {
    let rule: Output = serde_json::from_value(json!({
        "glob": "x", "kind": "csv", "max-bytes": 4096, "extra-columns": true,
        "counts": { "columns": ["n", "cases"], "minimum": 10, "zero": "allow", "earlier": "ignore" },
        "percent": { "columns": ["share"], "of": "n" },
    }))
    .unwrap();
    for (rows, wanted) in [
        ("N,120,42,35.0/S,80,20,25.0/Total,200,62,31.0", "ok"),
        ("N,120,42,35.0/S,80,<10,/Total,200,47,23.5", REVEALS),
        // Its count is suppressed, and the percentage gives it back.
        ("N,120,<10,35.0/S,80,<10,/Total,200,47,23.5", "percent-reveals"),
        ("N,120,<10,/S,80,<10,/Total,200,47,23.5", "ok"),
        // 42 or 43.
        ("N,120,<10,35/S,80,<10,/Total,200,47,23.5", "percent-reveals"),
        ("A,250,<10,/B,250,<10,16.0/C,250,55,/Total,250,100,", "percent-reveals"),
        ("A,250,<10,/B,250,<10,/C,250,55,/Total,250,100,", "ok"),
        // From 49 to 51 for A, and from 99 to 101 for both.
        ("A,1000,,4.9/B,1000,,/C,1000,,/Total,1000,,5.5", "percent-reveals"),
    ] {
        let table = format!("g,n,cases,share/{rows}").replace('/', "\n");
        assert_eq!(verdict(&rule, &table), wanted, "{rows}");
    }
}
