//! Taking published results back.

use std::{fs, process::Command, sync::Arc};

use sluice_crawler::{
    ledger::Reader,
    outcome::State,
    serve::{pass::Pass, withdraw::Request},
};

use crate::world::{
    World, block_on,
    faults::{Fault, Faulty},
    pass,
};

const TABLE: &[u8] = b"a,b\n1,2\n";

fn published() -> Option<World> {
    let world = World::new()?;
    for job in [7, 8] {
        world.run(job, "box").file("results.csv", TABLE).file("plots/x", b"x\n").attest();
    }
    assert_eq!(pass(&world).published, 2);
    Some(world)
}

fn request(world: &World) {
    let runs = vec!["box-lab-7.0".to_owned(), "never-lab-1.0".to_owned()];
    let (why, by) = ("wrong \u{202e}filter".to_owned(), "root".to_owned());
    Request { format: 1, runs, why, by }.leave(&world.at("state"), "test").unwrap();
}

#[test]
fn a_withdrawn_run_leaves_a_tombstone_alone() {
    let Some(world) = published() else { return };
    request(&world);
    assert_eq!(pass(&world), Pass { withdrawn: 1, ..Pass::default() });
    let left: Vec<String> =
        world.published().into_keys().filter(|key| key.contains("lab-7.0")).collect();
    assert_eq!(left, ["pre/fix/alice/box-lab-7.0/tombstone.json"]);
    let tombstone: serde_json::Value =
        serde_json::from_slice(&world.published()[&left[0]]).unwrap();
    assert_eq!(tombstone["state"], "withdrawn");
    assert!(tombstone["why"].as_str().unwrap().contains("filter (root)"));
    assert!(world.is_complete("box-lab-8.0"), "the other one stays");
    assert_eq!(world.stands(7).state, State::Withdrawn);
    assert_eq!(world.status(7)["state"], "withdrawn");
    assert_eq!(world.audit().last().unwrap()["event"], "withdraw");
    // It doesn't come back, not even with a lost ledger.
    assert_eq!(pass(&world), Pass::default());
    fs::remove_dir_all(world.at("state")).unwrap();
    fs::create_dir(world.at("state")).unwrap();
    let again = pass(&world);
    assert_eq!((again.published, again.withdrawn), (1, 1));
    assert!(!world.is_complete("box-lab-7.0"));
    assert_eq!(world.stands(7).state, State::Withdrawn);
}

#[test]
fn a_withdrawal_that_is_cut_off_is_taken_up_again() {
    for after in 0..8 {
        let Some(world) = published() else { return };
        request(&world);
        let store = Faulty::new(Arc::clone(&world.objects), Fault::HangAfter, after);
        block_on(async {
            let crawler = world.crawler_on(store.clone());
            tokio::select! {
                pass = crawler.pass() => drop(pass.unwrap()),
                () = store.halted() => {}
            }
        });
        pass(&world);
        assert_eq!(world.stands(7).state, State::Withdrawn, "{after}");
        let left = world.published().into_keys().filter(|key| key.contains("lab-7.0")).count();
        assert_eq!(left, 1, "{after}");
    }
}

#[test]
fn runs_are_found_by_their_bundle() {
    let Some(world) = published() else { return };
    let reader = Reader::open(&world.at("state")).unwrap();
    let digest = world.run(9, "box").predicate.basis.digest.to_string();
    assert_eq!(reader.published_of(&digest).unwrap().len(), 2);
    assert!(reader.published_of("sha256:0").unwrap().is_empty());
}

#[test]
fn requests_that_are_none_are_passed_over() {
    let Some(world) = published() else { return };
    fs::create_dir_all(world.at("state/requests")).unwrap();
    for (name, text) in [("a.json", "{"), ("b.json", "{\"format\": 1, \"surprise\": 2}"), ("c", "")]
    {
        fs::write(world.at("state/requests").join(name), text).unwrap();
    }
    assert_eq!(pass(&world), Pass::default());
    assert_eq!(fs::read_dir(world.at("state/requests")).unwrap().count(), 1);
}

/// Everything that the crawler itself remembers is gone, or as it was when it was copied to `from`.
fn restore(world: &World, from: Option<&str>) {
    fs::remove_dir_all(world.at("state")).unwrap();
    match from {
        Some(from) => copy(world, from, "state"),
        None => fs::create_dir(world.at("state")).unwrap(),
    }
}

fn copy(world: &World, from: &str, to: &str) {
    let copied = Command::new("cp").arg("-a").args([world.at(from), world.at(to)]).status();
    assert!(copied.unwrap().success());
}

fn withdrawn_alone(world: &World, job: u32) -> bool {
    let run = format!("lab-{job}.0/");
    let left: Vec<_> = world.published().into_keys().filter(|key| key.contains(&run)).collect();
    left.len() == 1 && left[0].ends_with("/tombstone.json")
}

