//! Totals that give suppressed counts back.

mod left;
mod percent;
mod random;

use serde_json::json;
use sluice_policy::entry::Earlier;

use super::*;

fn rule(columns: &[&str], minimum: u64, zero: &str) -> Output {
    let counts =
        json!({ "columns": columns, "minimum": minimum, "zero": zero, "earlier": "ignore" });
    serde_json::from_value(json!({
        "glob": "x", "kind": "csv", "max-bytes": 1 << 20, "extra-columns": true, "counts": counts,
    }))
    .unwrap()
}

fn verdict(rule: &Output, table: &str) -> &'static str {
    check_as(rule, table.as_bytes()).err().map_or("ok", |hold| hold.code.word())
}

const REVEALS: &str = "total-reveals";

/// Each table, with rows between `/`, and what it is held for with a minimum of 10.
#[test]
fn totals_down_a_column() {
    for (table, wanted) in [
        ("g,n/A,20/B,<10/Total,27", REVEALS),
        ("g,n/A,20/B,<10/Sum,27", REVEALS),
        ("g,n/A,20/B,<10/All ages,27", REVEALS),
        ("g,n/Total,27/A,20/B,<10", REVEALS),
        ("g,n/\"**Total**\",27/A,20/B,<10", REVEALS),
        // Nothing is suppressed, or nothing is a total.
        ("g,n/A,20/B,17/Total,37", "ok"),
        ("g,n/A,20/B,<10/C,27", "ok"),
        ("g,n/A,20/B,<10", "ok"),
        // The second one is large: neither is known.
        ("g,n/A,<10/B,<10/Total,27", "ok"),
        ("g,n/A,<10/B,<10/C,30/Total,57", "ok"),
        // Both together are few, each is 9, each is 1.
        ("g,n/A,<10/B,<10/C,30/Total,35", REVEALS),
        ("g,n/A,<10/B,<10/C,30/Total,48", REVEALS),
        ("g,n/A,/B,/C,/D,/E,/F,/G,/H,/I,/J,/Total,10", REVEALS),
        // What is suppressed is none, or the total isn't of these.
        ("g,n/A,20/B,/Total,20", "ok"),
        ("g,n/A,20/B,/Total,15", "ok"),
        ("g,n/A,20/B,<10/Total,<10", "ok"),
        // Groups by another key.
        ("s,g,n/F,A,20/F,B,<10/F,Total,27/M,A,40/M,B,50/M,Total,90", REVEALS),
        ("s,g,n/F,A,20/F,B,40/F,Total,60/M,A,40/M,B,50/M,Total,90", "ok"),
        ("s,g,n/F,A,<10/F,B,40/F,C,<10/F,Total,60/M,A,40/M,B,50/M,C,10/M,Total,100", "ok"),
        // A note or a mean beside the counts is no key.
        ("g,n,mean,note/A,20,1.5,/B,<10,NA,/C,30,2.5,see below/Total,57,1.5,", REVEALS),
        ("g,n,note/A,20,x/A,20,y/B,<10,y/B,30,x/Total,77,z", REVEALS),
        ("g,note,n/A,x,20/Total,z,27/B,x,<10", REVEALS),
        // What may be a total leaves each 9.
        ("g,n/A,<10/B,<10/C,30/All ages,48", REVEALS),
        // SQL's ROLLUP.
        ("g,n/A,20/B,<10/,27", REVEALS),
        ("g,n/A,20/B,<10/NULL,27", REVEALS),
        ("g,n/A,20/B,<10/NULL,14", "ok"),
        ("g,note,n/A,,20/B,,<10/C,,30", "ok"),
        // Subtotals, and a total of all.
        ("r,g,n/N,A,20/N,B,<10/N,Total,27/S,A,40/S,B,<10/S,Total,45/Total,Total,72", REVEALS),
        ("g,n/A,20/B,<10/Subtotal,27/C,30/D,30/Subtotal,60", REVEALS),
    ] {
        let rule = rule(&["n"], 10, "allow");
        assert_eq!(verdict(&rule, &table.replace('/', "\n")), wanted, "{table}");
    }
    let strict = rule(&["n"], 10, "hold");
    assert_eq!(verdict(&strict, "g,n\nA,20\nB,\nTotal,20\n"), REVEALS, "a 0 isn't to be known");
    let hold = check_as(&strict, b"g,n\nA,20\nB,\nTotal,26\n").unwrap_err();
    assert!(hold.message.starts_with("row 4, column 2 (\"n\") is a total that"), "{hold}");
}

