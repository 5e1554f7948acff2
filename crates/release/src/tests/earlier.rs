//! Tables that are compared with earlier ones, and what tells their rows apart.

use serde_json::{Value, json};

use super::*;

/// A rule for a csv with these columns and what else `counts` has.
fn rule(columns: &[&str], counts: Value) -> Output {
    let mut asked = json!({ "columns": ["n"], "minimum": 10, "labels": ["g"] });
    asked.as_object_mut().unwrap().extend(counts.as_object().unwrap().clone());
    let rule = json!({
        "glob": "x", "kind": "csv", "max-bytes": 1 << 20, "columns": columns, "counts": asked,
    });
    serde_json::from_value(rule).unwrap()
}

fn cells(rule: &Output, table: &str) -> Cells {
    check(rule, &mut table.as_bytes(), table.len() as u64).unwrap().cells
}

/// What a table is held for after another, or `ok`.
fn after(rule: &Output, before: &str, then: &str) -> &'static str {
    let mut memory = Memory::default();
    memory.add("before", &cells(rule, before)).unwrap();
    match memory.add("then", &cells(rule, then)) {
        Ok(()) => "ok",
        Err(hold) => hold.code.word(),
    }
}

const HELD: &str = "differencing";

#[test]
fn counts_that_differ_little_are_held() {
    let rule = rule(&["g", "n"], json!({ "zero": "allow" }));
    for (before, then, wanted) in [
        ("120", "120", "ok"),
        ("120", "121", HELD),
        ("120", "111", HELD),
        ("120", "110", "ok"),
        ("120", "129.0", HELD),
        ("120", "130", "ok"),
        ("120", "", HELD),
        ("NA", "120", HELD),
        ("NA", "<10", "ok"),
        ("0", "10", "ok"),
        ("0", "", HELD),
        ("999999999999999999", "0", "ok"),
    ] {
        let table = |n: &str| format!("g,n\nA,{n}\n");
        assert_eq!(after(&rule, &table(before), &table(then)), wanted, "{before:?} {then:?}");
    }
    let mut memory = Memory::default();
    memory.add("a.csv", &cells(&rule, "g,n\nA,120\n")).unwrap();
    let hold = memory.add("b.csv", &cells(&rule, "g,n\nB,30\nA,119\n")).unwrap_err();
    let place = "row 3, column 2 (\"n\") differs by less than 10 from what a.csv has";
    assert!(hold.message.starts_with(place), "{hold}");
}

#[test]
fn every_earlier_count_is_compared() {
    let rule = rule(&["g", "n"], json!({}));
    let mut memory = Memory::default();
    let mut add = |n: &str| memory.add(n, &cells(&rule, &format!("g,n\nA,{n}\n")));
    for n in ["120", "300", "200", "120"] {
        add(n).unwrap();
    }
    for (n, whose) in [("129", "120"), ("111", "120"), ("291", "300"), ("209", "200"), ("", "120")]
    {
        let hold = add(n).unwrap_err();
        assert!(hold.message.contains(&format!("{whose} ")), "{n:?}: {hold}");
    }
    for n in ["130", "110", "310", "190"] {
        add(n).unwrap();
    }
}

#[test]
fn order_and_spelling_hide_nothing() {
    let rule = rule(&["site", "sex", "n"], json!({ "labels": ["site", "sex"] }));
    let before = "site,sex,n\nNorth,f,120\nNorth,m,140\n";
    for (then, wanted) in [
        ("site,sex,n\nNorth,m,141\nNorth,f,120\n", HELD),
        ("n,sex,site\n119,f,North\n", HELD),
        ("site,sex,n\nnorth.,F,119\n", HELD),
        ("site,sex,n\nN\u{43e}rth,f,119\n", HELD),
        ("site,sex,n\nf,North,119\n", "ok"),
        ("site,sex,n\nNorth,x,119\n", "ok"),
        ("site,sex,n\nNorthern,f,119\n", "ok"),
    ] {
        assert_eq!(after(&rule, before, then), wanted, "{then}");
    }
    // In whatever order the rule has them.
    let mut other = rule.clone();
    other.counts.as_mut().unwrap().labels = Some(vec!["sex".into(), "site".into()]);
    assert_eq!(cells(&rule, before), cells(&other, before));
}

