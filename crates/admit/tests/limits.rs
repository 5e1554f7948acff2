//! What an entry says about a run's parameters and about how many runs there may be.
#![allow(clippy::unwrap_used)]

mod world;

use std::fs;

use sluice_admit::{Pulse, answer};
use sluice_protocol::Mode;
use sluice_testing::{NOW, write};
use time::Duration;
use world::{World, outcome};

const SCHEMA: &str = "[parameters]\nschema = \"schema.json\"\n[[command]]";

fn with_schema() -> Option<World> {
    let mut world = World::new()?;
    let entry = world.entry().replace("[[command]]", SCHEMA);
    world.approve(&entry);
    Some(world)
}

fn sealed(world: &World) -> String {
    fs::read_to_string(world.at("private/sealed/lab/7.0/run/params.yaml")).unwrap()
}

#[test]
fn parameters_are_checked_and_completed_in_the_sealed_copy() {
    let Some(world) = with_schema() else { return };
    world.admitted();
    assert_eq!(sealed(&world), "{\"a\": 1, \"b\": \"x\"}\n");
    assert_eq!(fs::read_to_string(world.run().join("params.yaml")).unwrap(), "a: 1\n");
}

#[test]
fn parameters_that_don_t_fit_are_refused_by_name() {
    for (text, says) in [
        ("a: 10\n", "parameter a: "),
        ("a: [1]\n", "parameter a: "),
        ("surprise: 1\n", "surprise"),
        ("a: {", "cannot be read"),
    ] {
        for mode in [Mode::Observe, Mode::Enforce] {
            let Some(mut world) = with_schema() else { return };
            world.facts.mode = mode;
            write(&world.run().join("params.yaml"), text.as_bytes());
            let (code, message) = world.outcome();
            assert_eq!(code, "parameters-refused", "{message}");
            assert!(message.contains("params.yaml") && message.contains(says), "{message}");
            assert!(world.made().is_empty());
        }
    }
}

#[test]
fn without_a_schema_parameters_stay_as_they_are() {
    let Some(world) = World::new() else { return };
    world.admitted();
    assert_eq!(sealed(&world), "a: 1\n");
}

#[test]
fn a_schema_that_is_none_refuses() {
    for (schema, says) in [("missing.json", "no such file"), ("Snakefile", "not valid")] {
        let Some(mut world) = World::new() else { return };
        let entry = world.entry().replace("[[command]]", &SCHEMA.replace("schema.json", schema));
        world.approve(&entry);
        let (code, message) = world.outcome();
        assert_eq!(code, "entry-invalid");
        assert!(message.contains(schema) && message.contains(says), "{message}");
    }
}

#[test]
fn runs_are_counted_for_each_user_and_period() {
    let Some(mut world) = World::new() else { return };
    let limit = "[scope]\nmax-runs = { per-user = 2, days = 30 }";
    let entry = world.entry().replace("[scope]", limit);
    world.approve(&entry);
    let run = |world: &mut World, job: u32, restart: u32, days: i64| {
        world.job(job);
        world.facts.job.restart = restart;
        let message = serde_json::to_vec(&world.facts).unwrap();
        let now = NOW + Duration::days(days);
        outcome(answer(message.as_slice(), &world.roots, || now, &mut Pulse::new(std::io::sink())))
    };
    world.draft.expires = NOW + Duration::days(300);
    world.publish();
    assert_eq!(run(&mut world, 7, 0, 0).0, "admit");
    // A refused job doesn't count.
    write(&world.workflow().join("Snakefile"), b"changed");
    assert_eq!(run(&mut world, 8, 0, 1).0, "bundle-changed");
    write(&world.workflow().join("Snakefile"), b"rule all:\n");
    // One that is requeued does.
    assert_eq!(run(&mut world, 7, 1, 10).0, "admit");
    let (code, message) = run(&mut world, 9, 0, 29);
    assert_eq!(code, "runs-exhausted");
    assert!(message.contains("2 times in 30 days"), "{message}");
    assert!(message.contains("again from 2026-07-31T12:00:00Z"), "{message}");
    // Nor does one that fails after it was counted.
    fs::rename(world.at("private/sealed"), world.at("private/away")).unwrap();
    assert_eq!(run(&mut world, 9, 0, 30).0, "store-unwritable");
    fs::rename(world.at("private/away"), world.at("private/sealed")).unwrap();
    assert_eq!(run(&mut world, 9, 0, 30).0, "admit");
    assert_eq!(run(&mut world, 10, 0, 31).0, "runs-exhausted");
    // Another user has runs of their own; here, another uid's place.
    let place = world.at("private/attestations/runs/lab/demo@1.0.0");
    fs::rename(place.join(world.user.to_string()), place.join("1")).unwrap();
    assert_eq!(run(&mut world, 10, 0, 31).0, "admit");
}
