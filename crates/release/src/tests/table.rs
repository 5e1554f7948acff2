use sluice_policy::entry::{ContentKind, Output};

use super::{check_as, code, message, rule};

#[test]
fn csv_is_a_table() {
    for good in [
        "a,b\n1,2\n",
        "a,b\r\n1,2\r\n",
        "a,b\n1,2",
        "a\n",
        "a,b\n,\n",
        "a,b\n1,",
        "a,b\n1,2\n\n",
        "a,b\r\n1,2\r\n\r\n",
        "a,b\n\"x, \"\"y\"\"\nz\",2\n",
        "a,b\n\"\",\"\"",
    ] {
        assert_eq!(code(ContentKind::Csv, good), "ok", "{good:?}");
    }
    for (bad, said) in [
        ("", "row 1, column 1 is missing"),
        ("a,b\n1\n", "row 2, column 1 ends the row; the header has 2 columns"),
        ("a,b\n1,2,3\n", "row 2, column 3 ends the row; the header has 2 columns"),
        ("\n", "row 1, column 1 is missing"),
        ("\na,b\n1,2\n", "row 1 is blank"),
        ("a\n\"\"\n", "row 2, column 1 is empty, and the table has no other column"),
        ("a,b\n1,2,", "row 2, column 3 ends"),
        ("a,b\n1,x\"y\n", "row 2, column 2 has a quote inside"),
        ("a,b\n1,\"x\ny", "row 2, column 2 has a quote that does not end"),
        ("a,b\n1,\"x\"y\n", "row 2, column 2 goes on"),
    ] {
        let found = message(ContentKind::Csv, bad);
        assert!(found.contains(said), "{bad:?}: {found}");
    }
    assert_eq!(code(ContentKind::Csv, "a,b\n1,\0\n"), "not-text");
}

/// What a spreadsheet reads as several columns is no name of one.
#[test]
fn other_delimiters_hide_no_columns() {
    for (kind, table) in [
        (ContentKind::Csv, "count;patient_id\n1;2\n"),
        (ContentKind::Csv, "count\tpatient_id\n1\t2\n"),
        (ContentKind::Csv, "count|patient_id,x\n1|2,3\n"),
        (ContentKind::Csv, "\"count;patient_id\",x\n1,2\n"),
        (ContentKind::Csv, "\"count,patient_id\"\n\"1,2\"\n"),
        (ContentKind::Tsv, "count;patient_id\n1;2\n"),
        (ContentKind::Tsv, "count,patient_id\n1,2\n"),
        (ContentKind::Tsv, "count|patient_id\tx\n1\t2\n"),
    ] {
        assert_eq!(code(kind, table), "other-delimiter", "{table:?}");
    }
    assert_eq!(code(ContentKind::Csv, "\"height, cm\",n\n1,2\n"), "ok");
    assert_eq!(code(ContentKind::Tsv, "height, cm\tn\n1\t2\n"), "ok");
    let said = message(ContentKind::Csv, "a,b;c\n1,2\n");
    let wanted = "row 1, column 2 looks separated by ';', not by commas";
    assert_eq!(said, wanted);
    let said = message(ContentKind::Tsv, "a,b\n1,2\n");
    assert!(said.contains("by ',', not by tabs"), "{said}");
    let said = message(ContentKind::Csv, "a\tb\n1\t2\n");
    assert!(said.contains("by '\\t', not by commas"), "{said}");
    // A name that the rule itself has is one.
    let rule = Output { columns: vec!["a|b".into()], ..rule(ContentKind::Csv) };
    assert!(check_as(&rule, b"a|b,n\n1,2\n").is_ok());
}

#[test]
fn tsv_is_a_table() {
    for good in ["a\tb\n1\t2\n", "a\tb\r\n1\t2", "a\tb\n\t\n", "\"a\"\tb\n\"x y\"\t\"\"\n"] {
        assert_eq!(code(ContentKind::Tsv, good), "ok", "{good:?}");
    }
    for (bad, said) in [
        ("", "is missing"),
        ("a\tb\n1\n", "ends the row"),
        ("a\n1\t2\n", "ends the row"),
        ("\"a\tb\"\n1\t2\n", "row 1, column 1 has quotes around a tab"),
        ("a\tb\n1\t\"x\ny\"\n", "row 2, column 2 has quotes around a tab or a line end"),
        ("\"\n1\n", "row 1, column 1 has quotes around a tab"),
        ("\"", "row 1, column 1 has a quote that does not end"),
        ("a\n\"x\"\"y\"\n", "row 2, column 1 has a doubled quote"),
        ("a\n\"x\"y\n", "row 2, column 1 goes on"),
        // R takes it for the beginning of a longer cell, Python for a character.
        ("a \"b\tc\n1\t2\n", "row 1, column 1 has a quote inside"),
        ("a\tc\n5\" pipe\t2\n", "row 2, column 1 has a quote inside"),
    ] {
        assert_eq!(code(ContentKind::Tsv, bad), "not-tsv", "{bad:?}");
        let found = message(ContentKind::Tsv, bad);
        assert!(found.contains(said), "{bad:?}: {found}");
    }
}