#[test]
fn what_is_no_label_makes_no_other_row() {
    let columns = ["site", "year", "note", "mean", "n"];
    let rule = rule(&columns, json!({ "labels": ["site", "year"] }));
    let header = |rows: &str| format!("site,year,note,mean,n\n{rows}");
    for (before, then, wanted) in [
        ("North,2025,a,7.5,120\n", "North,2025,b,7.5,119\n", HELD),
        ("North,2025,a,7.5,120\n", "North,2025,,7.5 (6.9-8.1),119\n", HELD),
        ("North,2025,a,7.5,120\n", "North,2025.0,<0.001,7.4,119\n", HELD),
        ("North,2025,a,7.5,120\n", "North,2026,a,7.5,119\n", "ok"),
        ("North,2025,a,1,120\nNorth,2026,a,1,120\n", "North,2026,a,1,119\n", HELD),
    ] {
        assert_eq!(after(&rule, &header(before), &header(then)), wanted, "{before:?} {then:?}");
    }
    let missing = check_as(&rule, b"site,note,mean,n\nNorth,a,1,120\n").unwrap_err();
    assert_eq!(missing.code, HoldCode::ColumnMissing);
}

/// What a table is held for by itself.
fn verdict(rule: &Output, table: &str) -> &'static str {
    check_as(rule, table.as_bytes()).err().map_or("ok", |hold| hold.code.word())
}

const REPEAT: &str = "labels-repeat";

#[test]
fn a_row_stands_once() {
    let columns = ["g", "ci", "n"];
    let rule = rule(&columns, json!({}));
    for (rows, wanted) in [
        ("A,1-2,120\nB,1-2,121\n", "ok"),
        // The same row twice, far or near, shown or suppressed, and with another interval.
        ("A,1-2,120\nA,1-2,120\n", REPEAT),
        ("A,1-2,120\nB,1-2,80\na.,1-2,160\n", REPEAT),
        ("A,1-2,120\nA,1-3,\n", REPEAT),
        ("A,(1-2),120\nA,p<0.05,119\n", REPEAT),
        // What signs tell apart.
        ("ER+,,120\nER-,,121\nER,,122\n", "ok"),
        ("A+,,120\nA-,,121\nAB+,,122\nAB-,,123\n", "ok"),
        ("♀,,120\n♂,,121\n", "ok"),
        ("-1 SD,,120\n1 SD,,121\n", "ok"),
        ("C,,120\nC++,,121\n", "ok"),
        ("<65,,120\n65+,,121\n65,,122\n1-5,,123\n15,,124\n", "ok"),
        // A leukaemia, and a total.
        ("ALL,,120\nAML,,121\nTotal,,241\n", "ok"),
        ("North,,120\nSubtotal,,120\nSouth,,121\nSubtotal,,121\n", REPEAT),
    ] {
        assert_eq!(verdict(&rule, &format!("g,ci,n\n{rows}")), wanted, "{rows:?}");
    }
    let hold = check_as(&rule, b"g,ci,n\nA,,120\nB,,80\nA,,120\n").unwrap_err();
    let said = "row 4 has the labels of row 2: repeat the group's name in each row, or name the \
                column that tells them apart in `labels`";
    assert_eq!(hold.message, said);
    // What nobody's labels tell apart is held with its second row, whatever follows.
    let rows: String = (0..100_000).map(|row| format!("A,{row},120\n")).collect();
    let hold =
        check(&large(&rule), &mut format!("g,ci,n\n{rows}").as_bytes(), rows.len() as u64 + 7);
    assert!(hold.unwrap_err().message.starts_with("row 3 has the labels of row 2:"));
    // A table of one row has none.
    let one = self::rule(&["n"], json!({ "labels": [] }));
    assert_eq!(verdict(&one, "n\n120\n"), "ok");
    assert_eq!(verdict(&one, "n\n120\n160\n"), REPEAT);
    assert_eq!(after(&one, "n\n120\n", "n\n119\n"), HELD);
}

fn large(rule: &Output) -> Output {
    Output { max_bytes: 1 << 30, ..rule.clone() }
}