#[test]
fn totals_across_a_row() {
    for (table, wanted) in [
        ("g,n_f,n_m,n_total/A,20,<10,27", REVEALS),
        ("g,n_f,n_m,total_n/A,20,<10,27", REVEALS),
        ("g,n_f,n_m,n/A,20,<10,27", REVEALS),
        ("g,n_f,n_m,n_total/A,20,17,37", "ok"),
        ("g,n_f,n_m,n_total/A,<10,<10,27", "ok"),
        ("g,n_f,n_m,n_total/A,20,<10,", "ok"),
        // Of other columns, beside these.
        ("g,n_f,n_m,n_total,nx_f,nx_m/A,20,30,50,<10,41", "ok"),
    ] {
        let columns: &[&str] = if table.contains("total_n") { &["n*", "total_n"] } else { &["n*"] };
        let rule = rule(columns, 10, "allow");
        assert_eq!(verdict(&rule, &table.replace('/', "\n")), wanted, "{table}");
    }
    // pandas.crosstab(margins=True), with names for columns.
    let crosstab = rule(&["F", "M", "D", "X", "All"], 10, "allow");
    let header = "g,F,M,D,X,All";
    for (table, wanted) in [
        ("A,20,30,<10,30,85/B,30,30,30,30,120/All,50,60,35,60,205", REVEALS),
        ("A,<10,30,<10,30,75/B,30,30,<10,30,109/C,<10,30,30,30,120/All,76,90,48,90,304", REVEALS),
        ("A,<10,30,<10,30,110/B,<10,30,<10,30,120/All,60,60,50,60,230", "ok"),
        // Each row and column has two of them or more, and together they give one back.
        (
            "A,<10,<10,<10,30,62/B,<10,<10,40,30,110/C,50,50,<10,<10,124/E,50,50,<10,<10,136/\
             All,127,139,74,92,432",
            REVEALS,
        ),
        (
            "A,<10,<10,<10,<10,62/B,<10,<10,40,30,110/C,50,50,<10,<10,124/E,50,50,<10,<10,136/\
             All,127,139,74,92,432",
            "ok",
        ),
    ] {
        let table = format!("{header}/{table}").replace('/', "\n");
        assert_eq!(verdict(&crosstab, &table), wanted, "{table}");
    }
}

/// What one part of a table says stays true whatever another does.
#[test]
fn parts_without_totals_in_common_are_judged_alone() {
    let rule = rule(&["a", "b", "c", "n_total"], 10, "hold");
    let header = "site,g,a,b,c,n_total";
    let first = "N,r0,,,,24/N,r1,,,30,42/N,r2,,,,26/N,Total,24,24,44,92";
    // One of its suppressed counts is large, to hide another.
    let second = "S,r0,,,200,246/S,r1,,,200,303/S,r2,200,200,200,600/S,Total,248,301,600,1149";
    let third = "T,r0,50,40,30,120/T,r1,20,20,20,60/T,r2,30,20,30,80/T,Total,100,80,80,260";
    for (parts, wanted) in [
        (vec![first], REVEALS),
        (vec![second], "ok"),
        (vec![first, second], REVEALS),
        (vec![second, first], REVEALS),
        (vec![second, third], "ok"),
    ] {
        let table = format!("{header}/{}", parts.join("/")).replace('/', "\n");
        assert_eq!(verdict(&rule, &table), wanted, "{table}");
    }
    // Rounded ones contradict each other: that is no excuse for others.
    let rounded: Output = serde_json::from_value(json!({
        "glob": "x", "kind": "csv", "max-bytes": 4096, "extra-columns": true,
        "counts": {
            "columns": ["a", "b", "c", "n_total"], "minimum": 10, "multiple-of": 2,
            "earlier": "ignore",
        },
    }))
    .unwrap();
    let off = "R,r0,,20,20,68/R,r1,,20,20,70/R,r2,20,20,20,60/R,Total,70,60,60,200";
    for (parts, wanted) in
        [(vec![off], "ok"), (vec![first, off], REVEALS), (vec![off, first], REVEALS)]
    {
        let table = format!("{header}/{}", parts.join("/")).replace('/', "\n");
        assert_eq!(verdict(&rounded, &table), wanted, "{table}");
    }
}

