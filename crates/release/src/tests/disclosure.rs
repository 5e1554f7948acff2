//! Defects of a table's numbers, each beside a twin that passes.

use serde_json::{Value, json};

use super::*;

/// A rule for a csv of any columns, with `keys` beside. Its counts are compared with none unless it has
/// labels.
fn with(keys: Value) -> Output {
    let mut rule = json!({
        "glob": "x", "kind": "csv", "max-bytes": 1 << 20, "extra-columns": true,
    });
    let all = rule.as_object_mut().unwrap();
    all.extend(keys.as_object().unwrap().clone());
    if let Some(counts) = all.get_mut("counts").filter(|it| it.get("labels").is_none()) {
        counts["earlier"] = "ignore".into();
    }
    serde_json::from_value(rule).unwrap()
}

fn passed(rule: &Output, table: &str) -> Passed {
    check(rule, &mut table.as_bytes(), table.len() as u64).unwrap()
}

/// The code that a table is held for, or `ok`.
fn verdict(rule: &Output, table: &str) -> &'static str {
    match check_as(rule, table.as_bytes()) {
        Ok(()) => "ok",
        Err(hold) => hold.code.word(),
    }
}

fn each(rule: &Output, table: impl Fn(&str) -> String, rows: &[(&str, &str)]) {
    for (cells, wanted) in rows {
        assert_eq!(verdict(rule, &table(cells)), *wanted, "{cells:?}");
    }
}

#[test]
fn small_counts_are_held() {
    let rule = with(json!({ "counts": { "columns": ["n", "n_*"], "minimum": 10 } }));
    let table = |cells: &str| format!("group,n,n_f\nA,50,40\nB,{cells}\n");
    each(
        &rule,
        table,
        &[
            ("10,10", "ok"),
            ("9,10", "count-small"),
            ("20,3", "count-small"),
            ("20,<10", "ok"),
            ("20,<3", "count-invalid"),
            ("20,", "ok"),
            ("20,0", "count-small"),
            ("30,12.0", "count-invalid"),
            ("20,12.5", "count-invalid"),
            ("20,-12", "count-invalid"),
            ("20,1e3", "count-invalid"),
            ("20,1000000000000000000000000000000", "count-invalid"),
            ("\"20\",\"[REDACTED]\"", "ok"),
            ("20,\"1,200\"", "count-invalid"),
        ],
    );
    let hold = check_as(&rule, table("20,3").as_bytes()).unwrap_err();
    assert_eq!(hold.message, "row 3, column 3 (\"n_f\") is a count below 10");
    let zero = with(json!({ "counts": { "columns": ["n"], "minimum": 10, "zero": "allow" } }));
    each(&zero, table, &[("0,10", "ok"), ("1,10", "count-small"), ("0,1", "ok")]);
    let rounded = json!({ "columns": ["n"], "minimum": 10, "multiple-of": 5, "zero": "allow" });
    let rounded = with(json!({ "counts": rounded }));
    let rows = [("15,1", "count-unrounded"), ("5,1", "count-small"), ("0,1", "count-unrounded")];
    let table = |cells: &str| format!("group,n,x\nA,50,40\nB,{cells}\nC,12,1\n");
    each(&rounded, table, &rows);
    each(&rounded, |cells| format!("group,n\nA,{cells}\n"), &[("15", "ok"), ("0", "ok")]);
}

#[test]
fn the_columns_of_a_rule_must_be_there_once() {
    let counts = |columns: Value| with(json!({ "counts": { "columns": columns, "minimum": 1 } }));
    for (columns, header, wanted) in [
        (json!(["n"]), "n", "ok"),
        (json!(["n"]), "N", "column-missing"),
        (json!(["n", "m"]), "n", "column-missing"),
        (json!(["n", "m_*"]), "n", "column-missing"),
        (json!(["n_*"]), "n_a,n_b", "ok"),
    ] {
        assert_eq!(verdict(&counts(columns), &format!("{header}\n")), wanted, "{header}");
    }
    let rule = with(json!({ "contributors": { "column": "n", "minimum": 10 } }));
    each(&rule, |header| format!("{header}\n10,3\n"), &[("n,x", "ok"), ("n,n", "column-extra")]);
}

