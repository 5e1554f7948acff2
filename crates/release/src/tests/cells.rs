//! Cells and rows: hostile ones beside harmless twins.

use sluice_policy::entry::{ContentKind, Output};

use super::{check_as, rule};

fn judge(rule: &Output, content: &str) -> &'static str {
    check_as(rule, content.as_bytes()).map_or_else(|hold| hold.code.word(), |_| "pass")
}

#[test]
fn no_cell_is_run() {
    let rule = rule(ContentKind::Csv);
    let held = |cell: &str| judge(&rule, &format!("site,x\nA,\"{}\"\n", cell.replace('"', "\"\"")));
    for cell in [
        "=1+1",
        "=cmd|' /C calc'!A0",
        "@SUM(A1)",
        "+A1",
        "-A1",
        "-2+3+cmd|' /C calc'!A0",
        "+cmd",
        " =A1",
        "'=A1",
        "\"=A1",
        "\t12",
        "\n=A1",
        "＝A1",
        "－A1",
        "＋A1",
        "＠A1",
        "-1-E5",
        "-sum(1)",
        "-1+Sheet2!A1",
        "+1&A1",
        "-0.5 (see A1)",
        "@home",
        "-5 kg",
    ] {
        assert_eq!(held(cell), "active-content", "{cell:?}");
    }
    for cell in [
        "-1.5",
        "+3",
        "-1,234",
        "-1e-5",
        "-1E+05",
        "-",
        "+",
        "--",
        "+/-",
        "-Inf",
        "-inf",
        "-nan",
        "=",
        "-0.51 (-0.7 to -0.3)",
        "-0.34***",
        "-1.2 (SD 0.4)",
        "-5 %",
        "-12.5%",
        "- 3",
        "-0.5; -0.1",
        "http://x.example/?a=b",
        "a=1",
        "a@b.example",
        "x-1",
        "(=1)",
        "*",
        "<5",
        "#N/A",
    ] {
        assert_eq!(held(cell), "pass", "{cell:?}");
    }
}

/// What it is, content, verdict.
#[test]
fn a_second_table_is_held() {
    let rule = Output {
        forbidden_columns: vec!["patient_id".into()],
        max_rows: Some(5),
        ..rule(ContentKind::Csv)
    };
    for (what, content, wanted) in [
        ("a blank line at the end", "a,n\nx,1\n\n", "pass"),
        ("two of them", "a,n\nx,1\n\n\n", "second-table"),
        ("rows behind one", "a,n\nx,1\n\ny,2\n", "second-table"),
        ("another width behind one", "a,n\nx,1\r\n\r\nb\n4711\n", "second-table"),
        ("the header again", "a,n\nx,1\na,n\ny,2\n", "second-table"),
        ("the header again, of words alone", "a,b\nx,y\na,b\n", "second-table"),
        ("a forbidden name under numbers", "n\n12\npatient_id\n4711\n", "second-table"),
        ("another header behind an empty row", "a,n\nx,1\n,\nb,m\ny,2\n", "second-table"),
        ("rows behind an empty row", "a,n\nx,1\n,\nDoe,44\n", "second-table"),
        ("an empty row at the end", "a,n\nx,1\n,\n", "pass"),
        ("a gene on a chromosome of letters", "gene,chr\nBRCA2,13\nXIST,X\n", "pass"),
        ("a suppressed count", "a,n\nx,12\ny,suppressed\nz,NA\n", "pass"),
        ("a state called ID", "state,n\nOH,12\nID,31\n", "pass"),
        ("as many rows as allowed", "a,n\nx,1\nx,1\nx,1\nx,1\nx,1\n", "pass"),
        ("one more", "a,n\nx,1\nx,1\nx,1\nx,1\nx,1\nx,1\n", "too-many-rows"),
        ("line ends in a cell", "a,n\n\"1\n2\n3\n4\n5\n6\",1\n", "too-many-rows"),
        ("line ends in a name", "\"1\n2\n3\n4\n5\n6\n7\",n\na,1\n", "too-many-rows"),
        ("few of them", "a,n\n\"1\n2\n3\",1\n", "pass"),
    ] {
        assert_eq!(judge(&rule, content), wanted, "{what}");
    }
}
