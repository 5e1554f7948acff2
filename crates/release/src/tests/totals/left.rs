//! Totals that leave what isn't shown, and columns that are totals by no name.

use serde_json::json;

use super::{REVEALS, rule, verdict};
use crate::tests::*;

/// Who is in no row shows by a total, also where nothing is suppressed.
#[test]
fn totals_leave_nobody_out() {
    for (table, wanted) in [
        ("g,n/m,119/Total,120", REVEALS),
        ("g,n/m,119/All persons,120", REVEALS),
        ("g,n/m,60/f,51/Total,120", REVEALS),
        ("g,note,n/m,x,119/Total,y,120", REVEALS),
        ("s,g,n/A,m,40/A,f,41/A,Total,81/B,m,50/B,Total,59", REVEALS),
        ("g,n/m,0/f,119/Total,120", REVEALS),
        // One is suppressed, in another column or group.
        ("g,old,n/m,,119/f,30,50/Total,90,170", REVEALS),
        // All are there, enough are left, or there is no total.
        ("g,n/m,60/f,60/Total,120", "ok"),
        ("g,n/m,60/f,50/Total,120", "ok"),
        ("g,n/m,119/f,120", "ok"),
        ("g,n/m,119/Total,110", "ok"),
        ("g,n/Total,120", "ok"),
        ("g,n/Total hip,120/Total knee,119", "ok"),
        ("s,g,n/A,m,40/A,f,41/A,Total,81/B,m,50/B,Total,60", "ok"),
        // A subtotal of some is a total of these.
        ("g,n/A,20/B,20/All old,40/C,15/All young,15/Total,55", "ok"),
        ("g,n/m,119/,120", "ok"),
    ] {
        let columns: &[&str] = if table.starts_with("g,old") { &["n", "old"] } else { &["n"] };
        let rule = rule(columns, 10, "allow");
        assert_eq!(verdict(&rule, &table.replace('/', "\n")), wanted, "{table}");
    }
    let counts = json!({ "columns": ["n"], "minimum": 10, "multiple-of": 5, "earlier": "ignore" });
    let rounded: Output = serde_json::from_value(json!({
        "glob": "x", "kind": "csv", "max-bytes": 4096, "extra-columns": true, "counts": counts,
    }))
    .unwrap();
    // Each of two is up to 2 away.
    assert_eq!(verdict(&rounded, "g,n\nm,115\nTotal,120\n"), "ok");
}

/// A count of some of a row's persons leaves the others.
#[test]
fn counts_leave_nobody_out_across() {
    let tables = |rule: &Output, rows: &[(&str, &str)]| {
        for (table, wanted) in rows {
            assert_eq!(verdict(rule, &table.replace('/', "\n")), *wanted, "{table}");
        }
    };
    tables(
        &rule(&["n", "n_*"], 10, "allow"),
        &[
            ("g,n,n_cases/A,120,119", REVEALS),
            ("g,n,n_cases/A,120,111", REVEALS),
            ("g,n,n_cases/A,120,110", "ok"),
            ("g,n,n_cases/A,120,120", "ok"),
            ("g,n,n_cases/A,120,", "ok"),
            ("g,n,n_cases/A,119,120", "ok"),
            ("g,n,n_f,n_m/A,120,60,55", REVEALS),
            ("g,n,n_f,n_m/A,120,60,60", "ok"),
            ("g,n,n_f,n_m/A,120,60,50", "ok"),
        ],
    );
    tables(
        &rule(&["n_*"], 10, "allow"),
        &[
            ("g,n_total,n_cases,n_old/A,120,60,119", REVEALS),
            ("g,n_f,n_m,n_total/A,60,55,120", REVEALS),
            ("g,n_f,n_m,n_total/A,60,50,120", "ok"),
        ],
    );
    // Names that don't tell.
    tables(&rule(&["n", "cases"], 10, "allow"), &[("g,n,cases/A,120,119", "ok")]);
    // What percentages are of, and persons, are all of a row.
    for more in [
        json!({ "percent": { "columns": ["share"], "of": "n" } }),
        json!({ "contributors": { "column": "n", "minimum": 10 } }),
    ] {
        let mut whole = json!({
            "glob": "x", "kind": "csv", "max-bytes": 4096, "extra-columns": true,
            "counts": { "columns": ["n", "cases"], "minimum": 10, "earlier": "ignore" },
        });
        whole.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let rule: Output = serde_json::from_value(whole).unwrap();
        let rows = [("g,n,cases,share/A,120,119,", REVEALS), ("g,n,cases,share/A,120,60,", "ok")];
        tables(&rule, &rows);
    }
}

/// A column that is the sum of all others in each whole row is so in the rest.
#[test]
fn a_total_across_needs_no_name() {
    let rule = rule(&["a", "b", "n"], 10, "hold");
    for (rows, wanted) in [
        ("A,<10,50,54/B,30,40,70/C,20,30,50", REVEALS),
        ("A,54,<10,50/B,70,30,40", REVEALS),
        ("A,<10,50,60/B,30,40,70", "ok"),
        ("A,<10,50,54/B,30,40,71/C,20,30,50", "ok"),
        ("A,<10,50,54", "ok"),
    ] {
        assert_eq!(verdict(&rule, &format!("g,a,b,n/{rows}").replace('/', "\n")), wanted, "{rows}");
    }
    let table = "g,a,b,n\nA,<10,50,54\nB,30,40,70\n";
    let hold = check(&rule, &mut table.as_bytes(), table.len() as u64).unwrap_err();
    let wanted = "it is the sum of all other counts in each row where all are shown";
    assert!(hold.message.contains(wanted), "{}", hold.message);
}
