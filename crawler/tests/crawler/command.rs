//! The program's commands.

use std::{fs, process::Child, thread::sleep, time::Duration};

use serde_json::Value;

use crate::world::{
    World,
    program::{self, kill, wait_for},
};

const BINARY: &str = env!("CARGO_BIN_EXE_sluice-crawler");
const TABLE: &[u8] = b"a,b\n1,2\n";

fn world() -> Option<World> {
    let world = World::new()?;
    world.inhabit(&world.site());
    Some(world)
}

fn output(world: &World, words: &[&str]) -> (Option<i32>, Value, String) {
    program::output(world.program(BINARY, words))
}

fn start(world: &World) -> Child {
    world.program(BINARY, &["run"]).spawn().unwrap()
}

#[test]
fn once_and_status_speak_json_and_exit_codes() {
    let Some(world) = world() else { return };
    world.run(7, "box").file("results.csv", TABLE).attest();
    let (code, said, _) = output(&world, &["once", "--json"]);
    assert_eq!((code, said["published"].as_u64()), (Some(0), Some(1)));
    assert!(world.at("published/alice/box-lab-7.0/manifest.json").exists());
    world.run(8, "box").file("plots/x", b"x\n").attest();
    let (code, said, log) = output(&world, &["once", "--json"]);
    assert_eq!((code, said["held"].as_u64()), (Some(1), Some(1)));
    assert!(log.contains("output-missing"), "{log}");
    let (code, said, _) = output(&world, &["status", "--json"]);
    assert_eq!(code, Some(0));
    assert_eq!((&said["counts"]["published"], &said["counts"]["held"]), (&1.into(), &1.into()));
    assert_eq!(said["runs"][0]["run-id"], "box-lab-8.0");
    assert_eq!(output(&world, &["never"]).0, Some(2));
    fs::write(world.at("etc/sluice.toml"), "format = 2").unwrap();
    assert_eq!(output(&world, &["once"]).0, Some(3));
}

#[test]
fn the_daemon_is_quick_alone_and_survives_kill_9() {
    let Some(world) = world() else { return };
    let store = world.at("published");
    let slow = format!("store = \"file://{}\"\ninterval-seconds = 3600\n", store.display());
    world.inhabit(&world.site_with(&slow));
    let done = |job: u32| {
        let path = world.at(&format!("published/alice/box-lab-{job}.0/manifest.json"));
        move || path.exists()
    };
    let mut daemon = start(&world);
    world.run(1, "box").file("results.csv", TABLE).attest();
    wait_for(done(1));
    // The next scan is an hour away: an event wakes it.
    world.run(2, "box").file("results.csv", TABLE).attest();
    wait_for(done(2));
    let (code, _, said) = output(&world, &["once"]);
    assert_eq!(code, Some(4));
    assert!(said.contains("another crawler"), "{said}");
    assert_eq!(kill(&mut daemon, "-TERM"), Some(0));
    for job in 3..40 {
        world.run(job, "box").file("results.csv", TABLE).attest();
    }
    for pause in [0, 30, 60, 120] {
        let mut daemon = start(&world);
        sleep(Duration::from_millis(pause));
        kill(&mut daemon, "-KILL");
    }
    let mut daemon = start(&world);
    (3..40).for_each(|job| wait_for(done(job)));
    // The ledger learns of it a moment later.
    let all = serde_json::json!({"published": 39});
    wait_for(|| output(&world, &["status", "--json"]).1["counts"] == all);
    assert_eq!(kill(&mut daemon, "-INT"), Some(0));
    for job in 1..40 {
        let run = world.at(&format!("published/alice/box-lab-{job}.0"));
        assert_eq!(fs::read(run.join("results.csv")).unwrap(), TABLE);
        assert_eq!(fs::read_dir(run).unwrap().count(), 3);
    }
}
