//! What is published, and how.

use std::{fs, os::unix::fs::symlink, sync::Arc};

use crate::world::{World, block_on, pass, set::entry};
use object_store::{ObjectStoreExt, path::Path};
use sluice_crawler::{
    config::Location,
    ledger::{Ledger, LedgerError},
    outcome::State,
    serve::pass::Pass,
    store::Store,
};

const TABLE: &[u8] = b"a,b\n1,2\n";

#[test]
fn a_run_is_published_once_and_whole() {
    let Some(world) = World::new() else { return };
    let run = world.run(7, "box").file("results.csv", TABLE).file("plots/a b/x%20.txt", b"hello\n");
    let run_id = run.attest();
    assert_eq!(pass(&world), Pass { published: 1, ..Pass::default() });
    assert!(world.is_complete(&run_id));
    let published = world.published();
    let keys: Vec<&str> = published.keys().map(String::as_str).collect();
    assert_eq!(
        keys,
        [
            "pre/fix/alice/box-lab-7.0/attestation.json",
            "pre/fix/alice/box-lab-7.0/manifest.json",
            "pre/fix/alice/box-lab-7.0/plots/a b/x%20.txt",
            "pre/fix/alice/box-lab-7.0/results.csv",
        ]
    );
    assert_eq!(published[keys[0]], fs::read(world.spooled(7)).unwrap());
    assert_eq!(published[keys[3]], TABLE);
    assert_eq!(world.stands(7).state, State::Published);
    let status = world.status(7);
    assert_eq!(status["state"], "published");
    assert_eq!(status["where"], "s3://bucket/pre/fix/alice/box-lab-7.0/");
    let audit = world.audit();
    assert_eq!(audit.len(), 1);
    assert_eq!(audit[0]["event"], "publish");
    // Nothing is opened again, not even the attestation.
    fs::write(world.spooled(7), "").unwrap();
    assert_eq!(pass(&world), Pass::default());
    assert_eq!(world.published(), published);
}

#[test]
fn a_token_is_left_where_the_site_wants_one() {
    let Some(world) = World::new() else { return };
    let (token, target) = (world.at("runs/box/upload_token"), world.at("runs/target"));
    world.run(7, "box").file("results.csv", TABLE).attest();
    // A link of the user's is not followed, and the run is published all the same.
    world.run(8, "planted").file("results.csv", TABLE).attest();
    symlink(&target, world.at("runs/planted/upload_token")).unwrap();
    let crawler = world.crawler_set("upload-token = true\n");
    let found = block_on(crawler.pass()).unwrap();
    assert_eq!(found, Pass { published: 2, ..Pass::default() });
    assert_eq!(fs::read(token).unwrap(), b"");
    assert!(!target.exists());
    world.run(9, "without").file("results.csv", TABLE).attest();
    drop(crawler);
    pass(&world);
    assert!(!world.at("runs/without/upload_token").exists());
}

#[test]
fn odd_names_of_drop_boxes_become_exact_keys() {
    let Some(world) = World::new() else { return };
    let names = ["a b", "line\nbreak", "-rf", "100%", "größe", "%2e%2e", "..."];
    for (job, name) in (1..).zip(names) {
        world.run(job, name).file("results.csv", TABLE).attest();
    }
    assert_eq!(pass(&world).published, names.len());
    let published = world.published();
    for id in [
        "a%20b-lab-1.0",
        "line%0Abreak-lab-2.0",
        "-rf-lab-3.0",
        "100%25-lab-4.0",
        "gr%C3%B6%C3%9Fe-lab-5.0",
        "%252e%252e-lab-6.0",
        "...-lab-7.0",
    ] {
        assert!(world.is_complete(id), "{id}");
        assert_eq!(published[&format!("pre/fix/alice/{id}/results.csv")], TABLE);
    }
}

