//! Tables that are compared with earlier ones, and what tells their rows apart.

use serde_json::{Value, json};

use super::*;

/// A rule for a csv with these columns and what else `counts` has.
fn rule(columns: &[&str], counts: Value) -> Output {
    let mut asked = json!({ "columns": ["n"], "minimum": 10 });
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
fn order_and_spelling_hide_nothing() {
    let rule = rule(&["site", "sex", "n"], json!({}));
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
}

#[test]
fn other_numbers_make_no_other_row() {
    let rule = rule(&["site", "year", "mean", "n"], json!({}));
    let header = |rows: &str| format!("site,year,mean,n\n{rows}");
    for (before, then, wanted) in [
        // A word tells the row apart: neither mean nor year do.
        ("North,2025,61.2,120\n", "North,2025,61.3,119\n", HELD),
        ("North,2025,61.2,120\n", "North,2025,7.5 (2.1),119\n", HELD),
        ("North,2025,61.2,120\n", "North,2026,61.3,119\n", HELD),
        // The year does, and no mean.
        (
            "North,2025,61.2,120\nNorth,2026,61.2,140\n",
            "North,2025,61.3,119\nNorth,2026,61.2,140\n",
            HELD,
        ),
        ("North,2025,61.2,120\n", "North,2025,61.3,119\nNorth,2026,61.2,140\n", HELD),
        ("North,2025,,120\nNorth,2026,,121\n", "North,2027,,122\nNorth,2028,,119\n", "ok"),
        // Nothing but the mean.
        ("North,1,0.5,120\nNorth,1,0.7,121\n", "North,1,0.5,120\nNorth,1,0.7,122\n", HELD),
        ("North,1,0.5,120\nNorth,1,0.7,121\n", "North,1,0.6,119\nNorth,1,0.8,122\n", "ok"),
    ] {
        assert_eq!(after(&rule, &header(before), &header(then)), wanted, "{before:?} {then:?}");
    }
    // Columns that the rule doesn't name.
    let mut any = rule;
    any.columns = Vec::new();
    any.extra_columns = Some(true);
    any.counts.as_mut().unwrap().columns = vec!["n_*".into()];
    assert_eq!(after(&any, "g,n_f,n_m\nA,120,90\n", "h,n_f,n_m\nA,120,91\n"), HELD);
    assert_eq!(after(&any, "g,n_f,n_m\nA,120,90\n", "g,n_F,n_m\nA,119,90\n"), HELD);
    assert_eq!(after(&any, "g,n_f,n_m\nA,120,90\n", "g,n_f,x,n_m\nA,120,7.5,91\n"), HELD);
}

#[test]
fn labels_of_the_rule_are_the_only_ones() {
    let rule = rule(&["site", "year", "note", "n"], json!({ "labels": ["site", "year"] }));
    let header = |rows: &str| format!("site,year,note,n\n{rows}");
    for (before, then, wanted) in [
        ("North,2025,a,120\n", "North,2025,b,119\n", HELD),
        ("North,2025,a,120\n", "North,2026,a,119\n", "ok"),
        ("North,2025,a,120\n", "North,2025.0,a,119\n", HELD),
        // More rows with the same labels.
        ("North,2025,a,120\n", "North,2025,a,140\nNorth,2025,b,119\n", HELD),
    ] {
        assert_eq!(after(&rule, &header(before), &header(then)), wanted, "{before:?} {then:?}");
    }
    let missing = check_as(&rule, b"site,note,n\nNorth,a,120\n").unwrap_err();
    assert_eq!(missing.code, HoldCode::ColumnMissing);
}

#[test]
fn one_table_may_be_two() {
    let rule = rule(&["g", "n"], json!({}));
    let held = |table: &str| check_as(&rule, table.as_bytes()).unwrap_err();
    let hold = held("g,n\nA,120\nB,80\na.,119\n");
    assert_eq!(hold.code, HoldCode::Differencing);
    assert!(
        hold.message
            .starts_with("row 4, column 2 (\"n\") differs by less than 10 from what another row")
    );
    assert_eq!(held("g,n\nA,120\nA,\n").code, HoldCode::Differencing);
    check_as(&rule, b"g,n\nA,120\nA,120\nA,140\n").unwrap();
    check_as(&rule, "g,n\n<65,120\n65+,121\n65,122\n1-5,123\n15,124\n".as_bytes()).unwrap();
}

#[test]
fn row_names_are_labels_and_their_numbers_none() {
    let mut rule = rule(&["n"], json!({}));
    rule.row_names = true;
    assert_eq!(after(&rule, "n\nA,120\nB,80\n", "n\nB,80\nA,119\n"), HELD);
    let rule = Output { columns: vec!["g".into(), "n".into()], ..rule };
    assert_eq!(after(&rule, "g,n\n1,A,120\n2,B,80\n", "g,n\n1,B,80\n2,A,119\n"), HELD);
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