/// What a percentage of `of` may stand for, with a minimum of 10.
#[test]
fn percentages_are_counts() {
    let counts = json!({ "columns": ["n"], "minimum": 10, "zero": "allow" });
    let percent = json!({ "columns": ["share*"], "of": "n" });
    let rule = with(json!({ "counts": counts, "percent": percent }));
    each(
        &rule,
        |cells| format!("group,n,share\nA,{cells}\n"),
        &[
            ("200,50", "ok"),
            ("200,50.0", "ok"),
            ("200,4.5", "percent-reveals"),
            // All but 9.
            ("200,95.5", "percent-reveals"),
            ("200,5", "percent-reveals"), // 9 is written so when it is rounded up
            ("200,5.0", "ok"),
            ("200,95.0", "ok"),
            ("200,0.0", "ok"),
            ("200,100.0", "ok"),
            // 1 of 200 is written so when it is cut off.
            ("200,0", "percent-reveals"),
            ("200,100", "percent-reveals"),
            ("30,33.333333333333336", "ok"),
            ("30,33.333333333333", "ok"),
            ("30,33.333333", "ok"),
            ("30,30.000000000000004", "percent-reveals"),
            // Of another whole: it would give that away.
            ("30,34.7826", "percent-reveals"),
            // The decimals give numerator and denominator back.
            ("<10,33.333333", "percent-reveals"),
            (",33.333333", "percent-reveals"),
            ("<10,", "ok"),
            ("200,NA", "ok"),
            ("0,0", "ok"),
            ("0,50", "percent-reveals"),
            ("0,NaN", "ok"),
            ("200,100.01", "count-invalid"),
            ("200,-5", "count-invalid"),
            ("200,5e1", "count-invalid"),
            ("200,50%", "count-invalid"),
            ("200,<10", "count-invalid"),
            ("999999999999999999,50", "ok"),
        ],
    );
    let counts = json!({ "columns": ["n"], "minimum": 10 });
    let percent = json!({ "columns": ["share"], "of": "n" });
    let strict = with(json!({ "counts": counts, "percent": percent }));
    let rows = [("200,0.0", "percent-reveals"), ("200,100.0", "percent-reveals")];
    each(&strict, |cells| format!("group,n,share\nA,{cells}\n"), &rows);
    let counts = json!({ "columns": ["n"], "minimum": 10, "multiple-of": 5 });
    let percent = json!({ "columns": ["share"], "of": "n" });
    let rounded = with(json!({ "counts": counts, "percent": percent }));
    let rows = [
        ("200,12.5", "ok"),
        ("200,12.0", "percent-reveals"),
        ("200,12", "ok"),
        ("200,2.5", "percent-reveals"),
    ];
    each(&rounded, |cells| format!("group,n,share\nA,{cells}\n"), &rows);
}

#[test]
fn rows_of_few_persons_are_held() {
    let rule = with(json!({ "contributors": { "column": "persons", "minimum": 10 } }));
    each(
        &rule,
        |cells| format!("group,persons,mean\n{cells}\n"),
        &[
            ("A,10,3.5", "ok"),
            ("A,9,3.5", "contributors-few"),
            ("A,0,", "contributors-few"),
            ("A,<10,3.5", "contributors-few"),
            ("A,<10,-3.5e1", "contributors-few"),
            ("A,<10,35%", "contributors-few"),
            ("A,<10,NA", "ok"),
            ("A,,", "ok"),
            ("A,many,3.5", "count-invalid"),
            ("A,,7.5 (2.1)", "contributors-few"),
            ("A,,\"1,234\"", "contributors-few"),
            ("A,,\u{ff17}", "contributors-few"),
            ("A,,see below", "ok"),
            // Labels stand left of the numbers.
            ("10,,", "ok"),
            ("18-39,,", "ok"),
            ("7.5 (2.1),,", "contributors-few"),
            ("\"1,234\",,", "contributors-few"),
            ("35%,,", "contributors-few"),
        ],
    );
}

