//! The tutorial's cron script has 23 known defects; docs/how-to/from-the-script.md says for each
//! what this crawler does instead, and which test shows it by which assertion.

use sluice_crawler::serve::pass::Pass;

use sluice_testing::asserts;

use crate::world::{World, pass};

const PAGE: &str = include_str!("../../../docs/how-to/from-the-script.md");
const TESTS: &[&str] = &[
    include_str!("bad_input.rs"),
    include_str!("beside.rs"),
    include_str!("command.rs"),
    include_str!("defects.rs"),
    include_str!("faults.rs"),
    include_str!("holds.rs"),
    include_str!("publish.rs"),
    include_str!("s3.rs"),
    include_str!("unattested.rs"),
];

#[test]
fn every_defect_has_a_test() {
    let rows: Vec<Vec<&str>> = PAGE
        .lines()
        .filter(|line| line.starts_with("| C"))
        .map(|line| line.split('|').map(str::trim).collect())
        .collect();
    let numbers: Vec<String> = (1..=23).map(|number| format!("C{number}")).collect();
    assert_eq!(rows.iter().map(|row| row[1]).collect::<Vec<_>>(), numbers);
    for row in rows {
        let [_, test, _, assertion, _] = *row[4].split('`').collect::<Vec<_>>() else {
            panic!("{}: no test with its assertion", row[1]);
        };
        let found = TESTS.iter().any(|text| asserts(text, test, assertion));
        assert!(found, "{}: there is no test {test} with {assertion}", row[1]);
    }
}

#[test]
fn run_directories_are_left_as_they_are() {
    let Some(world) = World::new() else { return };
    let run = world.run(1, "box").file("results.csv", b"a\n1\n");
    run.log("2026-07-01T12:00:00", "{\"exit_code\": 0}").attest();
    let look = || {
        let list = std::process::Command::new("find").arg(world.at("runs")).arg("-ls").output();
        String::from_utf8(list.unwrap().stdout).unwrap()
    };
    let before = look();
    assert_eq!(pass(&world).published, 1);
    assert_eq!(look(), before);
    // That nothing was noted there has nobody upload it again.
    assert_eq!(pass(&world), Pass::default());
}

#[test]
fn owners_have_places_of_their_own() {
    let Some(world) = World::new() else { return };
    for (job, owner) in [(1, "alice"), (2, "bob"), (3, "eve/../bob")] {
        let run = world.run(job, "box").file("results.csv", b"a\n1\n");
        run.but(|it| it.run.user = owner.into()).attest();
    }
    assert_eq!(pass(&world).published, 3);
    let keys: Vec<String> = world.published().into_keys().collect();
    for place in ["alice/box-lab-1.0", "bob/box-lab-2.0", "eve%2F..%2Fbob/box-lab-3.0"] {
        assert!(keys.contains(&format!("pre/fix/{place}/manifest.json")), "{keys:?}");
    }
}