/// Labels that may be a total's, beside each other.
#[test]
fn each_that_may_be_a_total_is_tried() {
    let men = "Men A,/Men B,45/Total men,50";
    for (rows, wanted) in [
        (format!("{men}/Women A,20/Women B,30/Total women,50"), REVEALS),
        (men.replace("45", "30") + "/Women A,20/Women B,30/Total women,50", "ok"),
        ("A,/B,45/All persons,50/Overall cohort,50".into(), REVEALS),
        ("A,/All persons,50/B,45/Overall cohort,50".into(), REVEALS),
        ("A,/B,30/All persons,50/Overall cohort,50".into(), "ok"),
        // Who is in no group is one more part.
        ("A,20/NULL,/All ages,27".into(), REVEALS),
        ("A,20/NULL,/All ages,40".into(), "ok"),
        ("Total hip replacement,60/Total knee replacement,70/Other,30/Rare,".into(), "ok"),
        // More than the total is none of its parts.
        ("A,45/Not asked,900/B,/Total,50".into(), REVEALS),
        ("A,45/Not asked,900/B,/Total,70".into(), "ok"),
        // Nor are those of whom nothing is known, where the total is without them.
        ("A,40/B,/Missing,15/Total,47".into(), REVEALS),
        ("A,40/B,/Missing,15/Total,65".into(), "ok"),
        ("A,40/B,/Missing,15/Total,52".into(), "ok"),
        ("A,40/B,/Grand total A,47".into(), REVEALS),
        ("A,40/B,/Grand total A,57".into(), "ok"),
    ] {
        let table = format!("g,n/{rows}").replace('/', "\n");
        assert_eq!(verdict(&rule(&["n"], 10, "allow"), &table), wanted, "{table}");
    }
}

/// A row that is the sum of all others in one column is so in another.
#[test]
fn a_total_needs_no_name() {
    for (rows, wanted) in [
        ("North,120,42/South,80,/England,200,47", REVEALS),
        ("England,200,47/North,120,42/South,80,", REVEALS),
        ("North,120,42/South,80,/England,210,47", "ok"),
        ("North,120,42/South,80,/England,200,57", "ok"),
        ("North,120,42/South,80,20/England,200,62", "ok"),
        ("North,200,42/South,200,", "ok"),
        ("North,120,42/South,80,/England,200,47/Total,200,60", REVEALS),
    ] {
        let table = format!("g,n,cases/{rows}").replace('/', "\n");
        assert_eq!(verdict(&rule(&["n", "cases"], 10, "allow"), &table), wanted, "{table}");
    }
}

/// Of three rounded rows one is the sum of the others by chance, in one column.
#[test]
fn few_rounded_rows_add_up_by_chance() {
    let counts = json!({
        "columns": ["n", "m", "cases"], "minimum": 10, "multiple-of": 5, "earlier": "ignore",
    });
    let rule: Output = serde_json::from_value(json!({
        "glob": "x", "kind": "csv", "max-bytes": 4096, "extra-columns": true, "counts": counts,
    }))
    .unwrap();
    for (rows, wanted) in [
        ("A,30,20,25/B,10,40,/C,20,20,20", "ok"),
        ("A,30,60,25/B,10,40,/C,20,20,20", REVEALS),
        ("A,60,90,45/B,10,40,/C,20,20,20/D,30,20,20", REVEALS),
    ] {
        let table = format!("g,n,m,cases/{rows}").replace('/', "\n");
        assert_eq!(verdict(&rule, &table), wanted, "{table}");
    }
    let table = "g,n,m,cases\nA,30,60,25\nB,10,40,\nC,20,20,20\n";
    let hold = check(&rule, &mut table.as_bytes(), table.len() as u64).unwrap_err();
    let wanted = "its row is taken for a total, as it is the sum of all others in column 3 (\"m\")";
    assert!(hold.message.contains(wanted), "{}", hold.message);
}

