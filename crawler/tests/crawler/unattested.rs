//! Clusters that have only the crawler so far, and taking over from the script.

use std::{
    fs,
    os::unix::fs::symlink,
    path::{Path, PathBuf},
};

use object_store::{ObjectStoreExt, path::Path as Key};
use sluice_crawler::{
    ledger::Reader,
    serve::{crawler::Crawler, pass::Pass},
};

use crate::world::{World, block_on};

const TABLE: &[u8] = b"a,b\n1,2\n";
const FIRST: &str = "2026-11-22T04:45:44.384970";
const SECOND: &str = "2026-11-22T05:00:00";

fn crawler(world: &World) -> Crawler {
    world.crawler_set("require-attestation = false\nsettle-seconds = 0\n")
}

/// WESkit's run directory with one execution.
fn weskit(world: &World, path: &str, execution: &str, code: i32) -> PathBuf {
    let dir = world.at("runs").join(path);
    fs::create_dir_all(dir.join(".weskit").join(execution)).unwrap();
    let workflow = world.at("workflows/count/1/Snakefile");
    let log = format!(
        "{{\"env\": {{\"WESKIT_WORKFLOW_PATH\": {workflow:?}}}, \"exit_code\": {code}}}\n\n"
    );
    fs::write(dir.join(".weskit").join(execution).join("log.json"), log).unwrap();
    dir
}

fn settle() {
    // Files' times are whole seconds here.
    std::thread::sleep(std::time::Duration::from_millis(1100));
}

fn pass(crawler: &Crawler) -> Pass {
    block_on(crawler.pass()).unwrap()
}

fn keys(world: &World) -> Vec<String> {
    world.published().into_keys().collect()
}

fn reason(world: &World, part: &str) -> &'static str {
    let all = Reader::open(&world.at("state")).unwrap().all().unwrap();
    all.into_iter().find(|entry| entry.name.contains(part)).unwrap().reason.code()
}

#[test]
fn runs_at_any_depth_are_found() {
    let Some(world) = World::new() else { return };
    for path in ["c1/c19c", "c19c/c19c2843", "my project/by hand/c1", "top"] {
        fs::write(weskit(&world, path, FIRST, 0).join("results.csv"), TABLE).unwrap();
    }
    settle();
    assert_eq!(pass(&crawler(&world)).published, 4);
    let keys = keys(&world);
    for id in ["c1%2Fc19c", "c19c%2Fc19c2843", "my%20project%2Fby%20hand%2Fc1", "top"] {
        let run = format!("pre/fix/root/{id}-lab-2026-11-22T04%3A45%3A44.384970");
        assert!(keys.contains(&format!("{run}/results.csv")), "{keys:?}");
        assert!(!keys.contains(&format!("{run}/attestation.json")));
        let manifest = &world.published()[&format!("{run}/manifest.json")];
        let manifest: serde_json::Value = serde_json::from_slice(manifest).unwrap();
        assert_eq!(
            (&manifest["state"], manifest["attestation"].is_null()),
            (&"unattested".into(), true)
        );
    }
    assert_eq!(pass(&crawler(&world)), Pass::default());
}

#[test]
fn with_attestations_required_such_runs_don_t_exist() {
    let Some(world) = World::new() else { return };
    fs::write(weskit(&world, "c1/c19c", FIRST, 0).join("results.csv"), TABLE).unwrap();
    settle();
    assert_eq!(pass(&world.crawler()), Pass::default());
    // Nor do those that were seen while it wasn't required.
    let dir = weskit(&world, "c1/wait", FIRST, 0);
    fs::write(dir.join("results.csv"), b"a\n1\n2\n3\n4\n").unwrap();
    settle();
    assert_eq!(pass(&crawler(&world)).held, 1);
    fs::write(dir.join("results.csv"), TABLE).unwrap();
    assert_eq!(pass(&world.crawler()).held, 1);
    assert_eq!(reason(&world, "wait"), "attestation-missing");
}

