//! Counts that are compared with those that were released before.

use serde_json::Value;
use sluice_crawler::{
    outcome::State,
    serve::{pass::Pass, withdraw::Request},
};
use sluice_policy::digest::Digest;

use crate::world::{
    World, block_on,
    faults::{Fault, Faulty},
    pass,
    run::Run,
    set::entry,
};

const BEFORE: &str = "site,n\nNorth,120\nSouth,80\n";
/// Without one person.
const WITHOUT: &str = "site,n\nNorth,119\nSouth,80\n";

const RULE: &str = "[[output]]\nglob = \"tables/*.csv\"\nkind = \"csv\"\nmax-bytes = 10000
columns = [\"site\", \"n\"]\n";
const COUNTS: &str = "counts = { columns = [\"n\"], minimum = 10, labels = [\"site\"] }\n";

/// An entry whose rules are `rules`.
fn counting(name: &str, version: &str, rules: &str) -> String {
    let text = entry(name).replacen("format = 1", "format = 2", 1);
    let text = text.replacen("version = \"1\"", &format!("version = \"{version}\""), 1);
    let start = text.find("[[output]]").unwrap();
    [&text[..start], rules].concat()
}

/// A world with these entries, by their ids, as set 2.
fn with(entries: &[(&str, String)]) -> Option<World> {
    let world = World::new()?;
    let named: Vec<_> = entries.iter().map(|(id, it)| (format!("entries/{id}.toml"), it)).collect();
    let files: Vec<_> = named.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    world.publish_set(2, &files);
    Some(world)
}

fn usual() -> Option<World> {
    with(&[("count@1", counting("count", "1", &format!("{RULE}{COUNTS}")))])
}

/// A run of an entry that `with` has published.
fn run<'a>(world: &'a World, job: u32, id: &str) -> Run<'a> {
    let at = world.at(&format!("etc/allowlist/current/entries/{id}.toml"));
    let text = std::fs::read(&at).unwrap_or_else(|error| panic!("{}: {error}", at.display()));
    world.run(job, "box").but(|it| {
        it.basis.entry = id.into();
        it.basis.entry_digest = Digest::of(&text);
        it.basis.serial = 2;
    })
}

fn table(world: &World, job: u32, content: &str) {
    run(world, job, "count@1").file("tables/sites.csv", content.as_bytes()).attest();
}

/// What becomes of a table after another: `held`, or `published`.
fn after(before: &str, then: &str) -> Option<&'static str> {
    let world = usual()?;
    table(&world, 7, before);
    assert_eq!(pass(&world), Pass { published: 1, ..Pass::default() }, "{before}");
    table(&world, 8, then);
    pass(&world);
    let row = world.stands(8);
    if row.state == State::Held {
        assert_eq!(row.reason.code(), "differencing", "{row:?}");
    }
    Some(row.state.word())
}

fn assert_held(world: &World, job: u32) {
    let row = world.stands(job);
    assert_eq!((row.state, row.reason.code()), (State::Held, "differencing"), "{row:?}");
}

#[test]
fn a_table_without_one_person_is_held() {
    let Some(world) = usual() else { return };
    table(&world, 7, BEFORE);
    assert_eq!(pass(&world).published, 1);
    let manifest = &world.published()["pre/fix/alice/box-lab-7.0/manifest.json"];
    let manifest: Value = serde_json::from_slice(manifest).unwrap();
    let checked = manifest["files"][0]["disclosure"].as_array().unwrap();
    let earlier = checked.iter().find(|it| it["rule"] == "earlier").unwrap();
    assert_eq!(earlier["risk"], "https://www.w3id.org/statbarnsdc#Differencing");
    assert_eq!(earlier["result"], "passed");

    table(&world, 8, WITHOUT);
    assert_eq!(pass(&world), Pass { held: 1, ..Pass::default() });
    assert_held(&world, 8);
    // Place, run and bound for the reviewer, and no value of either run.
    assert_eq!(
        world.stands(8).reason.message,
        "\"tables/sites.csv\": row 2, column 2 (\"n\") differs by less than 10 from what run \
         box-lab-7.0 has for the same labels"
    );
    // The rule alone for the owner.
    let status = world.status(8);
    assert_eq!(status["code"], "output-refused");
    let message = status["message"].as_str().unwrap();
    assert!(message.starts_with("rule 1 (\"tables/*.csv\"): a result isn't"), "{message}");
    assert!(!message.contains("differ") && !message.contains("box"), "{message}");
    assert!(world.published().keys().all(|key| !key.contains("lab-8.0")));
    // It is said once, and a later table is compared with what was released alone.
    assert_eq!(pass(&world).held, 1);
    table(&world, 9, BEFORE);
    assert_eq!(pass(&world).published, 1);
}