/// Keys that are numbers with decimals, one group among the other.
#[test]
fn numbers_with_decimals_are_keys() {
    let table = "dose,g,n/1.5,A,/2.5,A,30/1.5,B,45/2.5,B,30/1.5,Total,50/2.5,Total,60";
    for (from, to, wanted) in [("", "", REVEALS), ("B,45", "B,30", "ok")] {
        let table = table.replacen(from, to, 1).replace('/', "\n");
        assert_eq!(verdict(&rule(&["n"], 10, "allow"), &table), wanted, "{table}");
    }
}

/// Columns of other keys are totals of the counts.
#[test]
fn persons_and_amounts_have_counts() {
    let read = |key: &str, value: serde_json::Value| -> Output {
        serde_json::from_value(json!({
            "glob": "x", "kind": "csv", "max-bytes": 4096, "extra-columns": true,
            "counts": { "columns": ["male", "female"], "minimum": 10, "earlier": "ignore" },
            key: value,
        }))
        .unwrap()
    };
    let persons = read("contributors", json!({ "column": "total", "minimum": 10 }));
    let amount = json!({ "largest": ["first"], "total": "total", "percent": 90 });
    let amount = read("dominance", amount);
    for (rule, rows, wanted) in [
        (&persons, "A,45,,50,1", REVEALS),
        (&persons, "A,45,,60,1", "ok"),
        (&persons, "A,45,15,60,1/B,,,,/Total,65,35,65,1", REVEALS),
        (&persons, "A,45,15,60,1/B,,,,/Total,65,35,100,1", "ok"),
        (&amount, "A,45,,50,1", REVEALS),
        (&amount, "A,45,,50.0,1", REVEALS),
        (&amount, "A,45,,60,1", "ok"),
        (&amount, "A,45,,7.5,1", "ok"),
    ] {
        let table = format!("g,male,female,total,first/{rows}").replace('/', "\n");
        assert_eq!(verdict(rule, &table), wanted, "{table}");
    }
}

/// More than can be judged in a moment is held.
#[test]
fn large_puzzles_are_held() {
    for (rows, columns, cell, wanted) in
        [(100, 900, "", REVEALS), (100, 900, "500", "ok"), (10, 20, "", "ok")]
    {
        let parts: Vec<String> = (0..columns).map(|at| format!("c{at}")).collect();
        let names: Vec<&str> = parts.iter().map(String::as_str).chain(["All"]).collect();
        let cells = |cell: &str| format!("{cell},").repeat(columns);
        let row = |at| format!("r{at},{}{}\n", cells(cell), columns * 40);
        let table: String = (0..rows).map(row).collect();
        let (all, each) = (rows * columns * 40, rows * 40);
        let all = format!("All,{}{all}\n", cells(&each.to_string()));
        let table = format!("g,{}\n{table}{all}", names.join(","));
        assert_eq!(verdict(&rule(&names, 10, "allow"), &table), wanted, "{rows} {columns} {cell}");
    }
}

/// So are labels, each of which is looked at with each other of its row.
#[test]
fn many_labels_are_held() {
    let mut rule = rule(&["n"], 10, "allow");
    rule.counts.as_mut().unwrap().earlier = Earlier::Ignore;
    for (labels, rows, wanted) in [(450, 200, REVEALS), (20, 200, "ok")] {
        let names: String = (0..labels).map(|at| format!(",g{at}")).collect();
        let [part, total] = ["a", "All ages"].map(|it| format!(",{it}").repeat(labels));
        let parts = format!("50{part}\n").repeat(rows);
        let table = format!("n{names}\n{part}\n{parts}50{total}\n");
        assert_eq!(verdict(&rule, &table), wanted, "{labels}");
    }
}

/// Rounded totals are some way off: a remainder below zero is no excuse.
#[test]
fn totals_of_rounded_counts() {
    let counts = json!({
        "columns": ["n"], "minimum": 10, "multiple-of": 5, "zero": "allow", "earlier": "ignore",
    });
    let rule: Output = serde_json::from_value(json!({
        "glob": "x", "kind": "csv", "max-bytes": 4096, "extra-columns": true, "counts": counts,
    }))
    .unwrap();
    // Made of what is shown: nothing follows.
    let rows = [("30", "ok"), ("35", REVEALS), ("25", REVEALS), ("20", "ok"), ("45", "ok")];
    for (total, wanted) in rows {
        let table = format!("g,n\nA,30\nB,<10\nTotal,{total}\n");
        assert_eq!(verdict(&rule, &table), wanted, "{total}");
    }
}
