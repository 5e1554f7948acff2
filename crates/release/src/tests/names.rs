//! Names of columns: hostile ones beside harmless twins.

use sluice_policy::entry::{ContentKind, Output};

use super::{check_as, rule};

fn judge(rule: &Output, content: &str) -> &'static str {
    check_as(rule, content.as_bytes()).map_or_else(|hold| hold.code.word(), |_| "pass")
}

/// What it is, header, whether it has the forbidden name.
#[test]
fn forbidden_names_are_found_however_spelled() {
    let rule = Output {
        forbidden_columns: ["patient_id", "id", "name"].map(String::from).into(),
        ..rule(ContentKind::Csv)
    };
    for (what, name, forbidden) in [
        ("case", "Patient_ID", true),
        ("no line", "patientid", true),
        ("a point", "patient.id", true),
        ("width", "ｐａｔｉｅｎｔ＿ｉｄ", true),
        ("Cyrillic", "р\u{430}tient_id", true),
        ("Greek capitals", "PATIE\u{39d}T_ID", true),
        ("a Ukrainian capital", "PAT\u{406}ENT_ID", true),
        ("a small L for an I", "PATlENT_ID", true),
        ("a digit for an I", "pat1ent_id", true),
        ("an accent", "pátient_id", true),
        ("R's merge", "patient_id.x", true),
        ("pandas' merge", "patient_id_y", true),
        ("pandas' second", "patient_id.1", true),
        ("a part", "id:patient_id", true),
        ("a part in brackets", "key (patient_id)", true),
        ("a path", "cohort/patient_id", true),
        ("a short one", "ID", true),
        ("linkage disequilibrium", "LD", false),
        ("a gene", "gene_id", false),
        ("a gene's name", "gene.name", false),
        ("patients", "patients", false),
        ("a word that ends with x", "idx", false),
        ("French", "identité", false),
        ("Chinese", "\u{59d3}\u{540d}", false),
        ("a percent sign", "%", false),
    ] {
        let wanted = if forbidden { "column-forbidden" } else { "pass" };
        assert_eq!(judge(&rule, &format!("\"{name}\",n\na,12\n")), wanted, "{what}: {name}");
    }
}

/// What it is, content, verdict.
#[test]
fn headers_have_names() {
    let open = rule(ContentKind::Csv);
    for (what, content, wanted) in [
        ("pandas' index", ",n\nP1,12\n", "column-unnamed"),
        ("pandas' index, read and written again", "Unnamed: 0,n\nP1,12\n", "column-unnamed"),
        ("an index with a name", "row,n\nP1,12\n", "pass"),
        ("the last without a name", "site,\nA,12\n", "column-unnamed"),
        ("numbers", "4711,12\n4712,3\n", "header-missing"),
        ("a number", "North,12\nSouth,3\n", "header-missing"),
        ("a date", "site,2026-11-30\nA,3\n", "header-missing"),
        ("a date and nothing", "30.11.2026,\n1.12.2026,3\n", "header-missing"),
        ("years", "site,2025,2026\nA,12,31\n", "pass"),
        ("years alone", "2025,2026\n12,31\n", "header-missing"),
        ("age groups", "site,0-4,5-9\nA,12,31\n", "pass"),
        ("twice the same", "n,n\n1,2\n", "column-extra"),
        ("another case", "n,N\n1,2\n", "pass"),
        ("a formula", "-log10(p),n\n1,2\n", "active-content"),
        ("a sign", "+/-,n\n1,2\n", "pass"),
    ] {
        assert_eq!(judge(&open, content), wanted, "{what}");
    }
    let closed = Output {
        columns: ["-log10(p)", "10"].map(String::from).into(),
        extra_columns: None,
        ..rule(ContentKind::Csv)
    };
    for (what, content, wanted) in [
        ("what the rule names", "-log10(p),10\n1.5,2\n", "pass"),
        ("another", "-log10(p),10,n\n1.5,2,3\n", "column-extra"),
        ("one short", "-log10(p)\n1.5\n", "column-missing"),
        ("one in another case", "-LOG10(p),10\n1.5,2\n", "column-missing"),
    ] {
        assert_eq!(judge(&closed, content), wanted, "{what}");
    }
}

#[test]
fn row_names_and_comments_are_the_rules_to_allow() {
    let closed = |kind| Output {
        columns: vec!["n".into()],
        extra_columns: None,
        forbidden_columns: vec!["patient_id".into()],
        ..rule(kind)
    };
    let with_names = Output { row_names: true, ..closed(ContentKind::Csv) };
    for (what, content, wanted) in [
        ("R's empty name", "\"\",\"n\"\n\"a\",12\n", "pass"),
        ("a header one short", "n\na,12\n", "pass"),
        ("no row names", "n\n12\n", "pass"),
        ("a header two short", "n\na,b,12\n", "not-csv"),
        ("rows of two widths", "n\na,12\n12\n", "not-csv"),
        ("an empty name and a header one short", ",n\nA,4711,12\n", "not-csv"),
        ("an empty name further on", "n,\n12,a\n", "column-unnamed"),
    ] {
        assert_eq!(judge(&with_names, content), wanted, "{what}");
    }
    assert_eq!(judge(&closed(ContentKind::Csv), "n\na,12\n"), "not-csv");

    let commented = Output { comments: Some('#'), ..closed(ContentKind::Tsv) };
    for (what, content, wanted) in [
        ("a comment", "# made by \"x\"\nn\n12\n", "pass"),
        ("a forbidden name as a comment", "#patient_id\nn\n12\n", "column-forbidden"),
        ("a formula in a comment", "# x\t=1+1\nn\n12\n", "active-content"),
        ("a comment below", "# x\nn\n# 4711\n", "not-tsv"),
        ("comments alone", "# x\n", "not-tsv"),
    ] {
        assert_eq!(judge(&commented, content), wanted, "{what}");
    }
    let open = Output { extra_columns: Some(true), columns: Vec::new(), ..commented };
    assert_eq!(judge(&open, "##v=1\n#CHROM\tPOS\nchr1\t12\n"), "pass", "as VCF has it");
    assert_eq!(judge(&open, "# a\tb\npatient_id\tn\n4711\t12\n"), "column-forbidden", "either");
}