#[test]
fn a_lost_ledger_forgets_no_publication() {
    let changes: [fn(&World); 2] =
        [|world| fs::remove_dir_all(world.at("sealed/lab/7.0")).unwrap(), World::revoke_bundle];
    for change in changes {
        let Some(world) = published() else { return };
        restore(&world, None);
        change(&world);
        pass(&world);
        assert_eq!(world.stands(7).state, State::Published, "{:?}", world.stands(7));
        assert_eq!(world.status(7)["state"], "published");
        request(&world);
        assert_eq!(pass(&world).withdrawn, 1);
        assert!(withdrawn_alone(&world, 7));
        assert_eq!(world.status(7)["state"], "withdrawn");
        // Nor a withdrawal.
        restore(&world, None);
        fs::remove_dir_all(world.at("sealed/lab/7.0")).ok();
        pass(&world);
        assert_eq!(world.stands(7).state, State::Withdrawn, "{:?}", world.stands(7));
    }
}

#[test]
fn a_run_without_ledger_and_attestation_is_withdrawn() {
    let Some(world) = published() else { return };
    restore(&world, None);
    fs::remove_file(world.spooled(7)).unwrap();
    request(&world);
    assert_eq!(pass(&world).withdrawn, 1);
    assert!(withdrawn_alone(&world, 7) && world.is_complete("box-lab-8.0"));
    assert_eq!(world.stands(7).state, State::Withdrawn);
    // The published attestation names the owner's status file.
    assert_eq!(world.status(7)["state"], "withdrawn");
}

#[test]
fn an_older_ledger_brings_nothing_back() {
    let Some(world) = published() else { return };
    copy(&world, "state", "backup");
    request(&world);
    assert_eq!(pass(&world).withdrawn, 1);
    let told = world.status(7);
    restore(&world, Some("backup"));
    pass(&world);
    assert_eq!(world.stands(7).state, State::Withdrawn);
    assert_eq!(world.status(7)["state"], told["state"]);
    assert_eq!(world.stands(8).state, State::Published);
    assert_eq!(world.status(8)["state"], "published");
}

#[test]
fn a_run_that_an_older_ledger_calls_held_is_published_all_the_same() {
    let Some(world) = World::new() else { return };
    world.run(7, "box").file("results.csv", TABLE).attest();
    let (sealed, aside) = (world.at("sealed/lab/7.0"), world.at("aside"));
    fs::rename(&sealed, &aside).unwrap();
    assert_eq!(pass(&world).held, 1);
    copy(&world, "state", "backup");
    fs::rename(&aside, &sealed).unwrap();
    assert_eq!(pass(&world).published, 1);
    restore(&world, Some("backup"));
    fs::remove_dir_all(&sealed).unwrap();
    assert_eq!(pass(&world).published, 1);
    // A hold that stands is not forgotten while the store can't be asked.
    world.run(8, "box").file("plots/x", b"x\n").attest();
    assert_eq!(pass(&world).held, 1);
    let away = Faulty::new(Arc::clone(&world.objects), Fault::Fail, 0);
    block_on(world.crawler_on(away).pass()).unwrap();
    assert_eq!(world.stands(8).reason.code(), "output-missing");
}

#[test]
fn a_manifest_that_is_another_s_is_believed_by_nobody() {
    let Some(world) = published() else { return };
    let key = "pre/fix/alice/box-lab-7.0/manifest.json";
    let manifest = String::from_utf8(world.published()[key].clone()).unwrap();
    for (change, code) in [
        (manifest.replace("count@1", "count@2"), "object-exists"),
        (manifest.replace("\"format\"", "\"surprise\": 1, \"format\""), "object-exists"),
    ] {
        let key = object_store::path::Path::from(key);
        block_on(object_store::ObjectStoreExt::put(&*world.objects, &key, change.into())).unwrap();
        restore(&world, None);
        pass(&world);
        let run = world.stands(7);
        assert_eq!((run.state, run.reason.code()), (State::Held, code));
    }
}

#[test]
fn a_ledger_is_read_back_from_the_store() {
    let Some(world) = published() else { return };
    request(&world);
    pass(&world);
    restore(&world, None);
    [7, 8].iter().for_each(|job| fs::remove_file(world.spooled(*job)).unwrap());
    let rebuild = || block_on(world.crawler().rebuild()).unwrap();
    assert_eq!((rebuild(), rebuild()), (2, 0));
    assert_eq!([7, 8].map(|job| world.stands(job).state), [State::Withdrawn, State::Published]);
    let digest = world.run(9, "box").predicate.basis.digest.to_string();
    let reader = Reader::open(&world.at("state")).unwrap();
    assert_eq!(reader.published_of(&digest).unwrap().len(), 1);
}