/// Which word it is could say something of the number.
#[test]
fn a_column_has_one_word_for_suppressed() {
    let rule = with(json!({ "counts": { "columns": ["n", "m"], "minimum": 10 } }));
    each(
        &rule,
        |cells| format!("group,n,m\nA,NA,\nB,50,60\nC,{cells}\n"),
        &[
            ("NA,", "ok"),
            (" NA,60", "hidden-content"),
            (",60", "count-invalid"),
            ("<10,60", "count-invalid"),
            ("NaN,60", "count-invalid"),
            ("NA,*", "count-invalid"),
        ],
    );
    let persons = with(json!({ "contributors": { "column": "n", "minimum": 10 } }));
    each(
        &persons,
        |cells| format!("group,n,mean\nA,NA,\nC,{cells}\n"),
        &[("NA,", "ok"), ("*,", "count-invalid"), ("50,1.5", "ok")],
    );
}

#[test]
fn dominated_totals_are_held() {
    let dominance = json!({ "largest": ["first", "second"], "total": "turnover", "percent": 90 });
    each(
        &with(json!({ "dominance": dominance })),
        |cells| format!("branch,turnover,first,second\nA,{cells}\n"),
        &[
            ("100,60,30", "ok"),
            ("100,60,30.000000000001", "dominated"),
            ("100.5,60,30.45", "ok"),
            ("100,100,0", "dominated"),
            ("0,0,0", "ok"),
            ("0,1,0", "dominated"),
            (",,", "ok"),
            (",60,30", "dominated"),
            ("100,,30", "dominated"),
            ("100,60,-30", "count-invalid"),
            ("999999999999999999,999999999999999999,999999999999999999", "dominated"),
            ("1000000000000000000,1,1", "count-invalid"),
        ],
    );
}

#[test]
fn outcomes_say_what_was_checked() {
    let counts = json!({ "columns": ["n"], "minimum": 10, "multiple-of": 5, "labels": [] });
    let rule = with(json!({
        "counts": counts,
        "percent": { "columns": ["share"], "of": "n" },
        "contributors": { "column": "n", "minimum": 10 },
        "dominance": { "largest": ["top"], "total": "sum", "percent": 50 },
    }));
    let found = passed(&rule, "n,share,top,sum\n20,50,1,2\n");
    let said = |it: &Outcome| {
        let end = |term: &String| term.rsplit('#').next().unwrap().to_owned();
        let parameters: Vec<_> = it.parameters.iter().map(|(k, v)| format!("{k}={v}")).collect();
        let check = it.check.as_ref().map(end).unwrap_or_default();
        [it.rule.clone(), end(&it.risk), check, it.columns.join(" "), parameters.join(" ")]
            .join("|")
    };
    let said: Vec<_> = found.disclosure.iter().map(said).collect();
    assert_eq!(
        said,
        [
            "counts|LowCount|MinimumThresholdCheck|n|minimum=10",
            "zero|ClassDisclosure|PresenceOfZeroCheck|n|",
            "multiple-of|Differencing|Rounding|n|multiple-of=5",
            "earlier|Differencing||n|minimum=10",
            "totals|ImplicitTables|Suppression|n|minimum=10",
            "percent|LowCount|MinimumThresholdCheck|share|minimum=10 of=n",
            "contributors|LowCount|MinimumThresholdCheck|n|minimum=10",
            "dominance|Dominance|NKCheck|top|k=50 n=1 total=sum",
        ]
    );
    assert_eq!(passed(&with(json!({})), "n\n1\n"), Passed::default());
}

#[test]
fn the_page_has_an_example() {
    let page = include_str!("../../../../docs/reference/release.md");
    let section = page.split_once("## Counts and disclosure").unwrap().1;
    let block = |kind: &str| section.split_once(&format!("```{kind}\n")).unwrap().1;
    let end = |text: &'static str| text.split_once("```").unwrap().0;
    let rule: toml::Value = toml::from_str(end(block("toml"))).unwrap();
    let rule: Output = rule["output"][0].clone().try_into().unwrap();
    let table = end(block("text"));
    let hold = check_as(&rule, table.as_bytes()).unwrap_err();
    let said = format!(
        "results.csv: held by rule 1 (\"results.csv\"), {}: {}; {}\n",
        hold.code.word(),
        hold.message,
        hold.code.remedy()
    );
    assert!(section.contains(&said), "{said}");
    let (without, _) = table.rsplit_once("Total").unwrap();
    assert_eq!(verdict(&rule, without), "ok");
    assert_eq!(verdict(&rule, &table.replace("42,35.0", "<10,")), "ok");
}