#[test]
fn what_is_far_or_the_same_passes() {
    for (then, wanted) in [
        (BEFORE, "published"),
        ("site,n\nNorth,130\nSouth,70\n", "published"),
        ("site,n\nNorth,129\nSouth,80\n", "held"),
        ("site,n\nWest,119\nEast,81\n", "published"),
        ("site,n\nNorth,120\n", "published"),
        // A total of both leaves it in sight.
        ("site,n\nNorth,\nSouth,80\n", "held"),
        // However it is written.
        ("n,site\n80,South\n119,North\n", "held"),
        ("site,n\nSouth,80.0\nNORTH.,119.0\n", "held"),
        ("site,n\n\u{39d}\u{43e}rth,119\nWest,12\n", "held"),
    ] {
        let Some(found) = after(BEFORE, then) else { return };
        assert_eq!(found, wanted, "{then}");
    }
    let Some(found) = after("site,n\nNorth,\nSouth,80\n", BEFORE) else { return };
    assert_eq!(found, "held", "suppressed, then shown");
}

#[test]
fn every_earlier_table_counts_and_not_the_last_alone() {
    let Some(world) = usual() else { return };
    for (job, n) in [(7, 120), (8, 200), (9, 300)] {
        table(&world, job, &format!("site,n\nNorth,{n}\n"));
        assert_eq!(pass(&world).published, 1);
    }
    table(&world, 10, "site,n\nNorth,119\n");
    assert_eq!(pass(&world).held, 1);
    assert!(world.stands(10).reason.message.contains("run box-lab-7.0 "));
}

#[test]
fn versions_of_an_entry_are_one_and_others_are_not() {
    let rules = format!("{RULE}{COUNTS}");
    let ignoring =
        format!("{RULE}counts = {{ columns = [\"n\"], minimum = 10, earlier = \"ignore\" }}\n");
    let entries = [
        ("count@1", counting("count", "1", &rules)),
        ("count@2", counting("count", "2", &rules)),
        ("other@1", counting("other", "1", &rules)),
        ("count@3", counting("count", "3", &rules.replace("tables/*", "tables/**"))),
        ("count@4", counting("count", "4", &ignoring)),
    ];
    let Some(world) = with(&entries) else { return };
    table(&world, 7, BEFORE);
    assert_eq!(pass(&world).published, 1);
    let left = |job, id| run(&world, job, id).file("tables/other.csv", WITHOUT.as_bytes());
    left(8, "count@2").attest();
    for (job, id) in [(9, "other@1"), (10, "count@3"), (11, "count@4")] {
        left(job, id).attest();
    }
    left(12, "count@1").but(|it| it.run.user = "bob".into()).attest();
    assert_eq!(pass(&world), Pass { published: 4, held: 1, ..Pass::default() });
    assert_held(&world, 8);
}

#[test]
fn files_of_one_run_are_compared() {
    let Some(world) = usual() else { return };
    let left = |job: u32, other: &str| {
        let run = run(&world, job, "count@1").file("tables/a.csv", BEFORE.as_bytes());
        run.file("tables/b.csv", other.as_bytes()).attest();
    };
    left(7, WITHOUT);
    left(8, "site,n\nNorth,160\nSouth,80\n");
    left(9, "site,n\nnorth,150\nNORTH,151\n");
    // Far from each other, and which is North's isn't told.
    left(10, "site,n\nnorth,220\nNORTH,250\n");
    assert_eq!(pass(&world), Pass { published: 1, held: 3, ..Pass::default() });
    assert_held(&world, 7);
    let message = world.stands(7).reason.message;
    assert!(
        message.starts_with("\"tables/b.csv\": row 2, ") && message.contains("\"tables/a.csv\"")
    );
    for job in [9, 10] {
        assert_eq!(world.stands(job).reason.code(), "labels-repeat");
    }
}

#[test]
fn of_runs_that_are_judged_side_by_side_one_passes() {
    let Some(world) = usual() else { return };
    for job in 1..=9 {
        table(&world, job, &format!("site,n\nNorth,{}\n", 120 + job));
    }
    assert_eq!(pass(&world), Pass { published: 1, held: 8, ..Pass::default() });
}

#[test]
fn a_kill_between_ledger_and_store_holds_nothing_of_its_own() {
    let Some(world) = usual() else { return };
    table(&world, 7, BEFORE);
    let store = Faulty::new(world.objects.clone(), Fault::HangAt("tables/"), usize::MAX);
    block_on(async {
        let crawler = world.crawler_on(store.clone());
        tokio::select! {
            _ = crawler.pass() => panic!("the store doesn't answer"),
            () = store.halted() => {}
        }
    });
    assert_eq!(world.stands(7).state, State::Publishing);
    assert!(world.published().is_empty());
    // Another is compared with it all the same.
    table(&world, 8, WITHOUT);
    assert_eq!(pass(&world), Pass { published: 1, held: 1, ..Pass::default() });
    assert_eq!(world.stands(7).state, State::Published);
    assert_held(&world, 8);
}

#[test]
fn what_was_withdrawn_has_been_seen() {
    let Some(world) = usual() else { return };
    table(&world, 7, BEFORE);
    assert_eq!(pass(&world).published, 1);
    let runs = vec!["box-lab-7.0".to_owned()];
    let request = Request { format: 1, runs, why: "a wrong filter".into(), by: "root".into() };
    request.leave(&world.at("state"), "test").unwrap();
    assert_eq!(pass(&world).withdrawn, 1);
    table(&world, 8, WITHOUT);
    assert_eq!(pass(&world).held, 1);
    assert_held(&world, 8);
}
