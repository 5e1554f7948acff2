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
counts = { columns = ["n"], minimum = 10 }
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
