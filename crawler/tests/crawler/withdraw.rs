//! Taking published results back.

use std::{fs, sync::Arc};

use sluice_crawler::{
    ledger::{Reader, State},
    record::Pass,
    withdraw::Request,
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
    let digest = world.run(9, "box").predicate.digest.to_string();
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