#[test]
fn a_second_execution_is_a_run_of_its_own() {
    let Some(world) = World::new() else { return };
    let dir = weskit(&world, "c1/c19c", FIRST, 0);
    fs::write(dir.join("results.csv"), TABLE).unwrap();
    settle();
    let crawler = crawler(&world);
    assert_eq!(pass(&crawler).published, 1);
    fs::create_dir(dir.join(".weskit").join(SECOND)).unwrap();
    assert_eq!(pass(&crawler).waiting, 1);
    weskit(&world, "c1/c19c", SECOND, 0);
    fs::write(dir.join("results.csv"), b"a,b\n1,3\n").unwrap();
    settle();
    assert_eq!(pass(&crawler).published, 1);
    let tables = world.published().into_iter().filter(|(key, _)| key.ends_with("results.csv"));
    assert_eq!(tables.map(|(_, bytes)| bytes).collect::<Vec<_>>(), [TABLE, b"a,b\n1,3\n"]);
}

#[test]
fn weskits_word_has_to_be_whole_and_good() {
    let Some(world) = World::new() else { return };
    fs::write(weskit(&world, "aa/failed", FIRST, 3).join("results.csv"), TABLE).unwrap();
    fs::write(weskit(&world, "aa/none", FIRST, -2).join("results.csv"), TABLE).unwrap();
    let half = weskit(&world, "aa/half", FIRST, 0);
    fs::write(half.join("results.csv"), TABLE).unwrap();
    fs::write(half.join(".weskit").join(FIRST).join("log.json"), "{\"exit_co").unwrap();
    // An earlier execution that a killed worker never finished.
    let killed = weskit(&world, "aa/killed", SECOND, 0);
    fs::create_dir(killed.join(".weskit").join(FIRST)).unwrap();
    fs::write(killed.join("results.csv"), TABLE).unwrap();
    let link = weskit(&world, "aa/link", FIRST, 0);
    symlink("/etc/passwd", link.join("results.csv")).unwrap();
    let other = weskit(&world, "aa/other", FIRST, 0);
    let log = "{\"exit_code\": 0, \"env\": {\"WESKIT_WORKFLOW_PATH\": \"../../evil/Snakefile\"}}";
    fs::write(other.join(".weskit").join(FIRST).join("log.json"), log).unwrap();
    settle();
    assert_eq!(pass(&crawler(&world)), Pass { failed: 2, waiting: 2, held: 2, ..Pass::default() });
    assert!(keys(&world).is_empty());
    assert_eq!(reason(&world, "link"), "output-irregular");
    assert_eq!(reason(&world, "other"), "entry-unavailable");
}

#[test]
fn files_that_are_still_written_are_waited_for() {
    let Some(world) = World::new() else { return };
    fs::write(weskit(&world, "aa/run", FIRST, 0).join("results.csv"), TABLE).unwrap();
    let slow = world.crawler_set("require-attestation = false\nsettle-seconds = 3600\n");
    assert_eq!(pass(&slow).waiting, 1);
    assert_eq!(reason(&world, "run"), "output-unsettled");
}

/// What the script's tokens say is compared with the bucket.
#[test]
fn tokens_in_run_directories_are_claims() {
    let Some(world) = World::new() else { return };
    let run = |name: &str, token: bool, there: Option<&'static str>| {
        let dir = weskit(&world, &format!("aa/{name}"), FIRST, 0);
        fs::write(dir.join("results.csv"), TABLE).unwrap();
        if token {
            fs::write(dir.join("upload_token"), "").unwrap();
        }
        if let Some(there) = there {
            let key = Key::parse(format!("{name}/results.csv")).unwrap();
            block_on(world.objects.put(&key, there.into())).unwrap();
        }
    };
    run("kept", true, Some("a,b\n1,2\n"));
    run("forgotten", false, Some("a,b\n1,2\n"));
    run("forged", true, None);
    run("stale", true, Some("a,b\n"));
    run("fresh", false, None);
    settle();
    let crawler = crawler(&world);
    let mut adopted = block_on(crawler.adopt()).unwrap();
    adopted.kept.sort();
    assert_eq!(adopted.kept, ["aa/forgotten", "aa/kept"]);
    assert_eq!(adopted.lost, ["aa/forged"]);
    assert_eq!(adopted.differing, ["aa/stale"]);
    assert_eq!(adopted.unmarked, ["aa/fresh"]);
    assert_eq!(pass(&crawler).published, 3);
    assert!(!keys(&world).iter().any(|key| key.contains("aa%2Fkept")));
    assert!(Path::exists(&world.at("runs/aa/kept/upload_token")), "nothing there is touched");
}