/// A table of characteristics names each once, and its levels in rows below or in a column of their
/// own.
#[test]
fn tables_of_characteristics() {
    let levels =
        rule(&["characteristic", "level", "n"], json!({ "labels": ["characteristic", "level"] }));
    let header = |rows: &str| format!("characteristic,level,n\n{rows}");
    let full = header("Smoker,Yes,120\nSmoker,No,180\nDiabetes,Yes,121\nDiabetes,No,179\n");
    assert_eq!(verdict(&levels, &full), "ok");
    assert_eq!(after(&levels, &full, &full.replace("No,179", "No,180")), HELD);
    // Levels without the characteristic's name: which is meant isn't told.
    let gaps = header("Smoker,Yes,120\n,No,180\nDiabetes,Yes,121\n,No,179\n");
    assert_eq!(verdict(&levels, &gaps), REPEAT);
}

#[test]
fn names_of_columns_are_the_rules_or_in_normal_form() {
    let mut any = rule(&["g"], json!({}));
    any.extra_columns = Some(true);
    any.counts.as_mut().unwrap().columns = vec!["n_*".into()];
    assert_eq!(after(&any, "g,n_f,n_m\nA,120,90\n", "g,n_f,n_m\nA,120,91\n"), HELD);
    assert_eq!(after(&any, "g,n_f,n_m\nA,120,90\n", "g,n_F,n_m\nA,119,90\n"), HELD);
    assert_eq!(after(&any, "g,n_f,n_m\nA,120,90\n", "g,n_f,x,n_m\nA,120,7.5,91\n"), HELD);
    // A job could write the same column twice.
    assert_eq!(verdict(&any, "g,n_f,n_F\nA,120,119\n"), "column-extra");
    let both = rule(&["g", "n", "N"], json!({ "columns": ["n", "N"] }));
    assert_eq!(verdict(&both, "g,n,N\nA,120,121\n"), "ok");
}

#[test]
fn row_names_may_be_labels() {
    let mut named = rule(&["n"], json!({ "labels": [""] }));
    named.row_names = true;
    assert_eq!(after(&named, "n\nA,120\nB,80\n", "n\nB,80\nA,119\n"), HELD);
    assert_eq!(verdict(&named, "n\nA,120\nA,80\n"), REPEAT);
    // Numbers of rows are none.
    let mut numbered = rule(&["g", "n"], json!({}));
    numbered.row_names = true;
    assert_eq!(after(&numbered, "g,n\n1,A,120\n2,B,80\n", "g,n\n1,B,80\n2,A,119\n"), HELD);
}

#[test]
fn nothing_is_kept_where_nothing_is_compared() {
    let table = "g,n\nA,120\n";
    let kept = |more: Value| cells(&rule(&["g", "n"], more), table).counts();
    assert_eq!(kept(json!({})), 1);
    assert_eq!(kept(json!({ "multiple-of": 5 })), 1);
    for more in [
        json!({ "earlier": "ignore" }),
        json!({ "minimum": 1 }),
        json!({ "multiple-of": 10 }),
        json!({ "multiple-of": 20 }),
    ] {
        assert_eq!(kept(more.clone()), 0, "{more}");
    }
    let mut none = rule(&["g", "n"], json!({}));
    none.counts = None;
    assert_eq!(cells(&none, table), Cells::default());
}

#[test]
fn the_page_has_an_example() {
    let page = include_str!("../../../../docs/reference/release.md");
    let section = page.split_once("## Earlier releases").unwrap().1;
    let blocks: Vec<_> = section.split("```").skip(1).step_by(2).take(4).collect();
    let [rule, before, then, said] = blocks[..] else { panic!("{blocks:?}") };
    let rule: toml::Value = toml::from_str(rule.strip_prefix("toml\n").unwrap()).unwrap();
    let rule: Output = rule["output"][0].clone().try_into().unwrap();
    let [before, then, said] = [before, then, said].map(|it| it.strip_prefix("text\n").unwrap());
    let mut memory = Memory::default();
    memory.add("run first-lab-1.0", &cells(&rule, before)).unwrap();
    let hold = memory.add("", &cells(&rule, then)).unwrap_err();
    assert_eq!(said, format!("\"tables/again.csv\": {}\n", hold.message));
    for far in ["130", "120"] {
        assert_eq!(after(&rule, before, &then.replace("119", far)), "ok", "{far}");
    }
}
