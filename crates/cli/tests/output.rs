//! `sluice output check` on files as workflows write them.

mod support;

use std::os::unix::fs::symlink;

use serde_json::json;
use support::Scratch;

const RULES: &str = r##"
format = 2
[[output]]
glob = "tables/*.csv"
kind = "csv"
max-bytes = 10000
columns = ["group", "n"]
counts = { columns = ["n"], minimum = 10, labels = ["group"] }
[[output]]
glob = "model.rds"
kind = "other"
max-bytes = 10000
"##;

#[test]
fn says_what_is_held_and_what_to_write_instead() {
    let scratch = Scratch::new();
    scratch.write("rules.toml", RULES);
    scratch.write("run/tables/good.csv", "group,n\na,12\n");
    scratch.write("run/tables/semicolons.csv", "group;n\na;12\n");
    scratch.write("run/model.rds", [0x1f, 0x8b, 0]);
    scratch.write("run/other.csv", "group,n\n");
    symlink("good.csv", scratch.path("run/tables/link.csv")).expect("in the scratch directory");

    let check =
        |files: &str| scratch.run(&format!("output check {files} --rule rules.toml --run-dir run"));
    let good = check("run/tables/good.csv").ok();
    assert_eq!(good.out, "run/tables/good.csv: passes rule 1 (\"tables/*.csv\")\n");
    let reviewed = check("run/model.rds").ok();
    assert!(reviewed.out.contains("a person decides"), "{reviewed:?}");

    let files = "run/tables/semicolons.csv run/other.csv run/tables/link.csv run/model.rds";
    let held = check(&format!("{files} --json"));
    assert_eq!(held.code, 1, "{held:?}");
    let verdicts: Vec<_> = held.json().as_array().expect("a list").clone();
    let short = verdicts.iter().map(|it| json!([it["verdict"], it["code"]])).collect::<Vec<_>>();
    let wanted = [
        json!(["held", "other-delimiter"]),
        json!(["held", "output-unlisted"]),
        json!(["held", "output-irregular"]),
        json!(["review", null]),
    ];
    assert_eq!(short, wanted);
    assert!(verdicts[0]["remedy"].as_str().is_some_and(|it| it.contains("commas")));
}

/// The crawler's package isn't installed where tests run; the how-to's commands are run where it is.
#[test]
fn figures_need_the_program_that_draws_them() {
    let scratch = Scratch::new();
    let rule = "[[output]]\nglob = \"x\"\nkind = \"svg\"\nmax-bytes = 9\nrasterise = true\n";
    scratch.write("rule.toml", rule);
    scratch.write("a.svg", "<svg/>");
    scratch.write("large.svg", "<svg />   ");
    let check = |words: &str| scratch.run(&format!("output check {words} --rule rule.toml"));
    check("a.svg").fails(4, "/usr/libexec/sluice/sluice-render");
    let large = check("large.svg");
    assert!(large.code == 1 && large.out.contains("too-large"), "{large:?}");
    check("a.svg large.svg --picture a.png").fails(2, "one FILE");
}

#[test]
fn tables_are_compared_with_each_other_and_with_earlier_ones() {
    let scratch = Scratch::new();
    scratch.write("rules.toml", RULES);
    scratch.write("before.csv", "group,n\na,12\nb,40\n");
    scratch.write("run/tables/same.csv", "group,n\nb,40\na,12\n");
    scratch.write("run/tables/apart.csv", "group,n\na,12\nB,41\n");
    let rule = RULES.split("[[output]]\nglob = \"model").next().expect("two rules");
    scratch.write("rule.toml", rule);
    let check = |files: &str| scratch.run(&format!("output check {files} --rule rule.toml"));
    check("run/tables/same.csv --earlier before.csv").ok();
    for files in ["run/tables/apart.csv --earlier before.csv", "before.csv run/tables/apart.csv"] {
        let held = check(files);
        assert_eq!(held.code, 1, "{held:?}");
        let what =
            "differencing: row 3, column 2 (\"n\") differs by less than 10 from what before.csv";
        assert!(held.out.contains(what), "{held:?}");
    }
    // A rule that asks for a person.
    let review = rule.replace("max-bytes = 10000", "max-bytes = 10000\nreview = true");
    scratch.write("review.toml", &review);
    let asking = |files: &str| scratch.run(&format!("output check {files} --rule review.toml"));
    let same = asking("run/tables/same.csv --earlier before.csv");
    assert!(same.code == 0 && same.out.contains("a person decides"), "{same:?}");
    let apart = asking("run/tables/apart.csv --earlier before.csv");
    assert!(apart.code == 1 && apart.out.contains("differencing: row 3"), "{apart:?}");
    scratch.write("small.csv", "group,n\na,1\n");
    check("before.csv --earlier small.csv").fails(4, "small.csv was never released: count-small");
    let check = |files: &str| scratch.run(&format!("output check {files} --rule rules.toml"));
    check("before.csv --earlier before.csv").fails(4, "output-unlisted");
}

#[test]
fn a_rule_alone_holds_for_any_name() {
    let scratch = Scratch::new();
    scratch.write("rule.toml", "[[output]]\nglob = \"x\"\nkind = \"json\"\nmax-bytes = 9\n");
    scratch.write("a.json", "[1]");
    scratch.run("output check a.json --rule rule.toml").ok();
    scratch.write("empty.toml", "name = \"x\"\n");
    scratch.run("output check a.json --rule empty.toml").fails(4, "has no [[output]]");
    scratch.run("output check missing.json --rule rule.toml").fails(4, "read missing.json");
    scratch.run("output check --rule rule.toml").fails(2, "FILE");
}