#[test]
fn a_directory_is_a_store_too() {
    let Some(world) = World::new() else { return };
    let dir = world.at("published");
    fs::create_dir(&dir).unwrap();
    let store = || Store::open(&Location::Directory(dir.clone())).unwrap();
    world.run(7, "a b%").file("results.csv", TABLE).file("big.txt", &big()).attest();
    let done = block_on(world.crawler_with(store()).pass()).unwrap();
    assert_eq!(done.published, 1);
    let run = dir.join("alice/a%20b%25-lab-7.0");
    assert_eq!(fs::read(run.join("results.csv")).unwrap(), TABLE);
    assert_eq!(fs::read(run.join("big.txt")).unwrap(), big());
    assert_eq!(fs::read_dir(&run).unwrap().count(), 4);
    // The same bytes again are no other content.
    fs::remove_dir_all(world.at("state")).unwrap();
    fs::create_dir(world.at("state")).unwrap();
    fs::remove_file(run.join("manifest.json")).unwrap();
    fs::write(run.join("big.txt#1"), "left by a kill").unwrap();
    assert_eq!(block_on(world.crawler_with(store()).pass()).unwrap().published, 1);
    assert!(run.join("manifest.json").exists());
    assert_eq!(fs::read_dir(&run).unwrap().count(), 4);
}

#[test]
fn large_files_go_in_parts() {
    let Some(world) = World::new() else { return };
    let id = world.run(7, "box").file("results.csv", TABLE).file("big.txt", &big()).attest();
    assert_eq!(pass(&world).published, 1);
    assert!(world.is_complete(&id));
}

#[test]
fn objects_of_others_are_not_overwritten() {
    let Some(world) = World::new() else { return };
    let key = Path::parse("pre/fix/alice/box-lab-7.0/results.csv").unwrap();
    block_on(world.objects.put(&key, "foreign".into())).unwrap();
    world.run(7, "box").file("big.txt", b"x\n").file("results.csv", TABLE).attest();
    assert_eq!(pass(&world).held, 1);
    assert_eq!(world.stands(7).reason.code(), "object-exists");
    assert_eq!(world.published().into_values().collect::<Vec<_>>(), [b"foreign"]);
    block_on(world.objects.delete(&key)).unwrap();
    assert_eq!(pass(&world).published, 1);
}

#[test]
fn a_lost_ledger_is_made_again_and_deletes_nothing() {
    let Some(world) = World::new() else { return };
    world.run(7, "box").file("results.csv", TABLE).attest();
    assert_eq!(pass(&world).published, 1);
    let published = world.published();
    let lose = || {
        fs::remove_dir_all(world.at("state")).unwrap();
        fs::create_dir(world.at("state")).unwrap();
        // Manifests carry seconds.
        std::thread::sleep(std::time::Duration::from_millis(1100));
    };
    lose();
    assert_eq!(pass(&world).published, 1);
    assert_eq!(world.published(), published);
    lose();
    world.revoke_bundle();
    assert_eq!(pass(&world).published, 1);
    assert_eq!(world.published(), published, "withdrawing is another command");
    // A manifest of another make is foreign, and nothing beside it is touched.
    let key = Path::parse("pre/fix/alice/box-lab-7.0/manifest.json").unwrap();
    block_on(world.objects.put(&key, "{}".into())).unwrap();
    world.publish_set(3, &[("entries/count@1.toml", &entry("count"))]);
    lose();
    assert_eq!(pass(&world).held, 1);
    assert_eq!(world.stands(7).reason.code(), "object-exists");
    assert_eq!(world.published().len(), published.len());
}

#[test]
fn only_one_crawler_works() {
    let Some(world) = World::new() else { return };
    let crawler = world.crawler();
    assert!(matches!(Ledger::open(&world.at("state")), Err(LedgerError::Locked(_))));
    drop(crawler);
    world.crawler();
}

#[test]
fn a_status_file_that_a_kill_left_behind_is_written_later() {
    let Some(world) = World::new() else { return };
    world.run(7, "box").file("results.csv", TABLE).attest();
    fs::rename(world.at("status"), world.at("elsewhere")).unwrap();
    assert_eq!(pass(&world).published, 1);
    fs::rename(world.at("elsewhere"), world.at("status")).unwrap();
    pass(&world);
    assert_eq!(world.status(7)["state"], "published");
}

#[test]
fn many_runs_at_once_don_t_mix() {
    let Some(world) = World::new() else { return };
    let ids: Vec<String> = (1..40)
        .map(|job| {
            let table = format!("a\n{job}\n");
            world.run(job, "same name").file("results.csv", table.as_bytes()).attest()
        })
        .collect();
    assert_eq!(pass(&world).published, ids.len());
    assert!(ids.iter().all(|id| world.is_complete(id)));
    assert_eq!(Arc::strong_count(&world.objects), 1);
}

/// More than two parts.
fn big() -> Vec<u8> {
    b"0123456789abcde\n".repeat((17 << 20) / 16)
}