#[test]
fn tables_have_so_many_rows() {
    for (kind, separator) in [(ContentKind::Csv, ","), (ContentKind::Tsv, "\t")] {
        let mut rule = rule(kind);
        rule.max_rows = Some(2);
        let table =
            |rows: usize| format!("a{separator}b\n{}", format!("1{separator}2\n").repeat(rows));
        assert!(check_as(&rule, table(2).as_bytes()).is_ok());
        let hold = check_as(&rule, table(3).as_bytes()).unwrap_err();
        assert_eq!(
            (hold.code.word(), hold.message.as_str()),
            ("too-many-rows", "it has more than 2 rows")
        );
        rule.max_rows = Some(0);
        assert!(check_as(&rule, table(0).as_bytes()).is_ok());
    }
}

#[test]
fn columns_are_asked_for_and_forbidden() {
    let held = |kind, content: &str| {
        let (columns, forbidden_columns) = (vec!["count".into()], vec!["Patient_ID".into()]);
        let rule = Output { columns, forbidden_columns, ..rule(kind) };
        check_as(&rule, content.as_bytes()).err().map(|hold| (hold.code.word(), hold.message))
    };
    for (kind, with) in [(ContentKind::Csv, ","), (ContentKind::Tsv, "\t")] {
        let table = |text: &str| held(kind, &text.replace(',', with));
        assert_eq!(table("sample,count\nA,1\n"), None);
        let (code, message) = table("sample,number\nA,1\n").unwrap();
        assert_eq!((code, message.as_str()), ("column-missing", "it has no column \"count\""));
        let (code, message) = table("count, patient_id \n1,4711\n").unwrap();
        assert_eq!(code, "column-forbidden");
        assert!(message.contains("row 1, column 2") && !message.contains("4711"), "{message}");
    }
    assert_eq!(
        held(ContentKind::Csv, "\"patient_id\",count\n1,2\n").unwrap().0,
        "column-forbidden"
    );
    assert_eq!(held(ContentKind::Csv, "\"count\"\n1\n"), None);
    // As R and pandas write them.
    assert_eq!(held(ContentKind::Tsv, "\"count\"\t\"n\"\n1\t2\n"), None);
    for (kind, header) in [
        (ContentKind::Tsv, "\"patient_id\"\tcount"),
        (ContentKind::Tsv, "' patient_id '\tcount"),
        (ContentKind::Tsv, "x, patient_id\tcount"),
        (ContentKind::Csv, "'PATIENT_ID',count"),
        (ContentKind::Csv, "\"\"\"patient_id\"\"\",count"),
        (ContentKind::Csv, "\"x,patient_id\",count"),
        (ContentKind::Csv, "\"x\npatient_id\",count"),
        (ContentKind::Csv, "\u{201c}patient_id\u{201d},count"),
    ] {
        let with = if kind == ContentKind::Csv { "," } else { "\t" };
        let (code, _) = held(kind, &format!("{header}\n1{with}2\n")).unwrap();
        assert_eq!(code, "column-forbidden", "{header:?}");
    }
}

/// pandas writes a header row for each level of its columns.
#[test]
fn several_header_rows_are_named() {
    let columns = ["site", "f", "m"].map(String::from).to_vec();
    let rule = Output { columns, ..rule(ContentKind::Csv) };
    let said = |table: &str| check_as(&rule, table.as_bytes()).unwrap_err().to_string();
    let levels = said("age,young,young,old,old\nsex,f,m,f,m\nsite,,,,\nA,12,13,14,15\n");
    assert!(levels.contains("pandas writes a MultiIndex"), "{levels}");
    let other = said("site,f,x\nA,12,13\n");
    assert!(!other.contains("MultiIndex"), "{other}");
}
